"""One geometric transform for an image and its masks."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines import augment

SEED = tf.constant([5, 0], tf.int64)


def numbered(height, width):
    """An example whose every pixel says where it came from."""
    ramp = np.arange(height * width, dtype=np.float32)
    ramp = ramp.reshape(height, width, 1)
    return {
        "image": tf.constant(np.repeat(ramp, 3, -1)),
        "region": tf.constant(ramp),
        "instances": tf.constant(np.stack([ramp, ramp])),
    }


@pytest.mark.parametrize("seed", range(8))
def test_masks_move_with_the_image(seed):
    seed = tf.constant([seed, 1], tf.int64)
    output = augment.crop_and_flip(numbered(7, 9), (4, 5), seed=seed)
    image = output["image"].numpy()
    assert image.shape == (4, 5, 3)
    np.testing.assert_array_equal(output["region"], image[..., :1])
    assert output["instances"].shape == (2, 4, 5, 1)
    for instance in output["instances"].numpy():
        np.testing.assert_array_equal(instance, image[..., :1])


def test_the_window_is_one_piece_of_the_image():
    output = augment.crop_and_flip(numbered(6, 8), (3, 4), seed=SEED)
    image = output["image"].numpy()[..., 0]
    step = image[0, 1] - image[0, 0]
    assert abs(step) == 1  # -1: mirrored
    np.testing.assert_array_equal(np.diff(image, axis=1), step)
    np.testing.assert_array_equal(np.diff(image, axis=0), 8)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("flip", [True, False])
def test_the_window_says_where_it_was_cut(seed, flip):
    example = numbered(7, 9)
    output = augment.crop_and_flip(
        example, (4, 5), seed=tf.constant([seed, 1], tf.int64), flip=flip
    )
    top, left, mirrored = output["window"].numpy()
    cut = example["image"][top : top + 4, left : left + 5]
    cut = cut[:, ::-1] if mirrored else cut
    np.testing.assert_array_equal(output["image"], cut)
    assert flip or not mirrored


def test_every_window_and_both_flips_occur():
    example = {"image": numbered(5, 4)["image"]}
    cut = tf.function(
        lambda n: augment.crop_and_flip(example, (4, 3), seed=tf.stack([7, n]))[
            "image"
        ]
    )
    corners = [int(cut(tf.constant(n, tf.int64))[0, 0, 0]) for n in range(200)]
    # Two rows, two columns; a mirrored window starts two pixels further.
    values, counts = np.unique(corners, return_counts=True)
    assert list(values) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert counts.min() >= 10  # 25 expected, three standard deviations
    mirrored = np.isin(corners, (2, 3, 6, 7)).mean()
    assert abs(mirrored - 0.5) < 0.11


def test_without_crop_and_flip_nothing_moves():
    example = numbered(4, 4)
    output = augment.crop_and_flip(example, (4, 4), seed=SEED, flip=False)
    np.testing.assert_array_equal(output["image"], example["image"])
    assert list(output["window"].numpy()) == [0, 0, 0]


def test_the_crop_does_not_change_the_flips():
    flips = []
    for number in range(6):
        seed = tf.constant([1, number], tf.int64)
        cropped, whole = (
            augment.crop_and_flip(example, (4, 4), seed=seed)["window"].numpy()
            for example in (numbered(7, 9), numbered(4, 4))
        )
        assert cropped[2] == whole[2]
        assert not whole[:2].any()
        flips.append(whole[2])
    assert set(flips) == {0, 1}


def test_the_draws_are_those_of_the_public_function():
    """The raw operation is faster; a run's crops must not change with it."""
    for number in range(20):
        seed = tf.constant([12345678901, number], tf.int64)
        output = augment.crop_and_flip(numbered(7, 9), (4, 5), seed=seed)
        down, right, mirror = tf.random.stateless_uniform(
            [3], seed, alg="philox"
        ).numpy()
        expected = [int(down * 4), int(right * 5), int(mirror < 0.5)]
        assert list(output["window"].numpy()) == expected


