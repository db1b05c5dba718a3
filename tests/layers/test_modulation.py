"""Adaptive normalisations against their formulas, in float64."""

import numpy as np
import pytest
import tensorflow as tf
from direct_convolution import convolution

from tfmask.layers import (
    AdaptiveNormalization,
    LayerInstanceNormalization,
    ResidualBlock,
    modulated,
)
from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(3.0, 2.0, size=(2, 6, 6, 4))
SCALE, OFFSET = RNG.normal(size=(2, 2, 4))


def normalised(values, axes, unbiased=False):
    mean = values.mean(axes, keepdims=True)
    variance = values.var(axes, keepdims=True, ddof=int(unbiased))
    return (values - mean) / np.sqrt(variance + 1e-5)


def by_formula(values, scale, offset, rho=1.0, unbiased=False):
    mixed = rho * normalised(values, (1, 2), unbiased)
    mixed = mixed + (1 - rho) * normalised(values, (1, 2, 3), unbiased)
    return mixed * scale[:, None, None, :] + offset[:, None, None, :]


@pytest.mark.parametrize("rho", [None, np.array([0.0, 0.3, 0.9, 1.0])])
def test_modulation_is_the_formula(rho):
    outputs = modulated(
        *(tf.constant(values) for values in (FEATURES, SCALE, OFFSET)),
        None if rho is None else tf.constant(rho),
    )
    expected = by_formula(FEATURES, SCALE, OFFSET, 1.0 if rho is None else rho)
    np.testing.assert_allclose(outputs, expected, rtol=1e-10)


def test_scale_and_offset_may_differ_from_place_to_place():
    scale, offset = RNG.normal(size=(2, *FEATURES.shape))
    outputs = modulated(*map(tf.constant, (FEATURES, scale, offset)))
    expected = normalised(FEATURES, (1, 2)) * scale + offset
    np.testing.assert_allclose(outputs, expected, rtol=1e-10)


@pytest.mark.parametrize("linear", [False, True])
def test_the_layer_begins_at_the_papers_rho(linear):
    layer = AdaptiveNormalization(linear)
    layer.build(FEATURES.shape)
    inputs = (x.astype("float32") for x in (FEATURES, SCALE, OFFSET))
    rho = 0.9 if linear else 1.0
    expected = by_formula(FEATURES, SCALE, OFFSET, rho, unbiased=linear)
    np.testing.assert_allclose(layer(*inputs), expected, atol=1e-5)
    assert len(layer.trainable_variables) == linear


def test_layer_instance_normalisation_begins_as_layer_normalisation():
    layer = LayerInstanceNormalization()
    layer.build(FEATURES.shape)
    image = FEATURES.astype("float32")
    one, zero = np.ones((2, 4)), np.zeros((2, 4))
    expected = by_formula(FEATURES, one, zero, 0.0, unbiased=True)
    np.testing.assert_allclose(layer(image), expected, atol=1e-5)
    rho, gamma, beta = RNG.uniform(size=(3, 4))
    layer.set_weights([rho, gamma, beta])
    pairs = (np.tile(values, (2, 1)) for values in (gamma, beta))
    expected = by_formula(FEATURES, *pairs, rho, unbiased=True)
    np.testing.assert_allclose(layer(image), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["adain", "adalin"])
def test_a_residual_block_is_modulated_twice(name):
    block = ResidualBlock(4, padding_mode="zero", normalization=name)
    block.build(FEATURES.shape)
    image = FEATURES.astype("float32")
    pairs = RNG.normal(size=(2, 2, 2, 4)).astype("float32")
    rho = 0.9 if name == "adalin" else 1.0
    expected = FEATURES
    for number, layer in enumerate((block.first, block.second)):
        kernel, bias = layer.get_weights()
        expected = convolution(expected, kernel, 1, 1, 1, "constant") + bias
        expected = by_formula(
            expected, *pairs[number], rho, unbiased=name == "adalin"
        )
        if not number:
            expected = np.maximum(expected, 0.0)
    outputs = block(image, modulation=pairs)
    np.testing.assert_allclose(outputs, FEATURES + expected, atol=1e-3)


def test_only_what_passes_scale_and_offset_on_may_ask_for_it():
    from tfmask.networks import ResNetGenerator

    ResidualBlock(4, normalization="adain")
    with pytest.raises(UserError, match="Unknown normalization `adain`"):
        ResNetGenerator(filters=2, blocks=0, normalization="adain")
