"""Where pictures are cut, and that what is joined is what was cut."""

import numpy as np
import pytest

from serving.commands.tiles import ALIGNED, Canvas, Tiling, tiling_of

LENGTHS = (1, 63, 64, 65, 97, 500, 513, 1024, 3000, 4000)


@pytest.mark.parametrize(
    "tiling",
    [Tiling(64), Tiling(64, 0), Tiling(64, 32), Tiling(500, 100), Tiling(512)],
)
def test_windows_cover_overlap_and_weigh_one(tiling):
    for length in LENGTHS:
        windows = tiling.windows(length, 40)
        total = np.zeros(length)
        for window, after in zip(windows, [*windows[1:], None], strict=True):
            rows, weights = window.rows, window.weights[0]
            assert rows.start % ALIGNED == 0
            assert len(weights) == rows.stop - rows.start <= tiling.side
            assert len(weights) > min(tiling.side, length) - ALIGNED
            assert after is None or rows.stop - after.rows.start >= (
                tiling.shared
            )
            total[rows] += weights
        assert windows[-1].rows.stop == length
        np.testing.assert_allclose(total, 1.0, atol=1e-6)


@pytest.mark.parametrize("size", [(64, 64), (65, 200), (130, 97), (40, 300)])
def test_what_is_joined_is_what_was_cut(size):
    random, tiling = np.random.default_rng(0), Tiling(64)
    image = random.integers(0, 256, (*size, 3), np.uint8)
    masks = random.integers(0, 256, (2, *size, 1), np.uint8)
    windows = tiling.windows(*size)
    assert (len(windows) > 1) == tiling.cuts(*size)
    canvas = Canvas(*size, len(windows))
    for window in windows:
        assert window.cut(image).shape == (*window.size, 3)
        parts = {"image": window.cut(image), "masks": window.cut(masks)}
        canvas.add(window, parts)
    joined = canvas.results()
    np.testing.assert_array_equal(joined["image"], image)
    np.testing.assert_array_equal(joined["masks"], masks)


def test_one_tile_fades_into_the_next_and_its_rim_counts_nothing():
    first, second = Tiling(96, 32).windows(128, 8)
    assert (first.rows, second.rows) == (slice(0, 96), slice(32, 128))
    first, second = Tiling(96, 64).windows(128, 8)
    canvas = Canvas(128, 8, 2)
    for window, level in ((first, 200), (second, 100)):
        canvas.add(window, {"mask": np.full((96, 8, 1), level, np.uint8)})
    levels = canvas.results()["mask"][:, 0, 0].astype(int)
    assert (levels[: 32 + 16] == 200).all()
    assert (levels[96 - 16 :] == 100).all()
    steps = -np.diff(levels[47:81])
    assert (steps >= 1).all() and (steps <= 4).all()


def test_masks_of_another_picture_are_averaged_at_the_pictures_size():
    windows = Tiling(64, 0).windows(128, 64)
    canvas = Canvas(128, 64, len(windows), {"other"})
    for window, level in zip(windows, (100, 201), strict=True):
        canvas.add(window, {"other": np.full((64, 50, 1), level, np.uint8)})
    other = canvas.results()["other"]
    assert other.shape == (128, 64, 1) and set(other.ravel()) <= {150, 151}


@pytest.mark.parametrize(
    ("tile", "overlap", "text"),
    [
        (63, None, "`tile` must be 64 or more. Got: 63"),
        (64, 33, "from 0 to 32.*Got: 33"),
        (128, -1, "from 0 to 96.*Got: -1"),
        (None, 8, "`overlap` needs `tile`"),
    ],
)
def test_what_cannot_be_cut_is_said(tile, overlap, text):
    with pytest.raises(ValueError, match=text):
        tiling_of(tile, overlap)
