"""Keras' precision policy, for a part of a test."""

import contextlib

import keras


@contextlib.contextmanager
def policy(name):
    """What is built while the block runs has the policy `name`."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
