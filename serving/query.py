"""`tfmask query`: files to a server, translations and masks to a folder."""

import io
import pathlib
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from serving.client import (
    Client,
    InvalidArgument,
    ResourceExhausted,
    ServingError,
    Tls,
)
from serving.command_line import parse_command_line, show_any_character
from serving.files import list_images, plan_outputs, scan_folder
from serving.metadata import find_signature
from serving.pictures import (
    PictureError,
    read_image,
    read_mask,
    size_problem,
)
from serving.results import EncodedTranslation

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
    """An image, or a folder of images (.jpg, .jpeg, .png, .bmp). Subfolders
    are not read."""
    output: pathlib.Path
    """Folder for NAME.png and masks/NAME_mask.png; made if it is missing."""
    mask_output: pathlib.Path | None = None
    """Folder for the masks; None: OUTPUT/masks."""
    direction: str = "a_to_b"
    """a_to_b or b_to_a; models of exemplars or attributes have the first
    alone."""
    instances: pathlib.Path | None = None
    """Folder of NAME_0.png, NAME_1.png, ...: the masks of the objects in
    NAME, for models that translate given instances. Writes
    NAME_instance_0.png and so on beside the mask."""
    exemplar: pathlib.Path | None = None
    """The image whose look is taken over, of any size, for models that take
    an exemplar. Writes NAME_exemplar_mask.png."""
    mask: pathlib.Path | None = None
    """Your own mask of the one image, of its size, for models whose masks
    can be edited."""
    exemplar_mask: pathlib.Path | None = None
    """Your own mask of the exemplar, of its size."""
    attributes: tuple[float, ...] = ()
    """What the results shall have, for models that set attributes: one number
    each, 1 (on), 0 (off) or -1 (as it is), in the order of the version's
    assets.extra/tfmask.json."""
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
    overwrite: bool = False
    """Replace results that are already there."""


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
        QueryError: there is none, or two have one number.
    """
    found = {}
    for path, problem in scan_folder(folder).images:
        stem, _, number = path.stem.rpartition("_")
        if stem == image.stem and number.isdecimal():
            if problem:
                raise QueryError(f"--instances: {path} {problem}.")
            other = found.setdefault(int(number), path)
            if other is not path:
                raise QueryError(
                    f"--instances {folder}: {other.name} and {path.name} are "
                    f"both mask {int(number)} of {image}. Remove one of them."
                )
    if not found:
        raise QueryError(
            f"--instances {folder}: no mask of {image}, expected "
            f"{image.stem}_0.png. For an image without objects add one that "
            "is all black."
        )
    return [found[number] for number in sorted(found)]


def read_edited(options: Options, image: pathlib.Path) -> dict[str, Any]:
    """The arrays of a request with the caller's masks.

    Args:
        options: `Options` with `mask` or `exemplar_mask`.
        image: the one image's file.

    Returns:
        name to uint8 array, all of the image's size: `image`, and what was
        given of `exemplar`, `mask` and `exemplar_mask`.

    Raises:
        QueryError: a file cannot be read or has the wrong size.
    """
    try:
        from PIL import Image
    except ImportError:
        raise QueryError("masks need Pillow: pip install pillow") from None

    def read(path, reader, **how):
        try:
            return reader(path.read_bytes(), **how)
        except OSError as error:
            raise QueryError(f"{path}: {error.strerror}") from None
        except PictureError as error:
            raise QueryError(f"{path}: {error}") from None

    pixels = {"image": read(image, read_image)}
    if options.exemplar:
        pixels["exemplar"] = read(options.exemplar, read_image)
    for name, partner in (("mask", "image"), ("exemplar_mask", "exemplar")):
        path = getattr(options, name)
        if path is None:
            continue
        pixels[name] = read(path, read_mask, soft=True)
        problem = size_problem(
            pixels[name].shape, pixels[partner].shape[:2], f"the {partner}"
        )
        if problem:
            raise QueryError(f"{path}: {problem}")
    height, width = pixels["image"].shape[:2]
    return {
        name: np.asarray(
            Image.fromarray(np.ascontiguousarray(values)).resize(
                (width, height), Image.Resampling.BILINEAR
            )
        )
        for name, values in pixels.items()
    }


def _as_png(image) -> bytes:
    if isinstance(image, bytes):
        return image
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.squeeze(image)).save(file, format="PNG")
    return file.getvalue()


def _parts(result) -> list[Any]:
    """Image, mask, and the model's other masks, in the plan's order."""
    if isinstance(result, EncodedTranslation):
        parts = [result.image_png, result.mask_png]
    else:
        parts = [result.image, result.mask]
    if "exemplar_mask" in result.extras:
        parts.append(result.extras["exemplar_mask"])
    return [*parts, *result.extras.get("instances", ())]


def _check(options, images):
    edited = [n for n in ("mask", "exemplar_mask") if getattr(options, n)]
    if edited and len(images) > 1:
        raise QueryError(
            f"--{edited[0].replace('_', '-')}: expected one image as --input. "
            f"Got: {len(images)}."
        )
    if options.exemplar_mask and not options.exemplar:
        raise QueryError("--exemplar-mask: expected --exemplar, too")
    if options.exemplar and not options.exemplar.is_file():
        raise QueryError(f"--exemplar {options.exemplar}: no such file")
    return bool(edited)


def _check_needs(signature, options):
    """Looks whether the options that the model needs, and no others, came."""
    for name in ("instances", "exemplar", "attributes"):
        wanted, given = name in signature.inputs, bool(getattr(options, name))
        if wanted != given:
            raise QueryError(
                f"{options.model} needs --{name}"
                if wanted
                else f"{options.model} takes no {name}; leave --{name} out"
            )
    if options.attributes:
        expected = signature.inputs["attributes"].shape[-1]
        if len(options.attributes) != expected:
            raise QueryError(
                f"--attributes: expected {expected} numbers. Got: "
                f"{len(options.attributes)}."
            )


def _write(path, data):
    # Under another name first, so that a full disk leaves no half image.
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
    listing, plan, masks = _look(options)
    edited = _check(options, listing.images)
    for line in listing.left_out():
        _say(console, line)
    for image, problem in listing.problems.items():
        _say(console, f"{image}: {problem}", style="red")
    failed = len(listing.problems)
    if not plan:
        _say(console, _done(options, listing, failed))
        return failed
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
    with client:
        if options.wait:
            client.wait_ready(options.wait, options.version)
        # Before the first image, or each one would fail with the same words.
        known = client.metadata(version=options.version, label=options.label)
        form = "with_mask" if edited else "encoded"
        _check_needs(
            find_signature(known, f"{options.direction}_{form}"), options
        )
        for image, targets in track(
            plan.items(), "translating", console=console
        ):
            try:
                given = {"image": image, "exemplar": options.exemplar}
                if edited:
                    given = read_edited(options, image)
                result = client.translate(
                    **given,
                    direction=options.direction,
                    instances=masks.get(image),
                    attributes=options.attributes or None,
                    version=options.version,
                    label=options.label,
                )
            except _ABOUT_ONE_IMAGE as error:
                failed += 1
                # Behind the first line TensorFlow names nodes of the graph.
                text = error.details.partition("\n")[0]
                if str(image) not in text:
                    text = f"{image}: {text}"
                _say(console, text, style="red")
                continue
            parts = _parts(result)
            if len(parts) != len(targets):
                raise QueryError(
                    f"{image}: the model gave {len(parts)} images and masks, "
                    f"expected {len(targets)}."
                )
            for target, part in zip(targets, parts, strict=True):
                _write(target, _as_png(part))
    _say(console, _done(options, listing, failed))
    return failed


def _look(options):
    """(`Listing`, plan, masks of the instances) of the options."""
    try:
        listing = list_images(options.input)
        masks = {}
        if options.instances:
            if not options.instances.is_dir():
                raise ValueError(
                    f"`--instances` must be a folder of masks. Got: "
                    f"`{options.instances}`"
                )
            masks = {
                image: find_instances(image, options.instances)
                for image in listing.images
            }
        edits = options.mask, options.exemplar_mask
        plan = plan_outputs(
            listing.images,
            options.output,
            mask_output=options.mask_output,
            instances=masks,
            exemplar=options.exemplar,
            more_inputs=[path for path in edits if path],
            overwrite=options.overwrite,
        )
    except ValueError as error:
        raise QueryError(str(error)) from None
    except OSError as error:
        raise QueryError(f"{error.filename}: {error.strerror}") from None
    return listing, plan, masks


def _done(options, listing, failed):
    done = listing.count - failed
    return f"{done} of {listing.count} images in {options.output}"


def _say(console, line, **style):
    console.print(line, soft_wrap=True, markup=False, highlight=False, **style)


def main(argv: list[str] | None = None) -> int:
    """`tfmask query`.

    Args:
        argv: the options, or None for the command line's.

    Returns:
        exit code: 0, 1 if any image could not be translated, 130 after
        Ctrl-C.
    """
    show_any_character()
    options = parse_command_line(Options, argv, "tfmask query")
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
