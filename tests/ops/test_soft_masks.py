"""The range of soft masks, and their way between sizes."""

import numpy as np
import tensorflow as tf

from tfmask.ops.soft_masks import min_max, upsampled

MAPS = np.float32([[[[1, 0], [3, 0]], [[5, 0], [2, 0]]]])


def test_min_max_is_of_each_map():
    other = np.float32([[[[-7, 4], [-9, 8]], [[-8, 6], [-9, 4]]]])
    scaled = min_max(np.concatenate([MAPS, other]))
    expected = [
        [[[0, 0], [0.5, 0]], [[1, 0], [0.25, 0]]],
        [[[1, 0], [0, 1]], [[0.5, 0.5], [0, 0]]],
    ]
    np.testing.assert_allclose(scaled, expected, rtol=1e-6)


def test_scale_and_tiny_values_change_nothing():
    for scale in (1e-12, 1.0, 1e12):
        np.testing.assert_allclose(
            min_max(scale * MAPS), min_max(MAPS), rtol=1e-5
        )
    assert not min_max(np.full((1, 2, 2, 1), 3.0, "float32")).numpy().any()


def test_masks_grow_and_shrink_without_antialiasing():
    mask = np.float32([0, 1, 0, 1]).reshape(1, 1, 4, 1)
    grown = upsampled(mask[:, :, 1:3], tf.zeros((1, 1, 4, 3)))
    np.testing.assert_allclose(grown[0, 0, :, 0], [1, 0.75, 0.25, 0])
    half = upsampled(mask, tf.zeros((1, 1, 2, 3)))
    np.testing.assert_allclose(half[0, 0, :, 0], [0.5, 0.5])
