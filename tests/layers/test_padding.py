"""Reflection against TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers.padding import image_sizes, reflect_pad


@pytest.mark.parametrize("pixels", [1, 2, 3])
@pytest.mark.parametrize("size", [(8, 9), (12, 4), (4, 5)])
def test_equals_tensorflows_up_to_the_second_derivative(size, pixels):
    images = tf.random.normal((2, *size, 3))
    sides = [pixels, pixels]
    results = []
    for function in (
        lambda x: reflect_pad(x, pixels),
        lambda x: tf.pad(x, [[0, 0], sides, sides, [0, 0]], "REFLECT"),
    ):
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as tape:
                tape.watch(images)
                outputs = function(images)
                total = tf.reduce_sum(tf.sin(outputs))
            first = tape.gradient(total, images)
            total = tf.reduce_sum(first**2)
        results.append([outputs, first, outer.gradient(total, images)])
    for ours, theirs in zip(*results, strict=True):
        # A sum of up to four values, in another order.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_sizes_are_ints_where_they_are_known():
    @tf.function(input_signature=[tf.TensorSpec([None, 8, None, 3])])
    def sizes(images):
        batch, height, width = image_sizes(images)
        assert height == 8
        return batch, width

    assert [int(size) for size in sizes(tf.zeros([2, 8, 5, 3]))] == [2, 5]
