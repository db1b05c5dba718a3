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
        (B, H', W', C) with H' and W' the next multiples. The caller crops
        back with `[:, :H, :W]`.
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    bottom, right = -height % multiple, -width % multiple
    return tf.pad(images, [[0, 0], [0, bottom], [0, right], [0, 0]], "REFLECT")


def resized(images, size):
    """uint8 (..., H, W, C) images at another size, bilinear, antialiased.

    Args:
        images: (H, W, C) or (B, H, W, C) uint8.
        size: (height, width).

    Returns:
        uint8 of that size; the same values where it is the old one.
    """
    made = tf.image.resize(images, size, "bilinear", antialias=True)
    made = tf.clip_by_value(tf.round(made), 0.0, 255.0)
    return tf.cast(made, tf.uint8)
