"""Alignment and padding of convolutions, against their definitions."""

import numpy as np
import pytest
import tensorflow as tf
from direct_convolution import convolution, full_transposed_convolution

from tfmask.layers import (
    Convolution,
    TransposedConvolution,
    normal_initializer,
    torch_initializer,
    upsample,
)

RNG = np.random.default_rng(0)


def random(*shape):
    return RNG.normal(size=shape).astype("float32")


def with_weights(layer, image, *weights):
    """The layer, built on the image, with these weights."""
    layer.build(image.shape)
    layer.set_weights([*weights, *layer.get_weights()[len(weights) :]])
    return layer


@pytest.mark.parametrize(("height", "width"), [(8, 6), (7, 5)])
@pytest.mark.parametrize(
    ("size", "stride", "padding"),
    [(3, 2, 1), (4, 2, 1), (4, 1, 1), (4, 2, 2), (3, 1, 1), (1, 1, 0)],
)
def test_integer_padding_is_torch_padding(height, width, size, stride, padding):
    image, kernel, bias = (
        random(2, height, width, 3),
        random(size, size, 3, 2),
        random(2),
    )
    layer = Convolution(2, size, strides=stride, padding=padding)
    with_weights(layer, image, kernel, bias)
    expected = convolution(image, kernel, stride, padding, padding) + bias
    np.testing.assert_allclose(layer(image), expected, atol=1e-5)


@pytest.mark.parametrize(("side", "before", "after"), [(8, 0, 1), (7, 1, 1)])
def test_same_padding_is_tensorflow_padding(side, before, after):
    image, kernel = random(1, side, side, 2), random(3, 3, 2, 3)
    layer = Convolution(3, 3, strides=2, padding="same", use_bias=False)
    with_weights(layer, image, kernel)
    expected = convolution(image, kernel, 2, before, after)
    np.testing.assert_allclose(layer(image), expected, atol=1e-5)


@pytest.mark.parametrize(("size", "stride"), [(7, 1), (7, 2), (3, 1)])
def test_reflection_does_not_repeat_the_border(size, stride):
    image, kernel = random(1, 8, 8, 2), random(size, size, 2, 2)
    pad = size // 2
    layer = Convolution(
        2,
        size,
        strides=stride,
        padding=pad,
        padding_mode="reflect",
        use_bias=False,
    )
    with_weights(layer, image, kernel)
    expected = convolution(image, kernel, stride, pad, pad, "reflect")
    np.testing.assert_allclose(layer(image), expected, atol=1e-5)


@pytest.mark.parametrize("alignment", ["torch", "same"])
def test_transposed_convolution_from_its_definition(alignment):
    image, kernel, bias = random(2, 3, 4, 2), random(3, 3, 5, 2), random(5)
    layer = TransposedConvolution(5, alignment=alignment)
    with_weights(layer, image, kernel, bias)
    full = full_transposed_convolution(image, kernel)
    cropped = full[:, 1:, 1:] if alignment == "torch" else full[:, :-1, :-1]
    np.testing.assert_allclose(layer(image), cropped + bias, atol=1e-5)


@pytest.mark.parametrize("alignment", ["torch", "same"])
def test_transposed_kernel_of_four_loses_a_pixel_on_all_sides(alignment):
    image, kernel = random(2, 3, 4, 2), random(4, 4, 5, 2)
    layer = TransposedConvolution(
        5, kernel_size=4, alignment=alignment, use_bias=False
    )
    with_weights(layer, image, kernel)
    full = full_transposed_convolution(image, kernel)
    np.testing.assert_allclose(layer(image), full[:, 1:-1, 1:-1], atol=1e-5)


def test_transposed_kernel_of_five_is_aligned_as_tensorflows():
    """One pixel less in front and two less behind."""
    image, kernel = random(2, 3, 4, 2), random(5, 5, 3, 2)
    layer = TransposedConvolution(
        3, kernel_size=5, alignment="same", use_bias=False
    )
    with_weights(layer, image, kernel)
    full = full_transposed_convolution(image, kernel)
    np.testing.assert_allclose(layer(image), full[:, 1:-2, 1:-2], atol=1e-5)


