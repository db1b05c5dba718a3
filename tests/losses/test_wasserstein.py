"""Wasserstein losses and the gradient penalty: closed forms, weights."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import (
    gradient_penalty,
    wasserstein_critic,
    wasserstein_generator,
)
from tfmask.networks import AttributeDiscriminator

RNG = np.random.default_rng(0)
SHAPE = (3, 8, 8, 3)
REAL = RNG.uniform(-1, 1, SHAPE).astype("float32")
FAKE = RNG.uniform(-1, 1, SHAPE).astype("float32")
MIX = np.array([0.0, 0.3, 0.9], "float32")


def direction(norm):
    weights = RNG.normal(size=SHAPE[1:])
    return tf.constant(weights * norm / np.linalg.norm(weights), tf.float32)


def test_losses_by_hand():
    scores = np.array([[0.0, 2.0], [1.0, 4.0]], "float32").reshape(2, 1, 2, 1)
    np.testing.assert_allclose(wasserstein_generator(scores), [-1.0, -2.5])
    np.testing.assert_allclose(
        wasserstein_critic(scores, 3 * scores), [2.0, 5.0]
    )
    assert wasserstein_critic(scores, scores).dtype == tf.float32


def test_gradients_pull_real_up_and_fake_down():
    real, fake = tf.Variable([[0.5]]), tf.Variable([[0.5]])
    with tf.GradientTape(persistent=True) as tape:
        judged, generator_loss = (
            wasserstein_critic(real, fake),
            wasserstein_generator(fake),
        )
    np.testing.assert_allclose(tape.gradient(judged, real), [[-1.0]])
    np.testing.assert_allclose(tape.gradient(judged, fake), [[1.0]])
    np.testing.assert_allclose(tape.gradient(generator_loss, fake), [[-1.0]])


@pytest.mark.parametrize(("norm", "loss"), [(3.0, 40.0), (1.0, 0), (0.5, 2.5)])
def test_penalty_of_a_linear_critic(norm, loss):
    """`D(x) = w . x` has the slope w everywhere: 10 (||w|| - 1)^2."""
    weights = direction(norm)
    penalty = gradient_penalty(
        lambda x: tf.tensordot(x, weights, axes=3), REAL, FAKE, MIX
    )
    np.testing.assert_allclose(10.0 * penalty, [loss] * 3, atol=1e-4)


def test_penalty_sums_the_scores_of_all_patches():
    """Four patches of one slope each add up to one of four slopes."""
    weights = direction(1.0)

    def critic(images):
        score = tf.tensordot(images, weights, axes=3)
        return tf.tile(score[:, None, None, None], [1, 2, 2, 1])

    penalty = gradient_penalty(critic, REAL, FAKE, MIX)
    np.testing.assert_allclose(penalty, [9.0] * 3, rtol=1e-5)


def test_every_example_is_mixed_by_its_own_number():
    """`D(x) = |x|^2 / 2` has the slope x, so the norm is that of the mix."""
    penalty = gradient_penalty(
        lambda x: tf.reduce_sum(tf.square(x), (1, 2, 3)) / 2, REAL, FAKE, MIX
    )
    mix = MIX[:, None, None, None]
    mixed = mix * REAL + (1 - mix) * FAKE
    norms = np.sqrt((mixed**2).sum((1, 2, 3)))
    np.testing.assert_allclose(penalty, (norms - 1) ** 2, rtol=1e-5)


def test_a_flat_critic_costs_one_and_gives_no_nan():
    weight = tf.Variable(tf.zeros(SHAPE[1:]))
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(
            lambda x: tf.tensordot(x, weight, axes=3), REAL, FAKE, MIX
        )
    np.testing.assert_allclose(penalty, [1.0] * 3)
    assert np.isfinite(tape.gradient(penalty, weight)).all()


def test_images_get_no_gradient():
    fake = tf.Variable(FAKE)
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(
            lambda x: tf.reduce_sum(x**2, (1, 2, 3)), REAL, fake, MIX
        )
    assert tape.gradient(penalty, fake) is None


@pytest.mark.parametrize("padding", ["zero", "reflect"])
def test_weights_get_the_second_order_gradient(padding):
    """Against finite differences through both orders of the network."""
    network = AttributeDiscriminator(
        attributes=2,
        filters=4,
        strided_layers=2,
        padding_mode=padding,
        kernel_initializer={
            "class_name": "RandomNormal",
            "config": {"stddev": 0.3},
        },
    )
    network.build((None, *SHAPE[1:]))
    kernel = network.convolutions[0].kernel

    def loss():
        return tf.reduce_sum(
            gradient_penalty(lambda x: network(x).scores, REAL, FAKE, MIX)
        )

    with tf.GradientTape() as tape:
        value = loss()
    gradient = tape.gradient(value, [kernel])[0].numpy()
    start = kernel.numpy()
    for place in [(0, 0, 0, 0), (2, 1, 1, 3), (3, 3, 2, 1)]:
        values = []
        for step in (1e-3, -1e-3):
            moved = start.copy()
            moved[place] += step
            kernel.assign(moved)
            values.append(float(loss()))
        kernel.assign(start)
        slope = (values[0] - values[1]) / 2e-3
        np.testing.assert_allclose(gradient[place], slope, rtol=0.05, atol=2e-3)
    assert np.abs(gradient).max() > 0.01
