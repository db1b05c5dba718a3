"""Value ranges and sizes of images, in TensorFlow."""

import tensorflow as tf


def to_float(images):
    """uint8 (..., C) in 0..255 to float32 in [-1, 1]: `v / 127.5 - 1`."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def to_uint8(images):
    """Float in [-1, 1] to uint8: clipped, then `round((x + 1) * 127.5)`."""
    images = tf.clip_by_value(tf.cast(images, tf.float32), -1.0, 1.0)
    return tf.cast(tf.round((images + 1.0) * 127.5), tf.uint8)


def mask_to_uint8(masks):
    """Float mask in [0, 1] to uint8 in 0..255, rounded."""
    masks = tf.clip_by_value(tf.cast(masks, tf.float32), 0.0, 1.0)
    return tf.cast(tf.round(masks * 255.0), tf.uint8)


def pad_to_multiple(images, multiple):
    """Pads bottom and right by reflection until both sides fit.

    Args:
        images: (B, H, W, C), H and W at least
            `tfmask.ops.arrays.smallest_side(multiple)`.
        multiple: int, what the network's strides need.

    Returns:
        (B, H', W', C). H' and W' are the next multiples. The caller crops back
        with `[:, :H, :W]`.
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    bottom, right = -height % multiple, -width % multiple
    return tf.pad(images, [[0, 0], [0, bottom], [0, right], [0, 0]], "REFLECT")


def resize_images(images, size):
    """Bilinear and antialiased, as two products of matrices.

    It has the values of `tf.image.resize(antialias=True)`. TensorFlow's
    `ScaleAndTranslate` has no kernel on GPUs, and engines that read exported
    graphs do not know it.

    Args:
        images: (B, H, W, C) float.
        size: (height, width), ints.

    Returns:
        (B, height, width, C) float.
    """
    rows, columns = (
        tf.cast(_resize_weights(tf.shape(images)[axis], length), images.dtype)
        for axis, length in zip((1, 2), size, strict=True)
    )
    taller = tf.einsum("Hh,bhwc->bHwc", rows, images)
    return tf.einsum("Ww,bHwc->bHWc", columns, taller)


def _resize_weights(old, new):
    """(new, old) float32: the share of each old pixel in each new one."""
    scale = tf.cast(old, tf.float32) / new
    centres = (tf.range(new, dtype=tf.float32) + 0.5) * scale
    places = tf.range(tf.cast(old, tf.float32)) + 0.5
    apart = tf.abs(centres[:, None] - places) / tf.maximum(scale, 1.0)
    shares = tf.maximum(1.0 - apart, 0.0)
    return shares / tf.reduce_sum(shares, axis=1, keepdims=True)


def resized(images, size):
    """uint8 (..., H, W, C) images at another size, bilinear, antialiased.

    Args:
        images: (H, W, C) or (B, H, W, C) uint8.
        size: (height, width).

    Returns:
        uint8 of that size. The values do not change if the size is the old one.
    """
    images_at_size = tf.image.resize(images, size, "bilinear", antialias=True)
    images_at_size = tf.clip_by_value(tf.round(images_at_size), 0.0, 255.0)
    return tf.cast(images_at_size, tf.uint8)
