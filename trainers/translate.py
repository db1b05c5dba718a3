"""`tfmask translate`: image files in, translations and masks out."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from serving.files import result_names, sample_folder
from tfmask.ops.arrays import (
    image_to_uint8,
    mask_to_uint8,
    smallest_side,
    to_float,
)
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow
from trainers.files import write_png
from trainers.image_files import bad_images, list_images, plan_outputs
from trainers.inputs import (
    check_inputs,
    given_inputs,
    read_files,
    read_fitted,
    results_of,
    samples_of,
    with_inputs,
)

DONE = "translated"


@dataclasses.dataclass(frozen=True)
class _Options:
    """Translate images of any size with a trained run.

    Writes OUTPUT/NAME.png and OUTPUT/masks/NAME_mask.png for every image, and
    beside it what else the method gives: NAME_instance_0.png and so on for
    each mask of --instances, NAME_X_mask.png for another image X.
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
    samples: int = 1
    """Answers to each image, of methods that have several. More than 1:
    OUTPUT/style_NUMBER is the folder of each, from --style-seed on."""
    overwrite: bool = False
    """Replace results that are already there."""

    def __post_init__(self):
        if self.samples < 1:
            raise ValueError(
                f"`samples` must be 1 or more. Got: {self.samples}"
            )
        if self.image_size is not None and self.image_size < 1:
            raise ValueError(
                f"`image_size` must be 1 or more. Got: {self.image_size}"
            )
        if self.image_size is not None and self.mask is not None:
            raise ValueError("`image_size` and `mask` do not go together.")


