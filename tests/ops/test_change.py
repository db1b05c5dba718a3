"""The change map: what it shows of a change, by hand."""

import numpy as np

from tfmask.ops.change import SMALLEST_CHANGE, change_map


def pair(*changes):
    """Images of one row, and the same with these changes in all channels."""
    before = np.full((1, 1, len(changes), 3), 0.25, np.float32)
    after = before + np.reshape(changes, (1, 1, -1, 1)).astype(np.float32)
    return before, after


def test_the_largest_change_is_one_whatever_its_sign():
    change = change_map(*pair(0.4, -0.2, 0.0))
    np.testing.assert_allclose(change.numpy().ravel(), [1, 0.5, 0], atol=1e-6)


def test_channels_are_averaged():
    before = np.zeros((1, 1, 2, 3), np.float32)
    after = before.copy()
    after[0, 0, 0] = 0.6
    after[0, 0, 1, 0] = 0.6  # one channel of three
    np.testing.assert_allclose(
        change_map(before, after).numpy().ravel(), [1, 1 / 3], atol=1e-6
    )


def test_an_unchanged_image_has_an_empty_mask():
    before, _ = pair(0.0, 0.0)
    np.testing.assert_array_equal(change_map(before, before), 0.0)


def test_changes_below_one_level_are_not_blown_up():
    change = change_map(*pair(SMALLEST_CHANGE / 4, 0.0))
    np.testing.assert_allclose(change.numpy().ravel(), [0.25, 0], atol=1e-4)


def test_every_image_has_its_own_scale():
    first, second = pair(0.5, 0.25), pair(0.1, 0.05)
    both = [
        np.concatenate(images) for images in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(
        change_map(*both)[..., 0], [[[1, 0.5]], [[1, 0.5]]], atol=1e-5
    )
