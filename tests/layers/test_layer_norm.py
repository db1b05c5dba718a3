"""MUNIT's layer normalisation against its formula, in float64."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import LayerNormalization

pytestmark = pytest.mark.both_stacks

RNG = np.random.default_rng(0)


def test_unbiased_form_divides_by_the_deviation_plus_epsilon():
    layer = LayerNormalization(unbiased=True, epsilon=0.1, dtype="float64")
    inputs = RNG.normal(3.0, 2.0, (3, 4, 6, 5))
    layer.build(inputs.shape)
    gamma, beta = RNG.normal(size=(2, 5))
    layer.set_weights([gamma, beta])
    mean = inputs.mean((1, 2, 3), keepdims=True)
    deviation = inputs.std((1, 2, 3), ddof=1, keepdims=True)
    expected = (inputs - mean) / (deviation + 0.1) * gamma + beta
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-10)


def test_unbiased_gains_begin_between_0_and_1_and_differ():
    layers = [LayerNormalization(unbiased=True) for _ in range(2)]
    for layer in layers:
        layer.build((None, 4, 4, 200))
    one, other = (layer.get_weights()[0] for layer in layers)
    assert 0 <= one.min() < 0.1 and 0.9 < one.max() < 1
    assert np.abs(one - other).max() > 0.1
    assert not layers[0].get_weights()[1].any()


def test_constant_images_have_finite_gradients():
    layer = LayerNormalization(unbiased=True)
    inputs = tf.Variable(tf.ones((1, 4, 4, 2)))
    with tf.GradientTape() as tape:
        outputs = layer(inputs)
    np.testing.assert_array_equal(outputs, np.zeros((1, 4, 4, 2)))
    assert np.isfinite(tape.gradient(outputs, inputs)).all()


def test_the_config_names_the_form():
    config = LayerNormalization(unbiased=True).get_config()
    assert LayerNormalization.from_config(config).unbiased


@pytest.mark.parametrize("unbiased", [False, True])
def test_the_gradient_of_the_gradient_is_the_formulas(unbiased):
    """A gradient penalty asks for it."""
    layer = LayerNormalization(unbiased=unbiased, epsilon=0.1, dtype="float64")
    images, weights = tf.constant(RNG.normal(2.0, 3.0, (2, 2, 4, 3, 2)))
    layer.build(images.shape)
    gamma, beta = RNG.normal(size=(2, 2))
    layer.set_weights([gamma, beta])

    def formula(values):
        centered = values - tf.reduce_mean(values, (1, 2, 3), keepdims=True)
        squares = tf.reduce_sum(centered**2, (1, 2, 3), keepdims=True)
        if unbiased:
            return centered / (tf.sqrt(squares / 23) + 0.1) * gamma + beta
        return centered / tf.sqrt(squares / 24 + 0.1) * gamma + beta

    def second(function):
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                total = tf.reduce_sum(function(images) ** 2 * weights)
            slopes = inner.gradient(total, images)
            penalty = tf.reduce_sum(slopes**3)
        return outer.gradient(penalty, images)

    np.testing.assert_allclose(second(layer), second(formula), rtol=1e-9)
