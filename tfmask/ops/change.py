"""The stand-in for a mask of methods that have none."""

import tensorflow as tf

from tfmask.ops.precision import exact

# This is one 8-bit level. A smaller difference counts as no change.
SMALLEST_CHANGE = 1.0 / 127.5


def change_map(before, after):
    """Where and how much an image changed, as a mask.

    `m = mean over channels of |after - before|`. It is divided by the largest m
    of the image, or by one 8-bit level if that is larger. So an unchanged image
    has an empty mask.

    Args:
        before: (B, H, W, C) float in [-1, 1].
        after: (B, H, W, C) float in [-1, 1].

    Returns:
        (B, H, W, 1) float32 in [0, 1].
    """
    change = tf.reduce_mean(
        tf.abs(exact(after) - exact(before)),
        axis=-1,
        keepdims=True,
    )
    largest = tf.reduce_max(change, axis=(1, 2, 3), keepdims=True)
    return change / tf.maximum(largest, SMALLEST_CHANGE)
