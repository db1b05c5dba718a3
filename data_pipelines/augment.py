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
    example, size, *, labels=False, interpolation="bilinear", antialias=True
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

    Returns:
        dict with the same keys, float32. Images are in 0..255. Masks and label
        maps are resized by nearest neighbour.
    """
    if labels:
        image = tf.image.resize(example["image"], size, method="nearest")
    else:
        image = _resize(example["image"], size, interpolation, antialias)
    image = tf.cast(image, tf.float32)
    if interpolation == "bicubic":  # it leaves the range at edges
        image = tf.clip_by_value(image, 0.0, 255.0)
    image = tf.ensure_shape(image, (*size, 3))
    resized = {"image": image}
    for name in MASKS:
        if name in example:
            mask = tf.image.resize(example[name], size, method="nearest")
            resized[name] = tf.cast(mask, tf.float32)
    return resized


def _resize(image, size, interpolation, antialias):
    """An image in another size, see `resize`."""

    def resized(antialias):
        return tf.image.resize(
            image, size, method=interpolation, antialias=antialias
        )

    if not antialias or interpolation != "bilinear":
        return resized(antialias)
    # The kernel for antialiasing takes longer. If nothing shrinks, the result
    # is the same except for rounding.
    return tf.cond(
        tf.reduce_any(tf.shape(image)[:2] > size),
        lambda: resized(True),
        lambda: resized(False),
    )


def crop_and_flip(example, size, *, seed, crop=True, flip=True):
    """Cuts a random window and mirrors it with probability one half.

    All arrays of the example get the same window and the same flip.

    Args:
        example: dict as `resize` returns it.
        size: (height, width) of the window.
        seed: (2,) int64 tensor. The result depends only on it and the example.
        crop: bool. False: nothing is cut, and the example must already have the
            size.
        flip: bool.

    Returns:
        dict with the same keys and height and width `size`, and `window`
        (3,) int32: the window's top and left in pixels, and 1 if it was
        mirrored afterwards, else 0.
    """
    # Always draw three numbers. So the flips are the same with and without the
    # crop.
    down, right, mirror = tf.unstack(
        tf.random.stateless_uniform([3], seed, alg="philox")
    )
    output = dict(example)
    top = left = mirrored = tf.constant(0)
    if crop:
        height, width = example["image"].shape[:2]
        top = _offset(down, height - size[0])
        left = _offset(right, width - size[1])
        output = {
            name: array[..., top : top + size[0], left : left + size[1], :]
            for name, array in output.items()
        }
    if flip:
        mirrored = tf.cast(mirror < 0.5, tf.int32)
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
    """Image from 0..255 to [-1, 1]; masks are 0/1 already."""
    return {**example, "image": to_float(example["image"])}


def _offset(uniform, slack):
    """Uniform number in [0, 1) to an integer in 0..slack."""
    return tf.cast(uniform * tf.cast(slack + 1, tf.float32), tf.int32)
