"""GrabCut's snap: a rough mask ends at the edges; failures keep the mask."""

import numpy as np

from tfmask.ops.edges import middle_of_image, snapped_to_edges

DOWN, ACROSS = np.mgrid[:64, :64]
RNG = np.random.default_rng(0)


def disc(row, column, radius):
    return (DOWN - row) ** 2 + (ACROSS - column) ** 2 < radius**2


def picture(inside):
    """A green object on a grey ground, with noise."""
    image = np.where(inside[..., None], (40, 160, 60), (120, 110, 130))
    return (image + RNG.normal(0, 8, image.shape)).clip(0, 255).astype("uint8")


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


def test_a_shifted_blurred_mask_ends_at_the_edges():
    true = disc(30, 34, 14)
    distance = np.hypot(DOWN - 32, ACROSS - 32)
    rough = (1 / (1 + np.exp((distance - 14) / 2.5))).astype("float32")
    assert iou(rough > 0.5, true) < 0.85
    cut = snapped_to_edges(picture(true), rough, 0.5)
    assert cut.dtype == bool
    assert iou(cut, true) > 0.9


def test_weak_masks_are_cut_at_their_own_threshold():
    true = disc(30, 34, 14)
    distance = np.hypot(DOWN - 32, ACROSS - 32)
    rough = 0.3 / (1 + np.exp((distance - 14) / 2.5))
    assert iou(snapped_to_edges(picture(true), rough, 0.15), true) > 0.9


def test_the_same_mask_twice():
    true = disc(20, 40, 9)
    image, rough = picture(true), disc(22, 38, 9).astype("float32")
    first = snapped_to_edges(image, rough)
    np.testing.assert_array_equal(snapped_to_edges(image, rough), first)


def test_a_cut_that_floods_or_loses_the_object_is_not_taken():
    true = disc(32, 32, 28)  # the mask marks a small part of one colour
    rough = np.where(disc(32, 32, 6), 0.6, 0.4) * disc(32, 32, 30)
    rough[disc(32, 32, 3)] = 1.0
    cut = snapped_to_edges(picture(true), rough, 0.5)
    np.testing.assert_array_equal(cut, rough > 0.5)


def test_masks_of_hardly_any_pixels_stay():
    for rough in (np.zeros((64, 64)), np.ones((64, 64)), disc(5, 5, 1.5)):
        cut = snapped_to_edges(picture(disc(30, 30, 9)), rough * 1.0)
        np.testing.assert_array_equal(cut, rough > 0.5)


def test_the_middle_is_an_ellipse():
    soft = middle_of_image((200, 100))
    assert soft.max() <= 1 and soft[100, 50] > 0.99
    # Half axes of .35 of the height and a quarter of the width.
    assert abs((soft > 0.5).mean() - np.pi * 0.25 * 0.35) < 0.01
    assert soft[0, 0] < 0.05
