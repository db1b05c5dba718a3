"""`tfmask query`: files to a server, translations and masks to a folder."""

import functools
import io
import pathlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.client import (
    InvalidArgument,
    ResourceExhausted,
    ServingError,
)
from serving.client.connecting import connected
from serving.client.ports import read_ports
from serving.client.query_inputs import (
    QueryError,
    read_edited,
    read_inputs,
    samples_of,
)
from serving.client.results import EncodedTranslation
from serving.commands.command_line import (
    on_terminal,
    parse_with_inputs,
    require_least,
)
from serving.commands.files import (
    CLIENT_SUFFIXES,
    list_images,
    plan_outputs,
    result_names,
    sample_folder,
)
from serving.commands.progress import tiled_progress
from serving.commands.tiles import tiling_of

if TYPE_CHECKING:
    from rich.console import Console

# One image can cause these errors. After other errors, the next image would
# fail in the same way.
_ABOUT_ONE_IMAGE = (InvalidArgument, ResourceExhausted)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Translate image files with a model that a server offers.

    Further inputs of the model are options with the names of the inputs. An
    image or a mask is a FILE (`--mask FILE` replaces the mask that the model
    finds, for one image, of its size). Masks of single objects are a FOLDER
    with NAME_0.png, NAME_1.png, ... (`--instances FOLDER`). Attributes are
    one number each: 1 (on), 0 (off) or -1 (as it is), in the order of the
    version's assets.extra/tfmask.json (`--attributes 1 0 -1`). If an input
    is missing, an error names it.
    """

    target: str
    """HOST:PORT of the server."""
    model: str
    """Name of the model."""
    input: pathlib.Path
    """An image, or a folder of images (.jpg, .jpeg, .jfif, .png, .bmp,
    .webp). Subfolders are not read."""
    output: pathlib.Path
    """Folder for NAME.png and masks/NAME_mask.png; made if it is missing."""
    mask_output: pathlib.Path | None = None
    """Folder for the masks; None: OUTPUT/masks."""
    direction: str = "a_to_b"
    """a_to_b or b_to_a; some models have the first alone."""
    version: int | None = None
    """This version only; the newest one if not given."""
    label: str | None = None
    """The version with this label."""
    timeout: float = 60.0
    """Seconds that one image may take."""
    wait: float = 0.0
    """Seconds to wait at the start until the model is ready."""
    ca: pathlib.Path | None = None
    """TLS: PEM file with the authority of the server's certificate."""
    key: pathlib.Path | None = None
    """TLS: PEM file with this client's key."""
    certificate: pathlib.Path | None = None
    """TLS: PEM file with this client's certificate."""
    samples: int = 1
    """Answers to each image, of models that have several. More than 1:
    OUTPUT/style_NUMBER is the folder of each, from --style-seed on."""
    tile: int | None = None
    """Send images that are larger in tiles of this side, which overlap and
    fade into each other, see docs/large_pictures.md. None: in one piece."""
    overlap: int | None = None
    """Pixels that tiles share at least; None: a quarter of --tile."""
    overwrite: bool = False
    """Replace results that are already there."""

    def __post_init__(self) -> None:
        require_least(self, samples=1)
        tiling_of(self.tile, self.overlap)


def _as_png(image) -> bytes:
    if isinstance(image, bytes):
        return image
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.squeeze(image)).save(file, format="PNG")
    return file.getvalue()


def results(translation) -> dict[str, Any]:
    """The pictures of an answer by the names of `plan_outputs`.

    Returns:
        "image", "mask", and the other outputs of the model: arrays, or PNG
        bytes.
    """
    if isinstance(translation, EncodedTranslation):
        values = {"image": translation.image_png, "mask": translation.mask_png}
    else:
        values = {"image": translation.image, "mask": translation.mask}
    for name, value in translation.extras.items():
        one = isinstance(value, bytes) or value.ndim == 3
        names = [name] if one else result_names(name, len(value))
        values |= zip(names, [value] if one else value, strict=True)
    return values


def _write(path, data):
    # The file first has another name, so a full disk leaves no half image.
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise QueryError(f"{path}: {error.strerror}") from None


def query(
    options: Options, inputs: dict[str, list[str]], console: "Console"
) -> int:
    """Translates every image; goes on after one that cannot be.

    Args:
        options: `Options`.
        inputs: other inputs of the model, name to values.
        console: `rich.console.Console` for messages and the progress bar.

    Returns:
        int, how many images could not be translated.

    Raises:
        QueryError: nothing more can be translated.
    """
    try:
        listing = list_images(options.input, CLIENT_SUFFIXES)
    except ValueError as error:
        raise QueryError(str(error)) from None
    except OSError as error:
        raise QueryError(f"{error.filename}: {error.strerror}") from None
    for line in listing.left_out():
        _say(console, line)
    for image, problem in listing.problems.items():
        _say(console, f"{image}: {problem}", style="red")
    failed = len(listing.problems)
    if listing.images:
        # Errors that need no server are reported before it is asked. The server
        # does not know the folders of several answers.
        files = [pathlib.Path(v) for values in inputs.values() for v in values]
        names = dict.fromkeys(listing.images, ["mask"])
        if options.samples == 1:
            _planned(options, listing.images, names, files, [None])
        with _connected(options) as client:
            failed += _translate_all(client, options, inputs, listing, console)
    done = listing.count - failed
    _say(console, f"{done} of {listing.count} images in {options.output}")
    return failed


