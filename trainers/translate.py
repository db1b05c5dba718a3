"""`tfmask translate`: image files in, translations and masks out."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from tfmask.ops.arrays import (
    image_to_uint8,
    mask_to_uint8,
    smallest_side,
    to_float,
)
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow
from trainers.edits import (
    check_edits,
    edit_files,
    list_instances,
    read_edits,
    read_files,
    target_attributes,
)
from trainers.files import write_png
from trainers.image_files import bad_images, list_images, plan_outputs

DONE = "translated"
OUTPUTS = ("image", "mask", "exemplar_mask", "instances", "step_change")


@dataclasses.dataclass(frozen=True)
class Options:
    """Translate images of any size with a trained run.

    Writes OUTPUT/NAME.png and OUTPUT/masks/NAME_mask.png for every image, and
    with --instances NAME_instance_0.png and so on beside the mask, one for
    each mask that was given.
    """

    run: Path
    """Run folder of `tfmask train`."""
    input: Path
    """An image, or a folder of images (.jpg, .jpeg, .png, .bmp). Subfolders
    are not read."""
    output: Path
    """Folder for the results; made if it is missing."""
    mask_output: Path | None = None
    """Folder for the masks; None: OUTPUT/masks."""
    image_size: int | None = None
    """Resize every image to a square of this side first, as training and
    `tfmask evaluate` do; None: keep its size."""
    direction: Literal["a_to_b", "b_to_a"] | None = None
    """Which way to translate; None: a_to_b, or the only way of the run."""
    instances: Path | None = None
    """Folder of NAME_0.png, NAME_1.png, ...: the masks of the objects in
    NAME, for methods that translate given instances."""
    exemplar: Path | None = None
    """The image whose look is taken over, for methods that take one; it is
    resized to each image's size. Writes NAME_exemplar_mask.png."""
    mask: Path | None = None
    """Your own mask of the one image, of its size, for methods whose masks
    can be edited."""
    exemplar_mask: Path | None = None
    """Your own mask of the exemplar, of its size."""
    attributes: tuple[str, ...] = ()
    """What the results shall have, as NAME=1 or NAME=0, for methods that set
    attributes; those that are not named stay as they are."""
    overwrite: bool = False
    """Replace results that are already there."""

    def __post_init__(self):
        if self.image_size is not None and self.image_size < 1:
            raise ValueError(
                f"`image_size` must be 1 or more. Got: {self.image_size}"
            )
        if self.image_size is not None and self.mask is not None:
            raise ValueError("`image_size` and `mask` do not go together.")


def direction_of(run, method, asked):
    """The way to translate: the one asked for, or the method's first.

    Args:
        run: path, for the message.
        method: has `directions`.
        asked: str or None.

    Raises:
        UserError: the method has no such direction.
    """
    direction = asked or method.directions[0]
    if direction not in method.directions:
        raise UserError(
            f"`{run}` has no direction {direction}; it has "
            f"{', '.join(method.directions)}."
        )
    return direction


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


def translate_file(
    translate,
    path,
    multiple,
    masks=(),
    edits=None,
    attributes=None,
    image_size=None,
):
    """Reads and translates one image.

    Args:
        translate: function that `compiled_translate` returns.
        path: image file; grey becomes RGB, transparency is dropped.
        multiple: int, what the sides of the network's input must divide by.
        masks: paths of the masks of its instances.
        edits: dict of `edit_files`, or None.
        attributes: (1, K) float32, or None.
        image_size: int, side of a square that it is resized to first; None:
            it keeps its size.

    Returns:
        list of uint8 arrays: the image (H, W, 3), its mask (H, W, 1), with
        an exemplar its mask of the image's size, and a translated mask
        (H, W, 1) for each instance.

    Raises:
        UserError: if the file cannot be read or translated. The text is the
            reason alone, without the path.
    """
    import tensorflow as tf

    from tfmask.ops.images import pad_to_multiple, resized

    pixels, *given = read_files(path, masks)
    if image_size is not None:
        size = (image_size, image_size)
        pixels, *given = (resized(p, size).numpy() for p in (pixels, *given))
    height, width = pixels.shape[:2]
    smallest = smallest_side(multiple)
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
    for name, values in read_edits(edits or {}, height, width).items():
        inputs[name] = pad_to_multiple(values, multiple)
    if attributes is not None:
        inputs["attributes"] = attributes
    try:
        made = translate(inputs)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            f"is too large for this machine's memory ({height} high and "
            f"{width} wide). Shrink it and try again"
        ) from error
    outlines = [
        made["mask"][0],
        *made.get("exemplar_mask", ())[:1],
        *made.get("instances", [()])[0],
    ]
    return [
        image_to_uint8(made["image"][0, :height, :width]),
        *(mask_to_uint8(mask[:height, :width]) for mask in outlines),
    ]


def translate_files(
    method,
    plan,
    direction,
    *,
    instances=None,
    edits=None,
    attributes=None,
    image_size=None,
    advance=lambda: None,
):
    """Translates files one by one; a bad one does not stop the others.

    Args:
        method: has `translate_inputs`, `translate` and `multiple`.
        plan: dict of `plan_outputs`.
        direction: "a_to_b" or "b_to_a".
        instances: dict of `list_instances`, or None.
        edits: dict of `edit_files`, or None.
        attributes: (1, K) float32, or None.
        image_size: see `translate_file`.
        advance: called after each file.

    Returns:
        dict of path to reason: images that were not translated.
    """
    edits = edits or {}
    more = [name for name in method.mask_inputs if name in edits]
    translate = compiled_translate(method, direction, more=more)
    failed = {}
    for source, targets in plan.items():
        masks = (instances or {}).get(source, ())
        try:
            results = translate_file(
                translate,
                source,
                method.multiple,
                masks,
                edits,
                attributes,
                image_size,
            )
        except UserError as error:
            failed[source] = str(error)
        else:
            for target, result in zip(targets, results, strict=True):
                write_png(target, result)
        advance()
    return failed


@command
def main(argv: list[str] | None = None, load_run=None) -> int:
    """Runs `tfmask translate`; returns the exit code.

    `load_run` stands in for that of `trainers.runs`.
    """
    options = parse_options(Options, argv, "translate")
    listing = list_images(options.input)
    images = listing.images
    instances = None
    if options.instances is not None:
        instances = list_instances(images, options.instances)
    edits = edit_files(options, images)
    plan = plan_outputs(
        images,
        options.output,
        mask_output=options.mask_output,
        instances=instances,
        edits=edits,
        overwrite=options.overwrite,
    )

    if not images:
        raise UserError(bad_images(listing.problems, listing.count, DONE))
    load_tensorflow()
    from tfmask.ops.console import image_progress

    if load_run is None:
        from trainers.runs import load_run

    _, method = load_run(options.run)
    direction = direction_of(options.run, method, options.direction)
    check_edits(options.run, method, edits, instances)
    attributes = target_attributes(options.run, method, options.attributes)
    with image_progress("Translating", len(plan)) as advance:
        failed = translate_files(
            method,
            plan,
            direction,
            instances=instances,
            edits=edits,
            attributes=attributes,
            image_size=options.image_size,
            advance=advance,
        )
    failed |= listing.problems
    print(
        f"{listing.count - len(failed)} of {listing.count} images translated "
        f"to {options.output}"
    )
    for line in listing.left_out():
        print(line)
    if failed:
        raise UserError(bad_images(failed, listing.count, DONE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
