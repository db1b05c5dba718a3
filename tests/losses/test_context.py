"""The context loss: where it looks, what it costs, where gradients go."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import background_weight, context

RNG = np.random.default_rng(0)
IMAGE, OTHER = RNG.uniform(-1, 1, (2, 1, 4, 4, 3)).astype("float32")
EMPTY = np.full((1, 2, 4, 4, 1), -1.0, np.float32)


def halves(*slots):
    """Masks of two slots; these hold the upper half of the image."""
    masks = EMPTY.copy()
    for slot in slots:
        masks[:, slot, :2] = 1.0
    return masks


def cost(masks, translated, other=OTHER, **options):
    weight = background_weight(masks, translated, **options)
    return context(IMAGE, other, weight).numpy().item()


def test_without_instances_it_is_the_l1_loss():
    expected = np.abs(IMAGE - OTHER).mean()
    assert cost(EMPTY, EMPTY) == pytest.approx(expected, rel=1e-6)


def test_covered_pixels_cost_nothing_but_are_counted():
    expected = np.abs(IMAGE - OTHER)[:, 2:].sum() / IMAGE.size
    assert cost(halves(0), EMPTY) == pytest.approx(expected, rel=1e-6)
    assert cost(EMPTY, halves(0)) == pytest.approx(expected, rel=1e-6)
    assert cost(-EMPTY, EMPTY) == 0.0


def test_changes_inside_of_the_masks_are_free():
    other = IMAGE.copy()
    other[:, :2] += 0.5
    assert cost(halves(0), EMPTY, other) == 0.0


def test_a_pixel_of_the_background_before_and_after_counts_alone():
    lower = -halves(0)[:, :1]
    assert cost(halves(0)[:, :1], lower) == 0.0


@pytest.mark.parametrize("binary", [False, True])
def test_overlapping_instances_weigh_as_one(binary):
    once = background_weight(halves(0), EMPTY, binary=binary)
    twice = background_weight(halves(0, 1), halves(1), binary=binary)
    np.testing.assert_array_equal(once, twice)
    assert set(np.unique(once)) == {0.0, 1.0}


def test_soft_and_binary_weights_of_a_translated_mask():
    translated_mask = np.array([-0.5, 0.0, 0.5], np.float32).reshape(
        1, 1, 1, 3, 1
    )
    nothing = np.full_like(translated_mask, -1.0)
    soft = background_weight(nothing, translated_mask).numpy().ravel()
    np.testing.assert_allclose(soft, [0.75, 0.5, 0.25])
    binary = (
        background_weight(nothing, translated_mask, binary=True).numpy().ravel()
    )
    assert binary.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("binary", [False, True])
def test_masks_grow_where_the_image_changed_if_they_are_soft(binary):
    translated_masks = tf.Variable(RNG.uniform(-0.9, 0.9, (1, 1, 4, 4, 1)))
    masks = np.full(translated_masks.shape, -1.0)
    with tf.GradientTape() as tape:
        weight = background_weight(masks, translated_masks, binary=binary)
        loss = tf.reduce_sum(context(IMAGE, OTHER, weight))
    gradient = tape.gradient(loss, translated_masks)
    if binary:
        assert gradient is None
    else:  # each mask weighs half of the change of its pixel
        change = np.abs(IMAGE - OTHER).sum(-1, keepdims=True)[:, None]
        np.testing.assert_allclose(
            gradient, -change / 2 / IMAGE.size, rtol=1e-5
        )


def test_half_precision_does_not_saturate():
    image = tf.fill((1, 256, 256, 3), tf.constant(-1.0, tf.float16))
    everywhere = tf.ones((1, 256, 256, 1), tf.float16)
    loss = context(image, -image, everywhere)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, [2.0], rtol=1e-5)
