"""`tfmask translate`: image files in, translations and masks out."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from tfmask.ops.arrays import MIN_SIDE, image_to_uint8, mask_to_uint8, to_float
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow
from trainers.files import write_png

OUTPUTS = ("image", "mask", "exemplar_mask", "instances")


@dataclasses.dataclass(frozen=True)
class Options:
    """Translate images of any size with a trained run.

    Writes NAME.png and NAME_mask.png for every image, and with --instances
    NAME_instance_0.png and so on, one for each mask that was given.
    """

    run: Path
    """Run folder of `tfmask train`."""
    input: Path
    """An image, or a folder of images."""
    output: Path
    """Folder for the results; made if it is missing."""
    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"
    """Which way to translate."""
    instances: Path | None = None
    """Folder of NAME_0.png, NAME_1.png, ...: the masks of the objects in
    NAME, for methods that translate given instances."""
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


def list_instances(images, folder):
    """The mask files of every image, in the order of their numbers.

    Args:
        images: list of paths.
        folder: path of a folder with NAME_0.png and so on.

    Returns:
        dict of image to list of paths.

    Raises:
        UserError: if the folder is not there, or an image has no mask.
    """
    from data_pipelines.folders import instance_files

    found = instance_files(Path(folder))
    if found is None:
        raise UserError(
            f"`--instances` must be a folder of masks. Got: `{folder}`"
        )
    missing = [image for image in images if image.stem not in found]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(images)} images have no masks in "
            f"`{folder}`, the first is `{missing[0]}`: expected "
            f"`{missing[0].stem}_0.png`. For an image without objects add one "
            "that is all black."
        )
    return {
        image: [path for _, path in sorted(found[image.stem])]
        for image in images
    }


def plan_outputs(images, output, *, instances=None, overwrite=False):
    """Where every result goes, checked before anything is written.

    Args:
        images: list of paths.
        output: folder.
        instances: dict of `list_instances`, or None.
        overwrite: bool; False refuses results that are already there.

    Returns:
        dict of image to a tuple of paths: the translation's, the mask's,
        and one for each instance.

    Raises:
        UserError: if two results would have one name, or a result would
            replace an input (always) or an older result (`overwrite`).
    """
    output = Path(output)
    if output.exists() and not output.is_dir():
        raise UserError(
            f"`--output` must be a folder. Got: `{output}`, a file."
        )
    instances = instances or {}
    plan, owner = {}, {}
    inputs = {path.resolve() for path in images}
    inputs |= {mask.resolve() for masks in instances.values() for mask in masks}
    for image in images:
        ends = ["", "_mask"] + [
            f"_instance_{number}"
            for number in range(len(instances.get(image, ())))
        ]
        plan[image] = tuple(output / f"{image.stem}{end}.png" for end in ends)
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


def compiled_translate(
    method, direction, height=None, width=None, more=(), **options
):
    """`method.translate` as one graph for every batch size.

    Args:
        method: has `translate_inputs` and `translate(inputs, direction)`.
        direction: "a_to_b" or "b_to_a".
        height: int, or None for any height.
        width: int, or None for any width.
        more: names of further inputs that the method can do without.
        **options: more arguments of `method.translate`.

    Returns:
        Function of a dict of arrays, `image` (B, H, W, 3) and what else the
        method takes, that gives a dict of NumPy arrays: `image`, `mask`
        (B, H, W, 1) and perhaps others of `OUTPUTS`.
    """
    import tensorflow as tf

    config = getattr(method, "config", None)
    attributes = len(getattr(config, "attributes", ()))
    shapes = {
        "image": (None, height, width, 3),
        "exemplar": (None, height, width, 3),
        "mask": (None, None, None, 1),
        "exemplar_mask": (None, None, None, 1),
        "instances": (None, None, height, width, 1),
        "attributes": (None, attributes),
        "source_attributes": (None, attributes),
    }
    specs = {
        name: tf.TensorSpec(shapes[name])
        for name in (*method.translate_inputs, *more)
    }

    @tf.function(input_signature=[specs])
    def graph(inputs):
        made = method.translate(inputs, direction, **options)
        return {name: made[name] for name in OUTPUTS if name in made}

    return lambda inputs: {k: v.numpy() for k, v in graph(inputs).items()}


def translate_file(translate, path, multiple, masks=()):
    """Reads and translates one image at its own size.

    Args:
        translate: function that `compiled_translate` returns.
        path: image file; grey becomes RGB, transparency is dropped.
        multiple: int, what the sides of the network's input must divide by.
        masks: paths of the masks of its instances.

    Returns:
        list of uint8 arrays: the image (H, W, 3), its mask (H, W, 1), and
        a translated mask (H, W, 1) for each instance.

    Raises:
        UserError: if the file cannot be read or translated. The text is the
            reason alone, without the path.
    """
    import tensorflow as tf

    from tfmask.ops.images import pad_to_multiple

    pixels, *given = _read(path, masks)
    height, width = pixels.shape[:2]
    smallest = max(MIN_SIDE, multiple // 2 + 1)  # reflection needs as much
    if min(height, width) < smallest:
        raise UserError(
            f"is {height} high and {width} wide, expected at least "
            f"{smallest} pixels on each side"
        )
    inputs = {"image": pad_to_multiple(to_float(pixels)[None], multiple)}
    if given:
        inside = np.stack(given).max(-1, keepdims=True) > 127
        inside = inside.astype(np.float32)
        inputs["instances"] = pad_to_multiple(inside, multiple)[None]
    try:
        made = translate(inputs)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            f"is too large for this machine's memory ({height} high and "
            f"{width} wide). Shrink it and try again"
        ) from error
    outlines = [made["mask"][0], *made.get("instances", [()])[0]]
    return [
        image_to_uint8(made["image"][0, :height, :width]),
        *(mask_to_uint8(mask[:height, :width]) for mask in outlines),
    ]


def translate_files(
    method, plan, direction, *, instances=None, advance=lambda: None
):
    """Translates files one by one; a bad one does not stop the others.

    Args:
        method: has `translate_inputs`, `translate` and `multiple`.
        plan: dict of `plan_outputs`.
        direction: "a_to_b" or "b_to_a".
        instances: dict of `list_instances`, or None.
        advance: called after each file.

    Returns:
        list of (path, reason) of images that were not translated.
    """
    translate = compiled_translate(method, direction)
    failed = []
    for source, targets in plan.items():
        masks = (instances or {}).get(source, ())
        try:
            results = translate_file(translate, source, method.multiple, masks)
        except UserError as error:
            failed.append((source, str(error)))
        else:
            for target, result in zip(targets, results, strict=True):
                write_png(target, result)
        advance()
    return failed


def _read(path, masks):
    """List of (H, W, 3) uint8, with the checks of the training data."""
    from data_pipelines.checks import check_examples, decode
    from data_pipelines.examples import Encoded, Example

    example = Example(
        name=path.stem,
        image=Encoded.of_file(path),
        instances=tuple(map(Encoded.of_file, masks)),
    )
    good, bad, _ = check_examples([example], keep_content=True)
    if bad:
        label, reason = bad[0]
        raise UserError(
            reason if label == str(path) else f"its mask {label} {reason}"
        )
    return [decode(file.content).numpy() for file in good[0].files]


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask translate`; returns the exit code."""
    options = parse_options(Options, argv, "translate")
    images, others = list_images(options.input)
    instances = None
    if options.instances is not None:
        instances = list_instances(images, options.instances)
    plan = plan_outputs(
        images,
        options.output,
        instances=instances,
        overwrite=options.overwrite,
    )

    load_tensorflow()
    from tfmask.ops.console import image_progress
    from trainers.runs import load_run

    _, method = load_run(options.run)
    wanted = "instances" in method.translate_inputs
    if wanted != (instances is not None):
        raise UserError(
            f"`{options.run}` translates given instances: add --instances "
            "with a folder of their masks."
            if wanted
            else f"`{options.run}` takes no instances; leave --instances out."
        )
    with image_progress("Translating", len(plan)) as advance:
        failed = translate_files(
            method,
            plan,
            options.direction,
            instances=instances,
            advance=advance,
        )
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