Options = with_inputs(_Options)


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
        method: has `spec` and `translate(inputs, direction)`.
        direction: "a_to_b" or "b_to_a".
        height: int, or None for any height.
        width: int, or None for any width.
        more: names of inputs that the method can do without.
        **options: more arguments of `method.translate`.

    Returns:
        Function of a dict of arrays, `image` (B, H, W, 3) and what else the
        method takes, that gives a dict of NumPy arrays, what it gives.
    """
    import tensorflow as tf

    config = getattr(method, "config", None)
    shapes = {
        "image": (None, height, width, 3),
        "mask": (None, None, None, 1),
        "masks": (None, None, height, width, 1),
        "attributes": (None, len(getattr(config, "attributes", ()))),
        "seed": (None,),
    }
    types = {"seed": tf.int64}
    specs = {
        port.name: tf.TensorSpec(
            shapes[port.kind], types.get(port.kind, tf.float32)
        )
        for port in method.spec.inputs
        if not port.optional or port.name in more
    }

    @tf.function(autograph=False, input_signature=[specs])
    def graph(inputs):
        return method.translate(inputs, direction, **options)

    return lambda inputs: {k: v.numpy() for k, v in graph(inputs).items()}


def translate_file(translate, method, path, inputs, image_size=None):
    """Reads and translates one image.

    Args:
        translate: function that `compiled_translate` returns.
        method: has `spec` and `multiple`, what the sides of the network's
            input must divide by.
        path: image file; grey becomes RGB, transparency is dropped.
        inputs: `Inputs` of `check_inputs`, what goes with it.
        image_size: int, side of a square that it is resized to first; None:
            it keeps its size.

    Returns:
        dict of uint8 arrays: "image" (H, W, 3), and (H, W, 1) masks by the
        names of `results_of`.

    Raises:
        UserError: if the file cannot be read or translated. The text is the
            reason alone, without the path.
    """
    import tensorflow as tf

    from tfmask.ops.images import pad_to_multiple, resized

    sets = {name: masks[path] for name, masks in inputs.sets.items()}
    pixels, *masks = read_files(path, [m for s in sets.values() for m in s])
    if image_size is not None:
        size = (image_size, image_size)
        pixels, *masks = (resized(p, size).numpy() for p in (pixels, *masks))
    height, width = pixels.shape[:2]
    multiple = method.multiple
    smallest = smallest_side(multiple)
    if min(height, width) < smallest:
        raise UserError(
            f"is {height} high and {width} wide, expected at least "
            f"{smallest} pixels on each side"
        )
    values = {"image": pad_to_multiple(to_float(pixels)[None], multiple)}
    for name, paths in sets.items():
        own, masks = masks[: len(paths)], masks[len(paths) :]
        inside = np.stack(own).max(-1, keepdims=True) > 127
        inside = pad_to_multiple(inside.astype(np.float32), multiple)
        values[name] = inside[None]
    for name, value in read_fitted(inputs.files, height, width).items():
        values[name] = pad_to_multiple(value, multiple)
    values |= inputs.settings
    values |= {
        name: np.array([seed], np.int64) for name, seed in inputs.seeds.items()
    }
    try:
        made = translate(values)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            f"is too large for this machine's memory ({height} high and "
            f"{width} wide). Shrink it and try again"
        ) from error
    results = {}
    for port in method.spec.outputs:
        value = made[port.name][0, ..., :height, :width, :]
        if port.kind == "image":
            results[port.name] = image_to_uint8(value)
            continue
        value = mask_to_uint8(value)
        names, parts = [port.name], [value]
        if port.kind == "masks":
            names, parts = result_names(port.name, len(value)), value
        results |= zip(names, parts, strict=True)
    return results


def translate_files(
    method,
    plan,
    direction,
    *,
    inputs,
    image_size=None,
    advance=lambda: None,
):
    """Translates files one by one; a bad one does not stop the others.

    Args:
        method: has `spec`, `translate` and `multiple`.
        plan: dict of `plan_outputs`.
        direction: "a_to_b" or "b_to_a".
        inputs: `Inputs`.
        image_size: see `translate_file`.
        advance: called after each file.

    Returns:
        dict of path to reason: images that were not translated.
    """
    translate = compiled_translate(
        method, direction, more=(*inputs.files, *inputs.seeds)
    )
    failed = {}
    for source, targets in plan.items():
        try:
            results = translate_file(
                translate, method, source, inputs, image_size
            )
        except UserError as error:
            failed[source] = str(error)
        else:
            # The plan is older than the method is known: it may hold more.
            for name in targets.keys() & results.keys():
                write_png(targets[name], results[name])
        advance()
    return failed


def planned(options, images, inputs):
    """Where the results go: a plan for each answer, in the order of numbers.

    Args:
        options: `Options`.
        images: list of paths.
        inputs: `Inputs`.

    Raises:
        UserError: see `plan_outputs`.
    """
    first = next(iter(inputs.seeds.values()), 0)
    plans = []
    for seed in range(first, first + options.samples):
        folders = options.output, options.mask_output
        if options.samples > 1:
            folders = (f and sample_folder(f, seed) for f in folders)
        output, mask_output = folders
        plans.append(
            plan_outputs(
                images,
                output,
                results_of(inputs, images),
                mask_output=mask_output,
                more_inputs=inputs.paths,
                overwrite=options.overwrite,
            )
        )
    return plans


@command
def main(argv: list[str] | None = None, load_run=None) -> int:
    """Runs `tfmask translate`; returns the exit code.

    `load_run` stands in for that of `trainers.runs`.
    """
    options = parse_options(Options, argv, "translate")
    listing = list_images(options.input)
    images = listing.images
    inputs = given_inputs(options, images)
    plans = planned(options, images, inputs)

    if not images:
        raise UserError(bad_images(listing.problems, listing.count, DONE))
    load_tensorflow()
    from tfmask.ops.console import image_progress

    if load_run is None:
        from trainers.runs import load_run

    _, method = load_run(options.run)
    direction = direction_of(options.run, method, options.direction)
    inputs = check_inputs(options.run, method, inputs)
    answers = samples_of(options.run, method, inputs, options.samples)
    failed = dict(listing.problems)
    total = options.samples * len(images)
    with image_progress("Translating", total) as advance:
        for plan, given in zip(plans, answers.values(), strict=True):
            failed |= translate_files(
                method,
                plan,
                direction,
                inputs=given,
                image_size=options.image_size,
                advance=advance,
            )
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