def test_torch_alignment_is_the_adjoint_of_torch_convolution():
    """PyTorch defines it as the gradient of stride 2 with padding 1."""
    large, small = random(1, 8, 6, 3), random(1, 4, 3, 2)
    kernel = random(3, 3, 3, 2)
    layer = TransposedConvolution(3, use_bias=False)
    with_weights(layer, small, kernel)
    np.testing.assert_allclose(
        np.sum(convolution(large, kernel, 2, 1, 1) * small),
        np.sum(large * layer(small)),
        rtol=1e-5,
    )


def test_upsampling_repeats_pixels():
    image = np.arange(4.0).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(
        upsample(image)[0, ..., 0],
        [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]],
    )


def test_initial_kernels_follow_the_papers_and_differ():
    layers = [
        Convolution(32, 3, kernel_initializer=config)
        for config in (
            None,
            normal_initializer(0.1),
            normal_initializer(0.1),
            normal_initializer(0.1, truncated=True),
        )
    ]
    for layer in layers:
        layer.build((None, 8, 8, 32))
    default, first, second, truncated = (
        layer.get_weights()[0] for layer in layers
    )
    assert default.std() == pytest.approx(0.02, rel=0.05)
    assert first.std() == pytest.approx(0.1, rel=0.05)
    assert np.abs(first).max() > 0.3  # not cut
    assert np.abs(truncated).max() <= 0.2  # at two deviations
    assert np.abs(first - second).max() > 0.1
    assert not layers[0].get_weights()[1].any()


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (Convolution(32, 3), 9 * 32),
        # PyTorch takes a transposed kernel's output channels for its input.
        (TransposedConvolution(16, kernel_size=4), 16 * 16),
    ],
)
def test_torch_initializer_is_uniform_within_the_fan(layer, fan_in):
    layer.kernel_initializer = torch_initializer()
    layer.build((None, 8, 8, 32))
    kernel, limit = layer.get_weights()[0], fan_in**-0.5
    assert 0.98 * limit < np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / 3**0.5, rel=0.03)


@pytest.mark.parametrize(
    "layer",
    [
        Convolution(3, 4, strides=2, padding="same", padding_mode="reflect"),
        Convolution(
            2,
            3,
            padding=1,
            use_bias=False,
            spectral_normalization=True,
            kernel_initializer=normal_initializer(0.5, truncated=True),
        ),
        TransposedConvolution(3, alignment="same", use_bias=False),
        TransposedConvolution(3, kernel_size=4),
    ],
)
def test_config_round_trip_keeps_the_function(layer):
    image = random(1, 8, 8, 2)
    expected = layer(image)
    again = type(layer).from_config(layer.get_config())
    again.build(image.shape)
    again.set_weights(layer.get_weights())
    assert again.get_config() == layer.get_config()
    np.testing.assert_array_equal(again(image), expected)


@pytest.mark.parametrize(
    "layer",
    [Convolution(2, 3, padding=1), TransposedConvolution(2)],
    ids=["plain", "transposed"],
)
def test_mixed_precision_computes_in_half_and_keeps_float32_weights(layer):
    half = type(layer).from_config(
        {**layer.get_config(), "dtype": "mixed_bfloat16"}
    )
    image = random(1, 8, 8, 2)
    exact = with_weights(layer, image, random(3, 3, 2, 2))(image)
    half.build(image.shape)
    half.set_weights(layer.get_weights())
    output = half(tf.cast(image, tf.bfloat16))
    assert output.dtype == tf.bfloat16
    assert {weight.dtype for weight in half.get_weights()} == {
        np.dtype("float32")
    }
    difference = np.abs(tf.cast(output, tf.float32) - exact)
    assert 0 < difference.max() < 0.1  # bfloat16 has 8 bits


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"padding_mode": "mirror"}, "`padding_mode` must be.*'mirror'"),
        ({"padding": "valid"}, "`padding` must be.*'valid'"),
        ({"padding": -1}, "`padding` must be.*-1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Convolution(2, 3, **arguments)


def test_wrong_alignment_is_named():
    with pytest.raises(ValueError, match="`alignment` must be.*'keras'"):
        TransposedConvolution(2, alignment="keras")
    with pytest.raises(ValueError, match="kernel_size.*3, 4 or 5.*6"):
        TransposedConvolution(2, kernel_size=6)
    with pytest.raises(ValueError, match="`alignment` must be same where"):
        TransposedConvolution(2, kernel_size=5)
