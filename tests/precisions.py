"""Precisions of a part of a test: of layers, and of their inputs."""

import contextlib

import keras
import tensorflow as tf


@contextlib.contextmanager
def policy(name):
    """What is built while the block runs has the policy `name`."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def in_float64(batch):
    """A batch, however nested, with its floats as float64."""
    return tf.nest.map_structure(
        lambda value: (
            tf.cast(value, tf.float64) if value.dtype.is_floating else value
        ),
        batch,
    )
