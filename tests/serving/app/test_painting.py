"""Masks over pictures, as a page paints them."""

import numpy as np
import pytest

from serving.app import painting
from serving.app.painting import COLOURS, OPACITY, SIDE

SIZES = [(64, 64), (24, 100), (300, 200), (768, 500), (1000, 2000)]


def some_picture(size):
    return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)


def stroke(size, rows, columns, colour=COLOURS[0]):
    """A layer with a rectangle, in the picture's pixels."""
    mask = np.zeros(size, np.uint8)
    mask[rows, columns] = 255
    layer = painting.editor(some_picture(size), mask)["layer"].copy()
    layer[layer[..., 3] > 0, :3] = colour
    return layer


@pytest.mark.parametrize("size", SIZES)
def test_an_editor_has_one_size_and_shows_the_picture(size):
    picture = np.full((*size, 3), (200, 30, 90), np.uint8)
    value = painting.editor(picture)
    assert value["background"].shape == (SIDE, SIDE, 3)
    assert value["layer"].shape == (SIDE, SIDE, 4)
    assert not value["layer"][..., 3].any()
    same = (value["background"] == (200, 30, 90)).all(axis=-1)
    rows, columns = same.any(axis=1).sum(), same.any(axis=0).sum()
    # A rectangle and nothing else.
    assert rows * columns == same.sum()
    assert SIDE / 2 < max(rows, columns) <= SIDE
    assert rows / columns == pytest.approx(size[0] / size[1], rel=0.01)


@pytest.mark.parametrize("size", SIZES[:2])
def test_a_mask_of_a_small_picture_comes_back_to_the_pixel(size):
    mask = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    layer = painting.editor(some_picture(size), mask)["layer"]
    np.testing.assert_array_equal(painting.mask_of(layer, size), mask)


@pytest.mark.parametrize("size", SIZES[2:])
def test_a_mask_of_a_large_picture_keeps_its_place(size):
    height, width = size
    mask = np.zeros(size, np.uint8)
    mask[height // 4 : height // 2, width // 2 :] = 255
    layer = painting.editor(some_picture(size), mask)["layer"]
    returned = painting.mask_of(layer, size)
    assert returned.shape == size
    assert ((returned > 127) == (mask > 127)).mean() > 0.99


def test_what_is_painted_is_added_and_what_is_wiped_goes():
    size = (64, 64)
    mask = np.zeros(size, np.uint8)
    mask[:8] = 100
    layer = painting.editor(some_picture(size), mask)["layer"]
    block = SIDE // 64
    layer[30 * block : 40 * block, : 10 * block, 3] = 255
    layer[:block, :, 3] = 0
    returned = painting.mask_of(layer, size)
    assert (returned[30:40, :10] == 255).all() and not returned[0].any()
    assert (returned[1:8] == 100).all()


def test_an_empty_editor_has_no_mask():
    assert painting.mask_of(None, (8, 8)) is None
    assert painting.objects_of(None, (8, 8)).shape == (0, 8, 8, 1)


def test_each_colour_is_an_object():
    size = (32, 48)
    first = stroke(size, slice(2, 10), slice(3, 9), COLOURS[2])
    second = stroke(size, slice(20, 30), slice(20, 40), COLOURS[4])
    layer = np.maximum(first, second)
    layer[second[..., 3] > 0, :3] = COLOURS[4]
    # Compression and blending move colours a little.
    layer[..., :3] = np.clip(layer[..., :3].astype(int) + 7, 0, 255)
    objects = painting.objects_of(layer, size)
    expected = np.zeros((2, *size, 1), np.uint8)
    expected[0, 2:10, 3:9] = expected[1, 20:30, 20:40] = 255
    np.testing.assert_array_equal(objects, expected)


def test_faint_colour_is_no_object():
    size = (32, 32)
    layer = stroke(size, slice(0, 9), slice(0, 9))
    layer[..., 3] //= 3
    assert len(painting.objects_of(layer, size)) == 0


def test_blended_is_one_picture_inside_and_another_outside():
    outside, inside = some_picture((4, 4)), some_picture((4, 4))[::-1]
    mask = np.zeros((4, 4), np.uint8)
    mask[1], mask[2] = 255, 51
    pixels = painting.blended(outside, inside, mask)
    np.testing.assert_array_equal(pixels[[0, 3]], outside[[0, 3]])
    np.testing.assert_array_equal(pixels[1], inside[1])
    mixed = 0.2 * inside[2] + 0.8 * outside[2]
    assert np.abs(pixels[2] - mixed).max() <= 0.5 + 1e-4


def test_objects_are_shown_in_their_colours():
    picture = np.zeros((8, 8, 3), np.uint8)
    masks = np.zeros((2, 8, 8, 1), np.uint8)
    masks[0, 0], masks[1, 5] = 255, 255
    shown = painting.coloured(masks, picture)
    for row, colour in ((0, COLOURS[0]), (5, COLOURS[1])):
        expected = OPACITY * np.array(colour)
        assert np.abs(shown[row] - expected).max() <= 1
    assert not shown[2].any()
