"""Adversarial losses: by hand, optimum, gradients, half precision."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import (
    lsgan_discriminator,
    lsgan_generator,
    vanilla_discriminator,
    vanilla_generator,
)

SCORES = np.array([[0.0, 2.0], [1.0, 4.0]], np.float32).reshape(2, 1, 2, 1)


def test_generator_by_hand():
    loss = lsgan_generator(SCORES)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, [1.0, 4.5])  # (1 + 1) / 2, (0 + 9) / 2


def test_discriminator_by_hand():
    loss = lsgan_discriminator(SCORES, 2 * SCORES)
    # 0.5 * (1 + (0 + 16) / 2), 0.5 * (4.5 + (4 + 64) / 2)
    np.testing.assert_allclose(loss, [4.5, 19.25])


def test_optimum_is_zero():
    ones, zeros = tf.ones((3, 2, 2, 1)), tf.zeros((3, 2, 2, 1))
    np.testing.assert_array_equal(lsgan_generator(ones), np.zeros(3))
    np.testing.assert_array_equal(lsgan_discriminator(ones, zeros), np.zeros(3))


def test_constant_half_costs_a_quarter():
    half = tf.fill((1, 30, 30, 1), 0.5)
    np.testing.assert_allclose(lsgan_generator(half), [0.25])
    np.testing.assert_allclose(lsgan_discriminator(half, half), [0.25])


def test_gradients_pull_real_and_fake_apart():
    real, fake = (tf.Variable([[0.5]]) for _ in range(2))
    with tf.GradientTape(persistent=True) as tape:
        judged = lsgan_discriminator(real, fake)
        generator_loss = lsgan_generator(fake)
    np.testing.assert_allclose(tape.gradient(judged, real), [[-0.5]])
    np.testing.assert_allclose(tape.gradient(judged, fake), [[0.5]])
    np.testing.assert_allclose(tape.gradient(generator_loss, fake), [[-1.0]])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_neither_overflows_nor_stalls(dtype):
    """299 squared is above float16's range; 256 * 256 terms saturate it."""
    scores = tf.fill((1, 256, 256, 1), tf.constant(300.0, dtype))
    exact = float(scores[0, 0, 0, 0])
    np.testing.assert_allclose(
        lsgan_generator(scores), [(exact - 1) ** 2], rtol=1e-5
    )
    np.testing.assert_allclose(
        lsgan_discriminator(scores, scores),
        [0.5 * ((exact - 1) ** 2 + exact**2)],
        rtol=1e-5,
    )


def test_cross_entropies_are_those_of_the_sigmoid():
    def sigmoid(logits):
        return 1.0 / (1.0 + np.exp(-logits))

    fake = -np.log(sigmoid(SCORES)).mean((1, 2, 3))
    np.testing.assert_allclose(vanilla_generator(SCORES), fake, rtol=1e-5)
    other = 0.5 - SCORES
    judged = 0.5 * (fake - np.log(1.0 - sigmoid(other)).mean((1, 2, 3)))
    loss = vanilla_discriminator(SCORES, other)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, judged, rtol=1e-5)


def test_logits_of_zero_cost_the_logarithm_of_two():
    zeros = tf.zeros((2, 3, 3, 1))
    half = [np.log(2.0)] * 2
    np.testing.assert_allclose(vanilla_generator(zeros), half, rtol=1e-6)
    np.testing.assert_allclose(
        vanilla_discriminator(zeros, zeros), half, rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_large_logits_stay_finite_and_keep_a_gradient(dtype):
    logits = tf.Variable(tf.fill((1, 2, 2, 1), tf.constant(-300.0, dtype)))
    with tf.GradientTape() as tape:
        loss = vanilla_generator(logits)
    np.testing.assert_allclose(loss, [300.0], rtol=1e-3)
    # A quarter of the mean for each of four scores.
    np.testing.assert_allclose(tape.gradient(loss, logits), -0.25, rtol=1e-3)
    np.testing.assert_allclose(vanilla_discriminator(-logits, logits), [0.0])
