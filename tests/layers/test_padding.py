"""Padding and cropping against TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers.padding import (
    crop,
    image_sizes,
    reflect_pad,
    zero_pad,
)


def derivatives(function, images):
    """Outputs, the first and the second derivative of a function of them."""
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = function(images)
            total = tf.reduce_sum(tf.sin(outputs))
        first = tape.gradient(total, images)
        total = tf.reduce_sum(first**2)
    return [outputs, first, outer.gradient(total, images)]


@pytest.mark.parametrize("pixels", [1, 2, 3])
@pytest.mark.parametrize("size", [(8, 9), (12, 4), (4, 5)])
def test_reflection_equals_tensorflows(size, pixels):
    images = tf.random.normal((2, *size, 3))
    sides = [pixels, pixels]
    ours = derivatives(lambda x: reflect_pad(x, pixels), images)
    theirs = derivatives(
        lambda x: tf.pad(x, [[0, 0], sides, sides, [0, 0]], "REFLECT"), images
    )
    for value, other in zip(ours, theirs, strict=True):
        # A sum of up to four values, in another order.
        np.testing.assert_allclose(value, other, rtol=1e-5, atol=1e-5)


SIDES = [[0, 0], [1, 3], [2, 0], [0, 0]]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "own, theirs",
    [
        (lambda x: zero_pad(x, SIDES), lambda x: tf.pad(x, SIDES)),
        (lambda x: crop(x, SIDES), lambda x: x[:, 1:-3, 2:]),
    ],
)
def test_zeros_and_crops_equal_tensorflows(own, theirs, known):
    images = tf.random.normal((2, 6, 5, 3))

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec(images.shape if known else [None, None, None, 3])
        ],
    )
    def traced(images):
        return derivatives(own, images)

    expected = derivatives(theirs, images)
    for value, other in zip(traced(images), expected, strict=True):
        np.testing.assert_array_equal(value, other)


def test_sizes_are_ints_where_they_are_known():
    @tf.function(input_signature=[tf.TensorSpec([None, 8, None, 3])])
    def sizes(images):
        batch, height, width = image_sizes(images)
        assert height == 8
        return batch, width

    assert [int(size) for size in sizes(tf.zeros([2, 8, 5, 3]))] == [2, 5]
