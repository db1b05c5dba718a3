"""The convolution of an image twice as large equals the two steps."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import Convolution, UpsamplingConvolution, upsample


def built(layer, channels):
    layer.build((None, None, None, channels))
    return layer


def values_and_gradients(function, inputs, variables):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(inputs)
        total = tf.reduce_sum(tf.sin(outputs))
    return [outputs, *tape.gradient(total, [inputs, *variables])]


@pytest.mark.parametrize("shape", [(2, 8, 8, 3), (1, 5, 2, 4)])
@pytest.mark.parametrize("padding_mode", ["zero", "reflect"])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_equals_upsampling_and_a_convolution(kernel_size, padding_mode, shape):
    arguments = {"padding": kernel_size // 2, "padding_mode": padding_mode}
    merged = built(
        UpsamplingConvolution(6, kernel_size, **arguments), shape[-1]
    )
    plain = built(Convolution(6, kernel_size, **arguments), shape[-1])
    plain.set_weights(
        [np.random.normal(size=w.shape) for w in plain.get_weights()]
    )
    merged.set_weights(plain.get_weights())
    inputs = tf.random.normal(shape)
    for ours, expected in zip(
        values_and_gradients(merged, inputs, merged.trainable_variables),
        values_and_gradients(
            lambda image: plain(upsample(image)),
            inputs,
            plain.trainable_variables,
        ),
        strict=True,
    ):
        # float32 sums in another order.
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding_mode", ["zero", "reflect"])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_doubles_images_of_any_size(kernel_size, padding_mode):
    arguments = {"padding": kernel_size // 2, "padding_mode": padding_mode}
    layer = built(UpsamplingConvolution(6, kernel_size, **arguments), 3)

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def apply(images):
        outputs = layer(images)
        assert outputs.shape[-1] == 6
        return outputs

    assert apply(tf.zeros([2, 4, 6, 3])).shape == (2, 8, 12, 6)
    assert apply(tf.zeros([1, 8, 4, 3])).shape == (1, 16, 8, 6)
