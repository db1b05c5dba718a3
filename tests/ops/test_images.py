"""Ranges and padding of images in TensorFlow, and their NumPy twins."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.ops import arrays, images

LEVELS = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


@pytest.mark.parametrize(
    ("to_float", "to_uint8"),
    [
        (images.to_float, images.to_uint8),
        (arrays.to_float, arrays.image_to_uint8),
    ],
)
def test_every_level_survives_a_round_trip(to_float, to_uint8):
    values = np.asarray(to_float(LEVELS))
    assert values.dtype == np.float32
    assert values.min() == -1.0 and values.max() == 1.0
    np.testing.assert_array_equal(to_uint8(values), LEVELS)


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (-7.0, 0),
        (7.0, 255),
        (0.0, 128),
        (0.49 / 127.5 - 1, 0),
        (0.51 / 127.5 - 1, 1),
    ],
)
def test_images_are_clipped_and_rounded(value, level):
    assert int(images.to_uint8([value])[0]) == level
    assert int(arrays.image_to_uint8([value])[0]) == level


@pytest.mark.parametrize(
    ("value", "level"), [(-0.5, 0), (1.5, 255), (0.1, 26), (0.501, 128)]
)
def test_masks_are_clipped_and_rounded(value, level):
    assert int(images.mask_to_uint8([value])[0]) == level
    assert int(arrays.mask_to_uint8([value])[0]) == level


def test_numpy_and_tensorflow_agree_on_random_values():
    values = np.random.default_rng(0).uniform(-1.2, 1.2, 5000)
    values = values.astype(np.float32)
    np.testing.assert_array_equal(
        images.to_uint8(values), arrays.image_to_uint8(values)
    )
    np.testing.assert_array_equal(
        images.mask_to_uint8(values), arrays.mask_to_uint8(values)
    )


@pytest.mark.parametrize(
    ("height", "width", "padded"),
    [(8, 8, (8, 8)), (9, 12, (12, 12)), (11, 10, (12, 12)), (8, 13, (8, 16))],
)
def test_padding_reaches_the_next_multiple_by_reflection(height, width, padded):
    source = np.random.default_rng(1).random((2, height, width, 3))
    output = images.pad_to_multiple(tf.constant(source), 4).numpy()
    assert output.shape == (2, *padded, 3)
    rows = np.pad(np.arange(height), (0, padded[0] - height), "reflect")
    columns = np.pad(np.arange(width), (0, padded[1] - width), "reflect")
    np.testing.assert_array_equal(output, source[:, rows][:, :, columns])


@pytest.mark.parametrize("size", [(5, 9), (16, 16), (40, 11), (1, 33)])
def test_resizing_gives_the_values_of_tensorflows(size):
    random = np.random.default_rng(0)
    pixels = random.uniform(-1, 1, (2, 16, 12, 3)).astype("float32")
    np.testing.assert_allclose(
        images.resize_images(pixels, size),
        tf.image.resize(pixels, size, antialias=True),
        atol=1e-6,  # weighted means of numbers up to 1, in another order
    )
