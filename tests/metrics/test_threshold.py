"""Otsu's threshold, against the formula written out in loops."""

import warnings

import numpy as np
import pytest

from tfmask.metrics import mask_histogram, otsu_threshold


def variances(histogram):
    """Between-class variance of each of the 255 cuts, in float64 loops."""
    counts = [float(count) for count in histogram]
    total, between = sum(counts), []
    for cut in range(255):
        parts = (range(cut + 1), range(cut + 1, 256))
        weights = [sum(counts[k] for k in part) / total for part in parts]
        if 0.0 in weights:
            between.append(0.0)
            continue
        low, high = (
            sum(counts[k] * k / 255 for k in part) / total / weight
            for part, weight in zip(parts, weights, strict=True)
        )
        between.append(weights[0] * weights[1] * (low - high) ** 2)
    return np.array(between)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_largest_variance_between_the_classes(seed):
    rng = np.random.default_rng(seed)
    histogram = rng.integers(0, 1000, 256) * (rng.random(256) < 0.7)
    between = variances(histogram)
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    expected = (best[0] + best[-1] + 1) / 2 / 255
    np.testing.assert_allclose(otsu_threshold(histogram), expected, atol=1e-12)


def test_it_lies_in_the_middle_of_a_gap():
    histogram = np.zeros(256, np.int64)
    histogram[[10, 60]] = 5, 7
    assert otsu_threshold(histogram) == pytest.approx(35 / 255)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0, None])
def test_masks_of_one_value_or_none_are_cut_at_a_half(value):
    masks = np.zeros(0) if value is None else np.full([2, 4, 4, 1], value)
    histogram = mask_histogram(masks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert otsu_threshold(histogram) == 0.5


def test_the_histogram_counts_the_levels_of_8_bits():
    levels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1))
    histogram = mask_histogram((levels / 255).astype(np.float32))
    assert (
        histogram.tolist() == np.histogram(levels, np.arange(257))[0].tolist()
    )
