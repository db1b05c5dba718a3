"""Resizing, cropping and flipping of an image together with its masks."""

import tensorflow as tf

from data_pipelines.arguments import size_pair
from tfmask.ops.errors import UserError
from tfmask.ops.images import to_float

MASKS = ("region", "instances", "attribute_regions")
INTERPOLATIONS = ("bilinear", "bicubic")
# This is CycleGAN's margin for the random crop: 286 to 256.
LOAD_RATIO = 286 / 256


def load_size(image_size, wanted=None, *, crop=True):
    """The size that training images are resized to before the crop.

    Args:
        image_size: (height, width) that is cut from it.
        wanted: int or (height, width). None: `LOAD_RATIO` times the image size.
        crop: bool. False: it is the image size, and nothing is cut.

    Returns:
        (height, width).

    Raises:
        UserError: `wanted` does not fit.
    """
    if not crop:
        if wanted is not None:
            raise UserError(
                "`load_size` is the size before the crop, but `crop` is "
                f"off. Got: {wanted}. Leave one of them out."
            )
        return image_size
    if wanted is None:
        return tuple(round(side * LOAD_RATIO) for side in image_size)
    wanted = size_pair("load_size", wanted)
    if any(w < side for w, side in zip(wanted, image_size, strict=True)):
        raise UserError(
            "`load_size` (--data.load-size) must be at least the image "
            f"size, which is cut from it: {image_size}. Got: {wanted}."
        )
    return wanted


def resize(
    example,
    size,
    *,
    labels=False,
    interpolation="bilinear",
    antialias=True,
    in_bytes=False,
):
    """Resizes an example; the aspect ratio is not kept.

    Args:
        example: dict of `image` (H, W, 3) and perhaps `region` (H, W, 1),
            `instances` (N, H, W, 1) and `attribute_regions` (H, W, K), any
            numeric dtype.
        size: (height, width).
        labels: bool, the image is a label map. Then it gets no new colours.
        interpolation: "bilinear" or "bicubic" (Keys, a = -0.5, as in Pillow),
            for images.
        antialias: bool; smaller images are made from all pixels of larger ones
            (as in Pillow), not from the nearest ones (as in TensorFlow 1).
        in_bytes: bool; round to uint8. The arrays of the example must be uint8.

    Returns:
        dict with the same keys, float32, or uint8 if `in_bytes`. Images are in
        0..255. Masks and label maps are resized by nearest neighbour.
    """
    image = example["image"]
    if labels:
        image = tf.image.resize(image, size, method="nearest")
    elif in_bytes and tuple(image.shape[:2]) != tuple(size):
        # An image that has the size needs no rounding.
        image = tf.cond(
            tf.reduce_all(tf.shape(image)[:2] == size),
            lambda: image,
            lambda: _rounded(_resize(image, size, interpolation, antialias)),
        )
    elif not in_bytes:
        image = _resize(image, size, interpolation, antialias)
    resized = {"image": tf.ensure_shape(image, (*size, 3))}
    for name in MASKS:
        if name in example:
            resized[name] = tf.image.resize(
                example[name], size, method="nearest"
            )
    dtype = tf.uint8 if in_bytes else tf.float32
    return {name: tf.cast(array, dtype) for name, array in resized.items()}


def _resize(image, size, interpolation, antialias):
    """A float32 image in another size, see `resize`."""

    def resized(antialias):
        image_at_size = tf.image.resize(
            image, size, method=interpolation, antialias=antialias
        )
        return tf.cast(image_at_size, tf.float32)

    if interpolation == "bicubic":  # it leaves the range at edges
        return tf.clip_by_value(resized(antialias), 0.0, 255.0)
    if not antialias:
        return resized(False)
    # The kernel for antialiasing takes longer. If nothing shrinks, the result
    # is the same except for rounding.
    return tf.cond(
        tf.reduce_any(tf.shape(image)[:2] > size),
        lambda: resized(True),
        lambda: resized(False),
    )


def _rounded(image):
    """Float in 0..255 to the nearest uint8."""
    return tf.cast(image + 0.5, tf.uint8)


def crop_and_flip(example, size, *, seed, flip=True):
    """Cuts a random window and mirrors it with probability one half.

    All arrays of the example get the same window and the same flip.

    Args:
        example: dict as `resize` returns it. If it has the size, nothing is
            cut.
        size: (height, width) of the window.
        seed: (2,) int64 tensor. The result depends only on it and the example.
        flip: bool.

    Returns:
        dict with the same keys and height and width `size`, and `window`
        (3,) int32: the window's top and left in pixels, and 1 if it was
        mirrored afterwards, else 0.
    """
    height, width = example["image"].shape[:2]
    choices = height - size[0] + 1, width - size[1] + 1, 2
    # Always draw three numbers. So the flips are the same with and without the
    # crop. `tf.random.stateless_uniform` would give the same numbers with more
    # operations.
    numbers = tf.raw_ops.StatelessRandomUniform(shape=[3], seed=seed)
    top, left, side = tf.unstack(tf.cast(numbers * choices, tf.int32))
    output = {
        name: _cut(array, top, left, size) for name, array in example.items()
    }
    mirrored = tf.constant(0)
    if flip:
        mirrored = 1 - side
        # This is a branch, because `tf.where` copies value by value. That takes
        # as long as a JPEG.
        whole = output
        output = tf.cond(
            mirrored > 0,
            lambda: {n: tf.reverse(x, [-2]) for n, x in whole.items()},
            lambda: {n: tf.identity(x) for n, x in whole.items()},
        )
    output = {
        name: tf.ensure_shape(
            array, (*example[name].shape[:-3], *size, array.shape[-1])
        )
        for name, array in output.items()
    }
    return {**output, "window": tf.stack([top, left, mirrored])}


def normalise(example):
    """Image from 0..255 to [-1, 1] and masks as they are, in float32.

    Args:
        example: dict as `resize` returns it, or a batch of such dicts. Other
            arrays do not change.
    """
    image = example["image"]
    if image.dtype == tf.uint8:
        image = _to_float_at_once(image)
    else:
        image = to_float(image)
    masks = {
        name: tf.cast(example[name], tf.float32)
        for name in MASKS
        if name in example
    }
    return {**example, **masks, "image": image}


def _to_float_at_once(image):
    """`to_float` of uint8, to 1e-7, as one operation in place of three."""
    return tf.raw_ops.Dequantize(
        input=tf.bitcast(image, tf.quint8),
        min_range=-1.0,
        max_range=1.0,
        mode="MIN_COMBINED",
    )


def _cut(array, top, left, size):
    """A window of (..., H, W, C)."""
    *more, _, _, channels = array.shape
    start = [0] * len(more) + [top, left, 0]
    return tf.slice(array, start, [*more, *size, channels])
