"""The blend of foreground and background."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import attention_composite

RNG = np.random.default_rng(0)
FOREGROUND, BACKGROUND = RNG.uniform(-1, 1, (2, 2, 4, 4, 3)).astype("float32")


@pytest.mark.parametrize(
    ("level", "expected"), [(1.0, 0.8), (0.0, -0.4), (0.25, -0.1)]
)
def test_values_by_hand(level, expected):
    shape = (1, 2, 2, 3)
    output = attention_composite(
        tf.fill(shape, 0.8), tf.fill(shape, -0.4), tf.fill((1, 2, 2, 1), level)
    )
    np.testing.assert_allclose(output, np.full(shape, expected), atol=1e-6)


def test_the_ends_are_exact():
    ones = tf.ones((2, 4, 4, 1))
    composite = attention_composite(FOREGROUND, BACKGROUND, ones)
    np.testing.assert_array_equal(composite, FOREGROUND)
    composite = attention_composite(FOREGROUND, BACKGROUND, 0.0 * ones)
    np.testing.assert_array_equal(composite, BACKGROUND)


def test_every_value_lies_between_the_two():
    attention = RNG.random((2, 4, 4, 1)).astype("float32")
    output = attention_composite(FOREGROUND, BACKGROUND, attention)
    assert (output >= np.minimum(FOREGROUND, BACKGROUND) - 1e-6).all()
    assert (output <= np.maximum(FOREGROUND, BACKGROUND) + 1e-6).all()


def test_gradients_by_hand():
    attention = tf.Variable(tf.fill((2, 4, 4, 1), 0.25))
    foreground = tf.Variable(FOREGROUND)
    with tf.GradientTape() as tape:
        output = attention_composite(foreground, BACKGROUND, attention)
        total = tf.reduce_sum(output)
    to_attention, to_foreground = tape.gradient(total, [attention, foreground])
    np.testing.assert_allclose(
        to_attention,
        (FOREGROUND - BACKGROUND).sum(-1, keepdims=True),
        atol=1e-6,
    )
    np.testing.assert_allclose(to_foreground, np.full((2, 4, 4, 3), 0.25))
