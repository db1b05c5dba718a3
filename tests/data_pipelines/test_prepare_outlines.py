"""Outlines of COCO files as masks."""

import numpy as np
import pytest

from data_pipelines.prepare import outlines
from tfmask.ops.errors import UserError

# Columns 1 and 2 of 4 x 4, but for the last pixel: 0 x 4, 1 x 7, 0 x 5.
RUNS = [4, 7, 5]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("125ON", [1, 2, 5, 1, 3]),  # the last two as -1 and -2
        ("475", [4, 7, 5]),
        ("d0", [20]),  # 20 = 0b10100: the sign bit needs a second character
        ("00d0`0", [0, 0, 20, 16]),
        ("PP1", [1024]),
        ("", []),
    ],
)
def test_compressed_run_lengths(text, numbers):
    assert outlines.decompress(text) == numbers


def test_runs_go_down_the_columns():
    expected = [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 0]]
    for counts in (RUNS, "475"):
        runs = {"size": [4, 4], "counts": counts}
        mask = outlines.to_mask(runs, (4, 4))
        np.testing.assert_array_equal(mask, np.array(expected, bool))
    runs = {"size": [2, 3], "counts": [1, 2, 3]}
    mask = outlines.to_mask(runs, (2, 3))
    np.testing.assert_array_equal(mask, [[False, True, False], [True, 0, 0]])


@pytest.mark.parametrize(
    ("polygons", "expected"),
    [
        # Only the middles of the pixels count.
        ([[1, 1, 3, 1, 3, 2, 1, 2]], ["....", ".##.", "....", "...."]),
        ([[0.6, 0, 2.4, 0, 2.4, 1, 0.6, 1]], [".#..", "....", "....", "...."]),
        ([[-9, 3, 9, 3, 9, 9, -9, 9]], ["....", "....", "....", "####"]),
        ([[0, 0, 4.3, 0, 0, 4.3]], ["####", "###.", "##..", "#..."]),
        (
            [[0, 0, 1, 0, 1, 1, 0, 1], [3, 3, 4, 3, 4, 4, 3, 4]],
            ["#...", "....", "....", "...#"],
        ),
        ([[7, 7, 8, 7, 8, 8]], ["....", "....", "....", "...."]),
    ],
)
def test_polygons(polygons, expected):
    mask = outlines.to_mask(polygons, (4, 4))
    drawn = ["".join(".#"[pixel] for pixel in row.astype(int)) for row in mask]
    assert drawn == expected


def test_polygons_larger_than_a_megapixel():
    corners = [10, 10, 1110, 10, 1110, 1110, 10, 1110]
    mask = outlines.to_mask([corners], (1120, 1120))
    assert mask[10:1110, 10:1110].all() and mask.sum() == 1100**2


@pytest.mark.parametrize(
    ("outline", "match"),
    [
        ([], "has no outline"),
        (None, "has no outline"),
        ([[0, 0, 1, 1]], "three points"),
        ([[0, 0, 1, 1, 2, 0, 3]], "three points"),
        ([1, 2, 3, 4, 5, 6], "three points"),
        ([[0, 0, 1, "x", 2, 2]], "three points"),
        ({"size": [4, 3], "counts": [12]}, "4 high and 4 wide"),
        ({"size": [4, 4], "counts": [12]}, "do not add up"),
        ({"size": [4, 4], "counts": [17, -1]}, "do not add up"),
        ({"size": [4, 4]}, "do not add up"),
        ({"size": [4, 4], "counts": [7.5, 8.5]}, "whole numbers"),
        ([[1e300, 0, 1, 1, 2, 2]], "coordinate 1e\\+300, farther than"),
        ({"size": [4, 4], "counts": "4 5"}, "the character ' '"),
        ({"size": [4, 4], "counts": "47P"}, "end within"),
    ],
)
def test_outlines_that_are_wrong(outline, match):
    with pytest.raises(UserError, match=match):
        outlines.to_mask(outline, (4, 4))
