"""Cross-entropy and Dice of masks, from their formulas in NumPy."""

import keras
import numpy as np
import tensorflow as tf

from tfmask.losses import dice, mask_cross_entropy, mask_indecision

RNG = np.random.default_rng(0)
MASK = RNG.uniform(0.01, 0.99, (3, 5, 7, 1))
REGION = (RNG.uniform(size=MASK.shape) > 0.6).astype(float)
PIXELS = (1, 2, 3)


def test_cross_entropy_is_keras_binary_one():
    expected = keras.losses.binary_crossentropy(
        tf.constant(REGION), tf.constant(MASK)
    )
    expected = np.mean(expected, axis=(1, 2))
    got = mask_cross_entropy(tf.constant(MASK), REGION)
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    formula = REGION * np.log(MASK) + (1 - REGION) * np.log(1 - MASK)
    np.testing.assert_allclose(got, -formula.mean(PIXELS), rtol=1e-12)


def test_cross_entropy_is_finite_at_both_ends():
    ends = np.array([0.0, 1.0], "float32").reshape(2, 1, 1, 1)
    loss = mask_cross_entropy(ends, 1 - ends).numpy()
    np.testing.assert_allclose(loss, -np.log(1e-6), rtol=1e-2)


def test_dice_is_its_formula_and_0_for_equal_masks():
    both, total = (MASK * REGION).sum(PIXELS), (MASK + REGION).sum(PIXELS)
    got = dice(tf.constant(MASK), REGION)
    np.testing.assert_allclose(got, 1 - (2 * both + 1) / (total + 1))
    np.testing.assert_allclose(dice(REGION, REGION), 0, atol=1e-6)
    nothing = np.zeros_like(REGION)
    np.testing.assert_allclose(dice(nothing, nothing), 0, atol=1e-6)


def test_both_pull_a_mask_to_its_region():
    mask = tf.Variable(np.full(REGION.shape, 0.5))
    for loss in (dice, mask_cross_entropy):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss(mask, REGION))
        slope = tape.gradient(value, mask).numpy()
        assert (slope[REGION > 0] < 0).all()
        assert (slope[REGION == 0] > 0).all()


def test_indecision_is_its_formula():
    got = mask_indecision(tf.constant(MASK))
    np.testing.assert_allclose(got, (MASK * (1 - MASK)).mean(PIXELS))
    assert mask_indecision(REGION).numpy().max() == 0
