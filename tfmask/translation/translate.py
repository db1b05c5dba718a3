"""Translation of image files by a method that is in memory."""

import numpy as np

from serving.commands.files import result_names
from tfmask.ops.arrays import (
    image_to_uint8,
    mask_to_uint8,
    smallest_side,
    to_float,
)
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_png
from tfmask.translation.inputs import read_files, read_fitted


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
    from tfmask.ops.images import resized

    sets = {name: masks[path] for name, masks in inputs.sets.items()}
    pixels, *masks = read_files(path, [m for s in sets.values() for m in s])
    if image_size is not None:
        size = (image_size, image_size)
        pixels, *masks = (resized(p, size).numpy() for p in (pixels, *masks))
    values = {}
    for name, paths in sets.items():
        own, masks = masks[: len(paths)], masks[len(paths) :]
        inside = np.stack(own).max(-1, keepdims=True) > 127
        values[name] = inside.astype(np.float32)[None]
    values |= read_fitted(inputs.files, *pixels.shape[:2])
    values |= inputs.settings
    values |= {
        name: np.array([seed], np.int64) for name, seed in inputs.seeds.items()
    }
    return translate_pixels(translate, method, pixels, values)


def translate_pixels(translate, method, pixels, values):
    """Translates one image of any size.

    Args:
        translate: function that `compiled_translate` returns.
        method: has `spec` and `multiple`.
        pixels: (H, W, 3), uint8 or float32 in [-1, 1].
        values: dict of the port to what goes with it, with a batch axis:
            images in [-1, 1] and masks in [0, 1] of H and W.

    Returns:
        dict of uint8 arrays, see `translate_file`.

    Raises:
        UserError: the image is too small or too large. The text is the
            reason alone.
    """
    import tensorflow as tf

    from tfmask.ops.images import pad_to_multiple

    height, width = pixels.shape[:2]
    multiple = method.multiple
    smallest = smallest_side(multiple)
    if min(height, width) < smallest:
        raise UserError(
            f"is {height} high and {width} wide, expected at least "
            f"{smallest} pixels on each side"
        )
    if pixels.dtype == np.uint8:
        pixels = to_float(pixels)
    values = {"image": pixels[None], **values}
    for port in method.spec.inputs:
        if port.name in values and port.kind in ("image", "mask"):
            value = values[port.name]
            values[port.name] = pad_to_multiple(value, multiple)
        if port.name in values and port.kind == "masks":
            value = pad_to_multiple(values[port.name][0], multiple)
            values[port.name] = value[None]
    try:
        answer = translate(values)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            f"is too large for this machine's memory ({height} high and "
            f"{width} wide). Shrink it and try again"
        ) from error
    results = {}
    for port in method.spec.outputs:
        value = answer[port.name][0, ..., :height, :width, :]
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
