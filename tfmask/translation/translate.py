"""Translation of image files by a method that is in memory."""

import numpy as np

from serving.commands.files import result_names
from serving.commands.mask_values import INSIDE
from serving.commands.tiles import Canvas
from tfmask.ops.arrays import (
    image_to_uint8,
    mask_to_float,
    mask_to_uint8,
    smallest_side,
    to_float,
)
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_png
from tfmask.translation.inputs import read_beside, read_files


def direction_of(run, method, direction):
    """The direction itself, or the method's first one if it is None.

    Args:
        run: path, for the message.
        method: object with `directions`.
        direction: str, the wanted direction, or None.

    Raises:
        UserError: the method has no such direction.
    """
    direction = direction or method.directions[0]
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
        method: object with `spec` and `translate(inputs, direction)`.
        direction: "a_to_b" or "b_to_a".
        height: int. None: any height.
        width: int. None: any width.
        more: names of further inputs that the method does not need.
        **options: more arguments of `method.translate`.

    Returns:
        Function of a dict of arrays: `image` (B, H, W, 3) and the other inputs
        of the method. It returns a dict of NumPy arrays, the outputs of the
        method.
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


def translate_file(
    translate,
    method,
    path,
    inputs,
    *,
    image_size=None,
    tiling=None,
    progress=None,
):
    """Reads and translates one image.

    Args:
        translate: function of `compiled_translate`.
        method: object with `spec` and `multiple`. The sides of the network's
            input must be multiples of it.
        path: image file. Grey becomes RGB. Transparency is dropped.
        inputs: `Inputs` of `check_inputs`, the other inputs.
        image_size: int, side of a square. The image is first resized to it.
            None: it keeps its size.
        tiling: `Tiling`. None: in one pass.
        progress: see `translate_pixels`.

    Returns:
        dict of uint8 arrays: "image" (H, W, 3), and (H, W, 1) masks by the
        names of `results_of`.

    Raises:
        UserError: the file cannot be read or translated. The text is only the
            reason, without the path.
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
        levels = [mask.max(-1, keepdims=True) for mask in own]
        values[name] = np.stack(levels)[None]
    values |= read_beside(inputs.files, *pixels.shape[:2])
    values |= inputs.settings
    values |= {
        name: np.array([seed], np.int64) for name, seed in inputs.seeds.items()
    }
    return translate_pixels(translate, method, pixels, values, tiling, progress)


def translate_pixels(
    translate, method, pixels, values, tiling=None, progress=None
):
    """Translates one image of any size.

    Args:
        translate: function of `compiled_translate`.
        method: object with `spec` and `multiple`.
        pixels: (H, W, 3), uint8 or float32 in [-1, 1].
        values: dict of the port to the other inputs, with a batch axis. Images
            and masks are uint8 (images may be float32 in [-1, 1]). They have H
            and W if they belong to the image.
        tiling: `Tiling`. None: in one pass.
        progress: function of the number of tiles that are done and of the
            number of all tiles. It is called before the first tile and after
            each one.

    Returns:
        dict of uint8 arrays, see `translate_file`.

    Raises:
        UserError: the image is too small or too large. The text is only the
            reason.
    """
    height, width = pixels.shape[:2]
    smallest = smallest_side(method.multiple)
    if min(height, width) < smallest:
        raise UserError(
            f"is {height} high and {width} wide, expected at least "
            f"{smallest} pixels on each side"
        )
    values = {"image": pixels[None], **values}
    if tiling is None or not tiling.cuts(height, width):
        return _named(method.spec, _translate_part(translate, method, values))
    windows = tiling.windows(height, width)
    if min(min(window.size) for window in windows) < smallest:
        raise UserError(
            f"needs larger tiles: for {method.spec.name} every part must have "
            f"at least {smallest} pixels on each side. Got: {tiling.side} as "
            "`tile`"
        )
    ports = {port.name: port for port in method.spec.inputs}
    others = {p.name for p in method.spec.outputs if p.picture != "image"}
    canvas = Canvas(height, width, len(windows), others)
    progress = progress or (lambda done, total: None)
    progress(0, len(windows))
    for number, window in enumerate(windows, 1):
        part = {
            name: window.cut(value) if ports[name].picture == "image" else value
            for name, value in values.items()
        }
        canvas.add(window, _translate_part(translate, method, part))
        progress(number, len(windows))
    return _named(method.spec, canvas.results())


def _translate_part(translate, method, values):
    """Translates what fits into memory in one pass.

    Args:
        translate, method: see `translate_pixels`.
        values: dict as in `translate_pixels`, with the image.

    Returns:
        dict of the port to uint8 arrays without a batch axis.
    """
    import tensorflow as tf

    from tfmask.ops.images import pad_to_multiple, resized

    height, width = values["image"].shape[1:3]
    values = dict(values)
    for port in method.spec.inputs:
        value = values.get(port.name)
        if value is None or port.kind not in ("image", "mask", "masks"):
            continue
        if port.picture != "image":
            value = resized(value, (height, width)).numpy()
        if port.kind == "masks":
            value = (value[0] > INSIDE - 1).astype(np.float32)
            value = pad_to_multiple(value, method.multiple)[None]
        else:
            if value.dtype == np.uint8:
                is_image = port.kind == "image"
                value = to_float(value) if is_image else mask_to_float(value)
            value = pad_to_multiple(value, method.multiple)
        values[port.name] = value
    try:
        answer = translate(values)
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            f"is too large for this machine's memory ({height} high and "
            f"{width} wide). Translate it in tiles (`tile`), in smaller ones, "
            "or shrink it"
        ) from error
    return {
        port.name: (image_to_uint8 if port.kind == "image" else mask_to_uint8)(
            answer[port.name][0, ..., :height, :width, :]
        )
        for port in method.spec.outputs
    }


def _named(spec, outputs):
    """Results by the names of their files: each of a set has its own."""
    results = {}
    for port in spec.outputs:
        value = outputs[port.name]
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
    tiling=None,
    advance=lambda: None,
    progress=None,
):
    """Translates files one by one; a bad one does not stop the others.

    Args:
        method: object with `spec`, `translate` and `multiple`.
        plan: dict of `plan_outputs`.
        direction: "a_to_b" or "b_to_a".
        inputs: `Inputs`.
        image_size, tiling: see `translate_file`.
        advance: function that is called after each file.
        progress: see `translate_pixels`.

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
                translate,
                method,
                source,
                inputs,
                image_size=image_size,
                tiling=tiling,
                progress=progress,
            )
        except UserError as error:
            failed[source] = str(error)
        else:
            # The plan was made before the method was known. So it may hold
            # more.
            for name in targets.keys() & results.keys():
                write_png(targets[name], results[name])
        advance()
    return failed
