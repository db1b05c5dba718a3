"""Random changes: each alone, against NumPy; masks move with images."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.ops.augmentation import (
    DRAWS,
    VIEW_DRAWS,
    augmented,
    random_view,
    recoloured,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 24, 3)).astype("float32")
MASK = (RNG.uniform(size=(2, 16, 24, 1)) > 0.5).astype("float32")
# Mirror, angle, scale, across, down, brightness, saturation, contrast.
NOTHING = np.full((2, DRAWS), 0.5, "float32")


def with_draws(base, **places):
    drawn = base.copy()
    for place, value in places.items():
        drawn[:, int(place[1:])] = value
    return drawn


@pytest.mark.both_stacks
def test_draws_in_the_middle_change_nothing():
    image, mask = augmented(IMAGE, MASK, NOTHING)
    np.testing.assert_allclose(image, IMAGE, atol=1e-5)
    np.testing.assert_allclose(mask, MASK, atol=1e-5)


@pytest.mark.both_stacks
def test_mirror_and_shift_move_image_and_mask_alike():
    drawn = with_draws(NOTHING, _0=0.2, _3=0.5 + 2 / 6, _4=0.5 - 1 / 4)
    image, mask = augmented(IMAGE, MASK, drawn)
    # Two pixels to the left of the mirrored image, one down; 6 and 4 are the
    # widths of the ranges.
    for got, whole in ((image, IMAGE), (mask, MASK)):
        mirrored = whole[:, :, ::-1]
        moved = np.roll(mirrored, (1, 2), (1, 2))
        np.testing.assert_allclose(got[:, 1:, 2:], moved[:, 1:, 2:], atol=1e-4)


def test_turn_and_scale_keep_the_centre_and_the_area():
    down, across = np.mgrid[:65, :65] - 32
    disc = (down**2 + (across - 10) ** 2 < 36).astype("float32")
    mask = disc[None, ..., None]
    image = np.zeros((1, 65, 65, 3), "float32")
    drawn = with_draws(NOTHING[:1], _1=1.0, _2=1.0)  # 10 degrees, 1.25
    _, moved = augmented(image, mask, drawn)
    moved = moved.numpy()[0, ..., 0]
    assert moved.sum() == pytest.approx(disc.sum() * 1.25**2, rel=0.03)
    centre = [np.sum(axis * moved) / moved.sum() for axis in (down, across)]
    angle = np.deg2rad(10)
    assert np.hypot(*centre) == pytest.approx(12.5, abs=0.1)
    assert abs(centre[0]) == pytest.approx(12.5 * np.sin(angle), abs=0.1)


def test_colours_follow_their_formula():
    factors = [np.array([[[[0.1]]], [[[0.0]]]]), np.full((2, 1, 1, 1), 0.5)]
    got = recoloured(IMAGE, *factors, np.full((2, 1, 1, 1), 2.0))
    image = IMAGE.astype(float) + factors[0]
    grey = image.mean(-1, keepdims=True)
    image = grey + (image - grey) * 0.5
    mean = image.mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(got, mean + (image - mean) * 2, atol=1e-5)


def test_a_mask_of_an_augmented_image_stays_in_its_range():
    drawn = RNG.uniform(size=(2, DRAWS)).astype("float32")
    image, mask = augmented(IMAGE, MASK, drawn)
    assert image.shape == IMAGE.shape and mask.shape == MASK.shape
    assert np.min(image) >= -1 and np.max(image) <= 1
    assert np.min(mask) >= 0 and np.max(mask) <= 1


# Brightness, saturation, contrast, shift down, across, cutout's corner.
UNSEEN = np.full((2, VIEW_DRAWS), 0.5, "float32")


@pytest.mark.both_stacks
def test_translation_brings_zeros_in():
    drawn = with_draws(UNSEEN, _3=1.0, _4=0.0)  # 2 rows, -3 columns
    got = random_view(tf.constant(IMAGE), ("translation",), drawn).numpy()
    expected = np.zeros_like(IMAGE)
    expected[:, :-2, 3:] = IMAGE[:, 2:, :-3]
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.both_stacks
def test_cutout_is_a_square_of_half_a_side():
    drawn = with_draws(UNSEEN, _5=0.5, _6=0.5)  # from a quarter on
    got = random_view(tf.constant(IMAGE), ("cutout",), drawn).numpy()
    expected = IMAGE.copy()
    expected[:, 4:12, 6:18] = 0
    np.testing.assert_array_equal(got, expected)


def test_views_that_are_not_asked_for_change_nothing():
    drawn = RNG.uniform(size=(2, VIEW_DRAWS)).astype("float32")
    got = random_view(tf.constant(IMAGE), (), drawn)
    np.testing.assert_array_equal(got, IMAGE)


def test_gradients_pass_through_every_view():
    drawn = RNG.uniform(size=(2, VIEW_DRAWS)).astype("float32")
    image = tf.Variable(IMAGE)
    with tf.GradientTape() as tape:
        seen = random_view(image, ("translation", "cutout", "colour"), drawn)
        loss = tf.reduce_sum(seen * RNG.normal(size=IMAGE.shape))
    assert np.mean(np.abs(tape.gradient(loss, image)) > 0) > 0.3
