"""Pictures, masks and label maps of every kind of file."""

import io

import numpy as np
import pytest
from picture_files import (
    BLACK,
    COLOURS,
    FULL,
    IMAGES,
    INNER,
    MASKS,
    RED,
    SHADES,
    UNCLEAR,
    WHITE,
    deep_rows,
    encoded,
    four_bits,
    layers,
    levels,
    palette,
    png,
    seen,
)
from PIL import Image, ImageOps

from serving.commands import pictures
from serving.commands.mask_values import INSIDE, mask_problem
from serving.commands.picture_headers import is_plain_image, orientation
from serving.commands.pictures import PictureError


@pytest.mark.parametrize("kind", MASKS)
def test_masks_that_are_plain(kind):
    mask = pictures.read_mask(MASKS[kind])
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask >= INSIDE, INNER)


@pytest.mark.parametrize("kind", UNCLEAR)
@pytest.mark.parametrize("soft", [False, True])
def test_masks_that_could_mean_both(kind, soft):
    content, text = UNCLEAR[kind]
    with pytest.raises(PictureError, match=text):
        pictures.read_mask(content, soft=soft)


@pytest.mark.parametrize("value", [0, 255])
def test_a_mask_may_be_empty_or_full(value):
    mask = pictures.read_mask(encoded(levels(value, value)))
    assert mask.min() == mask.max() == value
    assert mask_problem(np.zeros((0, 0, 1), np.uint8)) is None


def test_shades_are_kept_where_they_are_wanted():
    shades = SHADES // 2  # all below INSIDE
    np.testing.assert_array_equal(
        pictures.read_mask(encoded(shades), soft=True), shades
    )
    assert "values from 0 to 107" in mask_problem(shades)


def test_noise_of_jpegs_is_no_second_meaning():
    white = encoded(np.full((9, 12, 3), 250, np.uint8), "JPEG")
    assert pictures.read_mask(white).min() >= INSIDE


@pytest.mark.parametrize("kind", IMAGES)
def test_images(kind):
    image = pictures.read_image(IMAGES[kind])
    assert image.dtype == np.uint8 and image.shape == (9, 12, 3)
    np.testing.assert_array_equal(image, seen(IMAGES[kind]))
    if kind == "bit fields":
        np.testing.assert_array_equal(image, COLOURS)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (encoded(SHADES.astype(np.uint16)), "next to black.* none above 255"),
        (png(16, 2, deep_rows(COLOURS.reshape(9, -1))), "next to black"),
        (encoded(SHADES.astype(np.int32) << 20, "TIFF"), "expected shades"),
        (encoded(SHADES.astype(np.float32), "TIFF"), "has fractions from 0"),
        (b"words", "is not an image"),
    ],
)
def test_images_that_would_be_black_or_are_none(content, text):
    with pytest.raises(PictureError, match=text):
        pictures.read_image(content)


@pytest.mark.parametrize("tag", range(10))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_cameras_on_their_side(kind, tag):
    exif = Image.Exif()
    exif[0x0110] = "a camera"  # an entry before the orientation's
    exif[0x0112] = tag
    content = encoded(COLOURS, kind, exif=exif, **{"quality": 95})
    stored = Image.open(io.BytesIO(content))
    upright = ImageOps.exif_transpose(stored)
    np.testing.assert_array_equal(
        pictures.read_image(content), np.asarray(upright)
    )
    expected = np.asarray(upright).shape[:2]
    assert expected == ((12, 9) if 5 <= tag <= 8 else (9, 12))
    if kind != "WEBP":
        known = tag if 1 <= tag <= 8 else 1
        assert orientation(content) == known
        assert is_plain_image(content) == (known == 1)
    mask = encoded(FULL, kind="PNG", exif=exif)
    assert pictures.read_mask(mask).shape == expected
    assert pictures.read_numbers(mask).shape == expected


NUMBERS = (np.arange(9 * 12).reshape(9, 12) % 16).astype(np.uint8)


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (png(4, 0, four_bits(NUMBERS)), NUMBERS),
        (encoded(NUMBERS), NUMBERS),
        (encoded(NUMBERS.astype(np.uint16)), NUMBERS),
        (encoded(INNER), INNER),
        (palette([WHITE, BLACK, RED], NUMBERS % 3), NUMBERS % 3),
        (palette([BLACK, WHITE]), INNER),
    ],
)
def test_label_maps_are_numbers(content, numbers):
    np.testing.assert_array_equal(pictures.read_numbers(content), numbers)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (palette([WHITE, BLACK]), "number 0 is white and number 1 is black"),
        (encoded(COLOURS), "has 3 channels"),
        (encoded(FULL, "JPEG"), "is a JPEG, which does not keep numbers"),
        (layers(COLOURS, FULL), "has 4 channels"),
        (encoded(SHADES.astype(np.float32), "TIFF"), "one whole number"),
    ],
)
def test_what_is_no_label_map(content, text):
    with pytest.raises(PictureError, match=text):
        pictures.read_numbers(content)
