"""Vectors of feature maps at places drawn at random."""

import tensorflow as tf

from tfmask.ops.gradients import with_gradient


def random_order(count, seed):
    """A random order of so many things.

    Args:
        count: int, how many things.
        seed: (2,) ints. The order depends only on it.

    Returns:
        (count,) int32; it has every number below `count` once.
    """
    return tf.argsort(tf.random.stateless_uniform([count], seed), stable=True)


def vectors_at(features, order, count):
    """The vectors of feature maps at the first places of an order.

    Its gradient also takes rows and adds none, because a sum over places has no
    deterministic form on GPUs.

    Args:
        features: (B, H, W, C) float.
        order: (H W,) int32 of `random_order`. Pixels count row by row. The
            order is the same for all examples.
        count: int, how many places. If there are fewer, all of them.

    Returns:
        (B, count, C) of the features' dtype.
    """
    _, height, width, channels = features.shape
    count = min(count, height * width)

    def gradient(upstream):
        # The position of each place in the order. Other places get the last
        # row.
        slots = tf.minimum(tf.argsort(order), count)
        padded = tf.pad(upstream, [[0, 0], [0, 1], [0, 0]])
        return tf.gather(padded, slots, axis=1)

    return with_gradient(
        lambda rows: tf.gather(rows, order[:count], axis=1),
        gradient,
        tf.reshape(features, [-1, height * width, channels]),
    )
