"""Which images differ from each other."""

import numpy as np
from PIL import Image

from data_pipelines.prepare.varied import (
    NEAR,
    spread,
    thumbnail,
    without_repeats,
)

NONE = np.zeros((0, 1))


def line(*places):
    return np.array(places, float)[:, None]


def test_a_thumbnail_is_the_mean_of_squares(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    squares = pixels.reshape(8, 2, 8, 4, 3).mean((1, 3))
    # Pillow rounds twice, after columns and after rows.
    np.testing.assert_allclose(
        thumbnail(tmp_path / "x.png"), squares.ravel() / 255, atol=1.01 / 255
    )


def test_each_image_is_the_farthest_from_those_before():
    # The mean is 4.2; then 10, 0, and 7 and 2 are 3 and 2 away.
    images = line(0, 4, 10, 2, 7, 2.2)
    assert spread(images, NONE, 6) == [1, 2, 0, 4, 3, 5]
    assert spread(images, NONE, 3) == [1, 2, 0]
    assert spread(images, line(9), 2) == [0, 1]
    assert spread(images[:0], NONE, 3) == []


def test_equal_images_are_each_taken_once():
    assert sorted(spread(line(1, 1, 1), NONE, 9)) == [0, 1, 2]


def test_of_nearly_equal_images_one_is_taken_first():
    images = line(0, NEAR / 2, 1, 2, 3)
    values = np.array([0.8, 0.9, 0.1, 0.7, 0.6])
    assert without_repeats(values, images, NONE, 9) == [1, 3, 4, 2, 0]
    assert without_repeats(values, images, line(2), 3) == [1, 4, 2]
    assert without_repeats(values[:0], images[:0], NONE, 3) == []