def _connected(options):
    try:
        return connected(
            options.target,
            options.model,
            timeout=options.timeout,
            ca=options.ca,
            key=options.key,
            certificate=options.certificate,
        )
    except ValueError as error:
        raise QueryError(str(error)) from None


def _translate_all(client, options, input_options, listing, console):
    """Translates every image; returns how many could not be."""
    if options.wait:
        client.wait_ready(options.wait, options.version)
    # This is before the first image. Otherwise each image would fail with the
    # same words.
    known = client.metadata(version=options.version, label=options.label)
    ports = read_ports(known, options.direction)
    inputs = read_inputs(input_options, ports, options.model, listing.images)
    names = _names_of(ports, inputs, listing.images)
    samples = samples_of(inputs, ports, options.model, options.samples)
    seeds = [*samples] if samples else [None]
    plans = _planned(options, listing.images, names, inputs.files, seeds)
    tasks = [
        (image, targets, number)
        for number, plan in plans.items()
        for image, targets in plan.items()
    ]
    failed = set()
    with tiled_progress("Translating", len(tasks), console) as bars:
        ask = functools.partial(
            _translate_one, client, options, ports, inputs, bars.tiles
        )
        for image, targets, number in tasks:
            if image not in failed:
                try:
                    ask(image, targets, number)
                except _ABOUT_ONE_IMAGE as error:
                    if error.blames == "call":
                        raise
                    failed.add(image)
                    text = error.details.partition("\n")[0]
                    if str(image) not in text:
                        text = f"{image}: {text}"
                    _say(console, text, style="red")
            bars.advance()
    return len(failed)


def _translate_one(
    client, options, ports, inputs, progress, image, targets, number
):
    """Translates an image and writes its results.

    Args:
        client, options, ports, inputs: as in `_translate_all`.
        progress: is told of the tiles.
        image: path.
        targets: dict of the name of a result to its path.
        number: of the random choice, or None.
    """
    arguments = {"image": image, **inputs.of(image)}
    if number is not None:
        arguments |= dict.fromkeys(ports.seeds, number)
    if inputs.masks:
        arguments |= read_edited(inputs, image)
    translation = client.translate(
        direction=options.direction,
        version=options.version,
        label=options.label,
        tile=options.tile,
        overlap=options.overlap,
        progress=progress,
        **arguments,
    )
    values = results(translation)
    if set(values) != set(targets):
        raise QueryError(
            f"{image}: the model gave {', '.join(values)}, expected "
            f"{', '.join(targets)}."
        )
    for name, path in targets.items():
        _write(path, _as_png(values[name]))


def _names_of(ports, inputs, images):
    """Names of the results of every image beside its translation."""
    names = {image: [] for image in images}
    for name, kind in ports.outputs.items():
        for image in images:
            if kind == "mask":
                names[image].append(name)
            elif kind == "masks":
                count = len(inputs.sets[name][image])
                names[image] += result_names(name, count)
    return names


def _planned(options, images, names, files, seeds):
    """A plan for each number of a random choice; makes the folder.

    Args:
        options: `Options`.
        images: list of paths.
        names: image to the names of its results besides the translation.
        files: paths that are also read.
        seeds: numbers of the answers. A single answer has no folder of its own.
    """
    folders = {"output": options.output, "mask_output": options.mask_output}
    plans = {}
    try:
        for seed in seeds:
            if options.samples > 1:
                own = {
                    name: folder and sample_folder(folder, seed)
                    for name, folder in folders.items()
                }
            else:
                own = folders
            plans[seed] = plan_outputs(
                images,
                masks=names,
                more_inputs=files,
                overwrite=options.overwrite,
                **own,
            )
        options.output.mkdir(parents=True, exist_ok=True)
    except ValueError as error:
        raise QueryError(str(error)) from None
    except OSError as error:
        raise QueryError(f"{error.filename}: {error.strerror}") from None
    return plans


def _say(console, line, **style):
    console.print(line, soft_wrap=True, markup=False, highlight=False, **style)


@on_terminal
def main(argv: list[str] | None = None, prog: str = "tfmask query") -> int:
    """`tfmask query`.

    Args:
        argv: the options. None: those of the command line.
        prog: str, the command's name in messages.

    Returns:
        exit code: 0, 1 if any image could not be translated, 130 after
        Ctrl-C.
    """
    try:
        import PIL  # noqa: F401
        import tyro  # noqa: F401
        from rich.console import Console
    except ModuleNotFoundError as error:
        print(
            f"{prog}: error: {error.name} is not installed: "
            "pip install 'tfmask-client[query]'",
            file=sys.stderr,
        )
        return 1
    options, input_options = parse_with_inputs(Options, argv, prog)
    console = Console(stderr=True)
    try:
        return 1 if query(options, input_options, console) else 0
    except (QueryError, ServingError) as error:
        line = str(error).partition("\n")[0]
        print(f"{prog}: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{prog}: stopped", file=sys.stderr)
        return 130


def script() -> int:
    """`tfmask-query`, which the client's own package brings."""
    return main(prog="tfmask-query")


if __name__ == "__main__":
    sys.exit(main())
