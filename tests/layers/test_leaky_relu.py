"""The leaky ReLU beside TensorFlow's."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import leaky_relu

VALUES = np.array([-3.0, -1e-9, 0.0, 1e-9, 2.0], "float32")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_values_and_gradients_are_tensorflows(dtype):
    results = []
    for function in (leaky_relu, lambda x: tf.nn.leaky_relu(x, 0.2)):
        values = tf.Variable(tf.cast(VALUES, dtype))
        with tf.GradientTape() as tape:
            outputs = function(values)
            total = tf.reduce_sum(outputs * tf.cast(VALUES + 1.0, dtype))
        assert outputs.dtype == dtype
        results.append((outputs, tape.gradient(total, values)))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(
            tf.cast(ours, tf.float32), tf.cast(theirs, tf.float32)
        )


def test_slopes_by_hand():
    values = tf.Variable(VALUES)
    with tf.GradientTape() as tape:
        outputs = leaky_relu(values)
    np.testing.assert_allclose(outputs, [-0.6, -2e-10, 0.0, 1e-9, 2.0])
    np.testing.assert_allclose(
        tape.gradient(outputs, values), [0.2, 0.2, 0.2, 1.0, 1.0]
    )


def test_another_slope_and_its_second_derivative():
    """`f(x)^2` has the second derivative 2 slope^2 below 0."""
    values = tf.Variable(VALUES)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            total = tf.reduce_sum(leaky_relu(values, 0.1) ** 2)
        first = inner.gradient(total, values)
    np.testing.assert_allclose(first, [-0.06, 0, 0, 2e-9, 4.0], atol=1e-7)
    np.testing.assert_allclose(
        outer.gradient(first, values), [0.02, 0.02, 0.02, 2.0, 2.0], rtol=1e-6
    )


def test_slopes_do_not_depend_on_the_values():
    values = tf.Variable(VALUES)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            outputs = leaky_relu(values)
        slopes = inner.gradient(outputs, values)
    assert outer.gradient(slopes, values) is None
