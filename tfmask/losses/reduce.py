"""The reduction that the losses share."""

import tensorflow as tf


def mean_per_example(values):
    """(B, ...) to (B,) float32: the mean over everything but the batch."""
    values = tf.cast(values, tf.float32)
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))
