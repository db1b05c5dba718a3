"""How photographs are read; how images and masks are cropped."""

import numpy as np
from PIL import Image

from data_pipelines.prepare import pixels


def save(path, values):
    Image.fromarray(values).save(path)
    return path


def test_photographs_become_8_bit_rgb(tmp_path):
    deep = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    grey = np.asarray(pixels.read_rgb(save(tmp_path / "deep.png", deep)))
    np.testing.assert_array_equal(grey[..., 1], deep >> 8)
    clear = np.full((9, 9, 4), 7, np.uint8)
    assert pixels.read_rgb(save(tmp_path / "a.png", clear)).mode == "RGB"


def test_image_and_masks_are_cropped_alike():
    values = np.zeros((30, 50), np.uint8)
    values[5:20, 20:40] = 200
    image = Image.fromarray(values)
    cropped = np.asarray(pixels.crop_image(image, (12, 12)), int)
    mask = pixels.crop_map(values, (12, 12))
    # 30 x 50 becomes 12 x 20, of which columns 4 to 15 stay.
    expected = np.asarray(image.resize((20, 12), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(mask, expected[:, 4:16])
    expected = np.asarray(image.resize((20, 12), Image.Resampling.BICUBIC), int)
    assert np.abs(cropped - expected[:, 4:16]).max() <= 1
    assert np.abs((cropped > 100).astype(int) - (mask > 0)).mean() < 0.02
    assert pixels.crop_map(values, (8, 40)).shape == (8, 40)
    assert pixels.crop_image(image, (8, 40)).size == (40, 8)
    assert pixels.crop_map(values, None) is values