def test_resized_masks_stay_binary_and_images_smooth():
    mask = np.zeros((8, 8, 1), np.float32)
    mask[:, :3] = 1.0
    image = np.repeat(mask * 255, 3, -1).astype(np.uint8)
    output = augment.resize(
        {"image": tf.constant(image), "region": tf.constant(mask)}, (4, 4)
    )
    # Half-pixel centres: output 0, 1, ... takes column 1, 3, ...
    np.testing.assert_array_equal(
        output["region"][0, :, 0], [1.0, 0.0, 0.0, 0.0]
    )
    # Antialiasing: output 1 weighs columns 1 to 4 by 1, 3, 3, 1 eighths.
    np.testing.assert_allclose(output["image"][0, 1], [127.5] * 3, atol=1e-3)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(7, 9), (40, 31)])
def test_images_are_resized_as_by_pillow(interpolation, size):
    pixels = np.random.default_rng(0).uniform(60, 190, (16, 23, 3))
    pixels = pixels.astype(np.float32)
    got = augment.resize({"image": pixels}, size, interpolation=interpolation)
    method = Image.Resampling[interpolation.upper()]
    for channel in range(3):
        expected = Image.fromarray(pixels[..., channel]).resize(
            size[::-1], method
        )
        # Weights of 23 columns in float32, on values up to 255.
        np.testing.assert_allclose(
            got["image"][..., channel], expected, atol=1e-3
        )


def test_without_antialiasing_only_the_nearest_pixels_count():
    row = np.array([10.0, 20, 40, 80, 160, 0, 0, 0], np.float32)
    image = np.tile(row[None, :, None], (8, 1, 3))
    got = augment.resize({"image": image}, (2, 2), antialias=False)
    # Half-pixel centres: between columns 1 and 2, and 5 and 6.
    np.testing.assert_allclose(got["image"][0, :, 0], [30, 0], atol=1e-4)


def test_bicubic_stays_in_range():
    image = np.zeros((4, 4, 3), np.float32)
    image[:, 2:] = 255.0
    got = augment.resize({"image": image}, (9, 9), interpolation="bicubic")
    assert float(tf.reduce_min(got["image"])) == 0.0
    assert float(tf.reduce_max(got["image"])) == 255.0


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", [(7, 9), (40, 31), (16, 23)])
def test_bytes_are_the_rounded_values(interpolation, antialias, size):
    rng = np.random.default_rng(0)
    example = {
        "image": tf.constant(rng.integers(0, 256, (16, 23, 3), np.uint8)),
        "region": tf.constant(rng.integers(0, 2, (16, 23, 1), np.uint8)),
    }
    options = {"interpolation": interpolation, "antialias": antialias}
    exact = augment.resize(example, size, **options)
    got = augment.resize(example, size, in_bytes=True, **options)
    assert {array.dtype for array in got.values()} == {tf.uint8}
    apart = np.abs(tf.cast(got["image"], tf.float32) - exact["image"])
    assert apart.max() <= 0.5
    np.testing.assert_array_equal(got["region"], exact["region"])


def test_range_of_normalised_images():
    image = tf.constant([[[0.0, 127.5, 255.0]]])
    output = augment.normalise({"image": image})
    np.testing.assert_allclose(output["image"], [[[-1.0, 0.0, 1.0]]])


def test_bytes_are_normalised_as_floats_are():
    levels = tf.range(256)[:, None]
    batch = {
        "image": tf.cast(levels, tf.uint8),
        "region": tf.cast(levels % 2, tf.uint8),
        "index": levels,
    }
    got = augment.normalise(batch)
    exact = augment.normalise({"image": tf.cast(levels, tf.float32)})
    # One rounding in float32 more or less.
    np.testing.assert_allclose(got["image"], exact["image"], atol=1.2e-7)
    assert (got["image"].numpy().min(), got["image"].numpy().max()) == (-1, 1)
    assert got["region"].dtype == tf.float32
    np.testing.assert_array_equal(got["region"], levels % 2)
    assert got["index"] is levels
