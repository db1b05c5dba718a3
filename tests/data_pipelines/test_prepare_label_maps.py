"""Label maps: pixels are numbers, whatever the file calls them."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines.prepare.pixels import read_numbers
from tfmask.ops.errors import UserError


def save(path, values):
    Image.fromarray(values).save(path)
    return path


def test_palette_maps_count_by_number(tmp_path):
    image = Image.new("P", (16, 16))
    image.putpalette([9, 9, 9, 200, 0, 0, 0, 0, 0])
    image.putpixel((4, 3), 2)
    image.save(tmp_path / "x.png")
    values = read_numbers(tmp_path / "x.png")
    assert np.argwhere(values).tolist() == [[3, 4]] and values.max() == 2


@pytest.mark.parametrize(
    ("end", "dtype", "largest"),
    [
        ("png", bool, 1),
        ("png", np.uint8, 255),
        ("png", np.uint16, 65_535),
        ("tif", np.int32, 2**24),
    ],
)
def test_numbers_of_any_width_are_kept(tmp_path, end, dtype, largest):
    numbers = np.zeros((9, 9), dtype)
    numbers[2, 3] = largest
    values = read_numbers(save(tmp_path / f"x.{end}", numbers))
    np.testing.assert_array_equal(values, numbers)
    assert values.dtype.kind in "iu"


def test_colours_are_no_numbers(tmp_path):
    path = save(tmp_path / "x.png", np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(UserError, match="has 3 channels .RGB., expected one"):
        read_numbers(path)
