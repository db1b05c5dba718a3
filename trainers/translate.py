"""`tfmask translate`: image files in, translations and masks out."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from tfmask.ops.arrays import MIN_SIDE, image_to_uint8, mask_to_uint8, to_float
from tfmask.ops.errors import UserError
from trainers.command import command, parse_options
from trainers.files import write_png


@dataclasses.dataclass(frozen=True)
class Options:
    """Translate images of any size with a trained run.

    Writes NAME.png and NAME_mask.png for every image.
    """

    run: Path
    """Run folder of `tfmask train`."""
    input: Path
    """An image, or a folder of images."""
    output: Path
    """Folder for the results; made if it is missing."""
    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"
    """Which way to translate."""
    overwrite: bool = False
    """Replace results that are already there."""


def list_images(source):
    """The image files of a folder in natural order, or the one file.

    Args:
        source: path of a file or folder.

    Returns:
        (list of paths of images, list of paths of other files).

    Raises:
        UserError: if there is nothing to translate.
    """
    from data_pipelines.folders import SUFFIXES, natural_key

    source = Path(source)
    if source.is_file():
        return [source], []
    if not source.is_dir():
        raise UserError(
            f"Expected an image or a folder of images. Got: `{source}`, "
            "which is not there."
        )
    files = [
        path
        for path in source.iterdir()
        if path.is_file() and not path.name.startswith(".")
    ]
    files.sort(key=lambda path: natural_key(path.name))
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not images:
        raise UserError(
            f"Expected images ({', '.join(SUFFIXES)}) in `{source}`. Got: "
            f"{len(files)} other files."
        )
    return images, [path for path in files if path not in images]


def plan_outputs(images, output, *, overwrite=False):
    """Where every result goes, checked before anything is written.

    Args:
        images: list of paths.
        output: folder.
        overwrite: bool; False refuses results that are already there.

    Returns:
        dict of image to (path of the translation, path of the mask).

    Raises:
        UserError: if two results would have one name, or a result would
            replace an input (always) or an older result (`overwrite`).
    """
    output = Path(output)
    if output.exists() and not output.is_dir():
        raise UserError(
            f"`--output` must be a folder. Got: `{output}`, a file."
        )
    plan, owner = {}, {}
    inputs = {path.resolve() for path in images}
    for image in images:
        plan[image] = (
            output / f"{image.stem}.png",
            output / f"{image.stem}_mask.png",
        )
        for path in plan[image]:
            if path.resolve() in inputs:
                raise UserError(
                    f"The result `{path}` would replace an input. Give "
                    "another folder as `--output`."
                )
            if path in owner:
                raise UserError(
                    f"`{owner[path]}` and `{image}` would both become "
                    f"`{path}`. Rename one of them."
                )
            owner[path] = image
    existing = [path for path in owner if path.exists()]
    if existing and not overwrite:
        raise UserError(
            f"{len(existing)} of {len(owner)} results are already there, "
            f"the first is `{existing[0]}`. Give `--overwrite` or another "
            "folder as `--output`."
        )
    return plan


def compiled_translate(method, direction, height=None, width=None):
    """`method.translate` as one graph for every batch size.

    Args:
        method: has `translate(inputs, direction) -> {"image", "mask"}`.
        direction: "a_to_b" or "b_to_a".
        height: int, or None for any height.
        width: int, or None for any width.

    Returns:
        Function of (B, H, W, 3) float32 that gives the pair of image
        (B, H, W, 3) and mask (B, H, W, 1) as NumPy arrays.
    """
    import tensorflow as tf

    @tf.function(
        input_signature=[tf.TensorSpec((None, height, width, 3), tf.float32)]
    )
    def graph(images):
        result = method.translate({"image": images}, direction)
        return result["image"], result["mask"]

    return lambda images: tuple(part.numpy() for part in graph(images))


def translate_file(translate, path, multiple):
    """Reads and translates one image at its own size.

    Args:
        translate: function that `compiled_translate` returns.
        path: image file; grey becomes RGB, transparency is dropped.
        multiple: int, what the sides of the network's input must divide by.

    Returns:
        image: (H, W, 3) uint8.
        mask: (H, W, 1) uint8.

    Raises:
        UserError: if the file cannot be read or translated. The text is the
            reason alone, without the path.
    """
    import tensorflow as tf

    from tfmask.ops.images import pad_to_multiple

    pixels = _read(path)
    height, width = pixels.shape[:2]
    smallest = max(MIN_SIDE, multiple // 2 + 1)  # reflection needs as much
    if min(height, width) < smallest:
        raise UserError(
            f"is {height} high and {width} wide, expected at least "
            f"{smallest} pixels on each side"
        )
    try:
        padded = pad_to_multiple(to_float(pixels)[None], multiple)
        image, mask = translate(padded)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            f"is too large for this machine's memory ({height} high and "
            f"{width} wide). Shrink it and try again"
        ) from error
    return (
        image_to_uint8(image[0, :height, :width]),
        mask_to_uint8(mask[0, :height, :width]),
    )


def translate_files(method, plan, direction, advance=lambda: None):
    """Translates files one by one; a bad one does not stop the others.

    Args:
        method: has `translate` and `multiple`.
        plan: dict of `plan_outputs`.
        direction: "a_to_b" or "b_to_a".
        advance: called after each file.

    Returns:
        list of (path, reason) of images that were not translated.
    """
    translate = compiled_translate(method, direction)
    failed = []
    for source, (image_path, mask_path) in plan.items():
        try:
            image, mask = translate_file(translate, source, method.multiple)
        except UserError as error:
            failed.append((source, str(error)))
        else:
            write_png(image_path, image)
            write_png(mask_path, mask)
        advance()
    return failed


def _read(path):
    """(H, W, 3) uint8, with the checks and words of the training data."""
    from data_pipelines.checks import check_examples, decode
    from data_pipelines.examples import Encoded, Example

    example = Example(name=path.stem, image=Encoded.of_file(path))
    good, bad, _ = check_examples([example], keep_content=True)
    if bad:
        raise UserError(bad[0][1])
    return decode(good[0].image.content).numpy()


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask translate`; returns the exit code."""
    options = parse_options(Options, argv, "translate")
    images, others = list_images(options.input)
    plan = plan_outputs(images, options.output, overwrite=options.overwrite)

    from trainers.console import image_progress
    from trainers.runs import load_run

    _, method = load_run(options.run)
    with image_progress("Translating", len(plan)) as advance:
        failed = translate_files(method, plan, options.direction, advance)
    print(
        f"{len(plan) - len(failed)} of {len(plan)} images translated to "
        f"{options.output}"
    )
    if others:
        print(
            f"{len(others)} files that are no images were left out, the "
            f"first is {others[0].name}"
        )
    if failed:
        raise UserError(
            f"{len(failed)} of {len(plan)} images could not be translated:\n"
            + "\n".join(f"  {path}: {reason}" for path, reason in failed)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
