"""Blurred halving and doubling: by definition, gradients, any size."""

import numpy as np
import pytest
import tensorflow as tf
from direct_convolution import convolution, full_transposed_convolution

from tfmask.layers import (
    BlurredUpsamplingConvolution,
    Convolution,
    blur_pool,
    blur_upsample,
)

RNG = np.random.default_rng(0)


def each_channel(taps, channels):
    """(k, k, C, C): the same taps for every channel."""
    taps = np.array(taps, "float64")
    return np.einsum("i,j,cf->ijcf", taps, taps, np.eye(channels))


def pooled(image):
    kernel = each_channel([0.25, 0.5, 0.25], image.shape[-1])
    return convolution(image, kernel, 2, 1, 1, "reflect")


def upsampled(image):
    """The official transposed convolution: border repeated, then cut off."""
    kernel = each_channel([0.25, 0.75, 0.75, 0.25], image.shape[-1])
    sides = (1, 1)
    padded = np.pad(image, ((0, 0), sides, sides, (0, 0)), "edge")
    return full_transposed_convolution(padded, kernel)[:, 3:-3, 3:-3]


@pytest.mark.both_stacks
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(2, 8, 6, 3), (1, 7, 2, 2), (1, 3, 5, 1)])
@pytest.mark.parametrize(
    ("function", "expected"), [(blur_pool, pooled), (blur_upsample, upsampled)]
)
def test_it_is_a_convolution(function, expected, shape, dtype):
    image = RNG.normal(size=shape)
    output = function(tf.constant(image, dtype))
    assert output.dtype == dtype
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(output, expected(image), atol=tolerance)


@pytest.mark.both_stacks
@pytest.mark.parametrize("function", [blur_pool, blur_upsample])
def test_gradients_are_the_transposed_map(function):
    image = tf.constant(RNG.normal(size=(1, 5, 6, 2)))
    other = RNG.normal(size=image.shape)
    with tf.GradientTape() as tape:
        tape.watch(image)
        output = function(image)
        weights = RNG.normal(size=output.shape)
        total = tf.reduce_sum(output * weights)
    moved = np.sum(function(tf.constant(other)) * weights)
    gradient = tape.gradient(total, image)
    assert np.sum(gradient * other) == pytest.approx(moved, rel=1e-12)


@pytest.mark.both_stacks
def test_images_of_any_size():
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def both(images):
        return blur_pool(images), blur_upsample(images)

    image = RNG.normal(size=(2, 6, 9, 3)).astype("float32")
    halved, doubled = both(image)
    np.testing.assert_allclose(halved, pooled(image), atol=1e-6)
    np.testing.assert_allclose(doubled, upsampled(image), atol=1e-6)


def test_a_constant_image_stays_as_it_is():
    image = np.full((1, 6, 6, 2), 0.3, "float32")
    for function in (blur_pool, blur_upsample):
        np.testing.assert_allclose(function(image), 0.3, rtol=1e-6)


def test_half_precision():
    image = tf.cast(RNG.normal(size=(1, 8, 8, 4)), tf.bfloat16)
    for function in (blur_pool, blur_upsample):
        expected = function(tf.cast(image, tf.float32))
        output = function(image)
        assert output.dtype == tf.bfloat16
        np.testing.assert_allclose(
            tf.cast(output, tf.float32), expected, atol=0.05
        )


def test_the_layer_convolves_what_has_doubled():
    layer = BlurredUpsamplingConvolution(5, 3, padding=1)
    plain = Convolution(5, 3, padding=1)
    image = tf.constant(RNG.normal(size=(2, 4, 6, 3)), tf.float32)
    for either in (layer, plain):
        either.build((None, None, None, 3))
    plain.set_weights([RNG.normal(size=w.shape) for w in plain.get_weights()])
    layer.set_weights(plain.get_weights())
    assert layer(image).shape == (2, 8, 12, 5)
    np.testing.assert_allclose(
        layer(image), plain(blur_upsample(image)), atol=1e-6
    )
