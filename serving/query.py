"""`tfmask query`: files to a server, translations and masks to a folder."""

import pathlib
import sys
from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.progress import track

from serving.client import (
    Client,
    InvalidArgument,
    ResourceExhausted,
    ServingError,
    Tls,
)
from serving.metadata import find_signature

_SUFFIXES = {".png", ".jpg", ".jpeg"}
# What one image can be to blame for; after anything else the next image
# would only fail in the same way.
_ABOUT_ONE_IMAGE = (InvalidArgument, ResourceExhausted)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Translate image files with a model that a server offers."""

    target: str
    """HOST:PORT of the server."""
    model: str
    """Name of the model."""
    input: pathlib.Path
    """A PNG or JPEG file, or a folder of them (subfolders are not read)."""
    output: pathlib.Path
    """Folder for NAME.png and NAME_mask.png; made if it is missing."""
    direction: str = "a_to_b"
    """a_to_b or b_to_a."""
    instances: pathlib.Path | None = None
    """Folder of NAME_0.png, NAME_1.png, ...: the masks of the objects in
    NAME, for models that translate given instances. Writes
    NAME_instance_0.png and so on."""
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


class QueryError(Exception):
    """Ends the command with one line."""


def find_instances(
    image: pathlib.Path, folder: pathlib.Path
) -> list[pathlib.Path]:
    """The masks of an image's objects, in the order of their numbers.

    Args:
        image: the image's file.
        folder: where the masks lie.

    Returns:
        list of paths.

    Raises:
        QueryError: there is none.
    """
    found = {}
    for path in folder.glob("*"):
        stem, _, number = path.stem.rpartition("_")
        is_mask = stem == image.stem and path.suffix.lower() in _SUFFIXES
        if is_mask and number.isdecimal():
            found[int(number)] = path
    if not found:
        raise QueryError(
            f"--instances {folder}: no mask of {image}, expected "
            f"{image.stem}_0.png. For an image without objects add one that "
            "is all black."
        )
    return [found[number] for number in sorted(found)]


def find_images(path: pathlib.Path) -> tuple[list[pathlib.Path], int]:
    """The image files that `--input` names.

    Args:
        path: a file or a folder.

    Returns:
        (files in the order of their names, number of other files).

    Raises:
        QueryError: there is none, or two would be written to one file.
    """
    if path.is_file():
        return [path], 0
    if not path.is_dir():
        raise QueryError(f"--input {path}: no such file or folder")
    files = sorted(child for child in path.iterdir() if child.is_file())
    images = [file for file in files if file.suffix.lower() in _SUFFIXES]
    if not images:
        raise QueryError(
            f"--input {path}: expected files that end in "
            f"{', '.join(sorted(_SUFFIXES))}. Got: {len(files)} others."
        )
    written: dict[str, pathlib.Path] = {}
    for image in images:
        for name in output_names(image):
            if name in written:
                raise QueryError(
                    f"{written[name]} and {image} would both be written to "
                    f"{name}; rename one of them."
                )
            written[name] = image
    return images, len(files) - len(images)


def output_names(image: pathlib.Path) -> tuple[str, str]:
    """File names of an image's translation and mask."""
    return f"{image.stem}.png", f"{image.stem}_mask.png"


def _write(path, data):
    # Under another name first, so that a full disk leaves no half image.
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise QueryError(f"{path}: {error.strerror}") from None


def query(options: Options, console: Console) -> int:
    """Translates every image; goes on after one that cannot be.

    Args:
        options: `Options`.
        console: `rich.console.Console` for messages and the progress bar.

    Returns:
        int, how many images could not be translated.

    Raises:
        QueryError: nothing more can be translated.
    """
    images, others = find_images(options.input)
    masks = {}
    if options.instances:
        masks = {
            image: find_instances(image, options.instances) for image in images
        }
    if others:
        console.print(f"files of other types, left out: {others}")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        tls = None
        if options.ca or options.key or options.certificate:
            tls = Tls(options.ca, options.key, options.certificate)
        client = Client(
            options.target, options.model, timeout=options.timeout, tls=tls
        )
    except OSError as error:
        raise QueryError(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise QueryError(str(error)) from None
    failed = 0
    with client:
        if options.wait:
            client.wait_ready(options.wait, options.version)
        # Before the first image, or each one would fail with the same words.
        known = client.metadata(version=options.version, label=options.label)
        find_signature(known, f"{options.direction}_encoded")
        for image in track(images, "translating", console=console):
            try:
                result = client.translate(
                    *(image, options.direction),
                    instances=masks.get(image),
                    version=options.version,
                    label=options.label,
                )
            except _ABOUT_ONE_IMAGE as error:
                failed += 1
                # Behind the first line TensorFlow names nodes of the graph.
                text = error.details.partition("\n")[0]
                if str(image) not in text:
                    text = f"{image}: {text}"
                console.print(text, style="red", soft_wrap=True, markup=False)
                continue
            names = output_names(image)
            _write(options.output / names[0], result.image_png)
            _write(options.output / names[1], result.mask_png)
            for number, data in enumerate(result.extras.get("instances", ())):
                name = f"{image.stem}_instance_{number}.png"
                _write(options.output / name, data)
    done = len(images) - failed
    console.print(f"{done} of {len(images)} images in {options.output}")
    return failed


def main(argv: list[str] | None = None) -> int:
    """`tfmask query`.

    Args:
        argv: the options, or None for the command line's.

    Returns:
        exit code: 0, 1 if any image could not be translated, 130 after
        Ctrl-C.
    """
    options = tyro.cli(Options, args=argv, prog="tfmask query")
    console = Console(stderr=True)
    try:
        return 1 if query(options, console) else 0
    except (QueryError, ServingError) as error:
        line = str(error).partition("\n")[0]
        print(f"tfmask query: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("tfmask query: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
