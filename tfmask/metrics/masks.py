"""Scores of a soft mask against a true object region, one an image.

Every function takes `mask` (N, H, W) or (N, H, W, 1) in [0, 1]. `region` has
the same size and the values 0 and 1 (or bool). The result is (N,) float64. The
score of a set is the average over its images (macro). A pool of all pixels
gives other numbers.
"""

import numpy as np

THRESHOLDS = np.arange(100) / 100.0
LEVELS = np.arange(256) / 255.0  # those of 8 bits


def mask_iou(mask, region, *, threshold=0.5):
    """Intersection over union of `mask > threshold` and `region`.

    Args:
        mask: (N, H, W[, 1]) in [0, 1].
        region: (N, H, W[, 1]), 0 or 1.
        threshold: float; a pixel AT the threshold is background.

    Returns:
        (N,) float64 in [0, 1]; 1 if both are empty.

    Raises:
        ValueError: the sizes differ, or a value is out of range.
    """
    return mask_iou_at(mask, region, [threshold])[:, 0]


def mask_iou_at(mask, region, thresholds=THRESHOLDS):
    """`mask_iou` at many thresholds at once.

    Args:
        mask: (N, H, W[, 1]) in [0, 1].
        region: (N, H, W[, 1]), 0 or 1.
        thresholds: (T,) ascending floats.

    Returns:
        (N, T) float64 in [0, 1].
    """
    hits, predicted, true = _counts(mask, region, thresholds)
    union = predicted + true - hits
    return _ratio(hits, union, empty=1.0)


def best_threshold(scores, thresholds=THRESHOLDS):
    """The ONE threshold with the highest mean score over all images.

    The function chooses it on the same images that it scores. So the score is
    an upper bound for a threshold from other images.

    Args:
        scores: (N, T), the result of `mask_iou_at` or `mask_f_beta_at`.
        thresholds: (T,) floats.

    Returns:
        (threshold, mean score), floats. If several thresholds are equally good,
        it is the lowest.
    """
    means = np.mean(scores, axis=0)
    best = int(np.argmax(means))
    return float(thresholds[best]), float(means[best])


def mask_mae(mask, region):
    """Mean of |mask - region| over all pixels: (N,) float64 in [0, 1]."""
    mask, region = _flat(mask, region)
    return np.mean(np.abs(mask.astype(np.float64) - region), axis=1)


def mask_precision(mask, region, *, threshold=0.5):
    """Share of `mask > threshold` that lies in `region`.

    Returns:
        (N,) float64 in [0, 1]; 1 if the mask predicts nothing.
    """
    return mask_precision_recall_at(mask, region, [threshold])[0][:, 0]


def mask_recall(mask, region, *, threshold=0.5):
    """Share of `region` that `mask > threshold` covers.

    Returns:
        (N,) float64 in [0, 1]; 1 if the region is empty.
    """
    return mask_precision_recall_at(mask, region, [threshold])[1][:, 0]


def mask_precision_recall_at(mask, region, thresholds=LEVELS):
    """The precision-recall curve: both at many thresholds at once.

    Args:
        mask: (N, H, W[, 1]) in [0, 1].
        region: (N, H, W[, 1]), 0 or 1.
        thresholds: (T,) ascending floats.

    Returns:
        (precision, recall), (N, T) float64 in [0, 1]. Precision is 1 if the
        mask predicts nothing. Recall is 1 if the region is empty.
    """
    hits, predicted, true = _counts(mask, region, thresholds)
    return _ratio(hits, predicted, empty=1.0), _ratio(hits, true, empty=1.0)


def mask_f_beta(mask, region, *, threshold=0.5, beta_squared=0.3):
    """Weighted harmonic mean of precision and recall.

    `(1 + b) P R / (b P + R)`; b is `beta_squared`. Papers on saliency take b =
    0.3. b = 1 gives the Dice score, `2 IoU / (1 + IoU)`.

    Returns:
        (N,) float64 in [0, 1]; 0 if precision and recall are both 0.
    """
    thresholds = [threshold]
    return mask_f_beta_at(mask, region, thresholds, beta_squared=beta_squared)[
        :, 0
    ]


def mask_f_beta_at(mask, region, thresholds=LEVELS, *, beta_squared=0.3):
    """`mask_f_beta` at many thresholds at once.

    "max F" is its largest mean over images. It is
    `best_threshold(mask_f_beta_at(mask, region), LEVELS)`.

    Returns:
        (N, T) float64 in [0, 1].
    """
    precision, recall = mask_precision_recall_at(mask, region, thresholds)
    return _ratio(
        (1.0 + beta_squared) * precision * recall,
        beta_squared * precision + recall,
        empty=0.0,
    )


def mask_energy_inside(mask, region):
    """Share of the mask's sum that lies in `region`.

    It needs no threshold. Use it if the region is only roughly known, such as a
    box. For a uniform mask, the score is the region's share of the image.

    Returns:
        (N,) float64 in [0, 1]; NaN if the mask is 0 everywhere.
    """
    mask, region = _flat(mask, region)
    mask = np.maximum(mask.astype(np.float64), 0.0)
    inside, total = np.sum(mask * region, axis=1), np.sum(mask, axis=1)
    return _ratio(inside, total, empty=np.nan)


def mask_average_precision(mask, region):
    """Area under precision over recall, in steps (no interpolation).

    `sum (R_n - R_{n-1}) P_n` over all distinct values of the mask.

    Returns:
        (N,) float64 in [0, 1]; NaN if the region is empty.
    """
    return np.array(
        [_average_precision(*pair) for pair in _pairs(mask, region)]
    )


def mask_roc_auc(mask, region):
    """Chance that an object pixel has a higher value than a background one.

    Equal values count half.

    Returns:
        (N,) float64 in [0, 1]; NaN if the region is empty or full.
    """
    return np.array([_roc_auc(*pair) for pair in _pairs(mask, region)])


def _average_precision(mask, region):
    hits, misses = _sorted_counts(mask, region)
    if hits[-1] == 0:
        return np.nan
    precision = hits / (hits + misses)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / hits[-1])


def _roc_auc(mask, region):
    hits, misses = _sorted_counts(mask, region)
    if hits[-1] == 0 or misses[-1] == 0:
        return np.nan
    # The areas are trapezoids: half of every group of equal values counts.
    height = hits - np.diff(hits, prepend=0) / 2.0
    area = np.sum(np.diff(misses, prepend=0) * height)
    return float(area / (hits[-1] * misses[-1]))


def _sorted_counts(mask, region):
    """Object and background pixels at or above each distinct value, falling."""
    order = np.argsort(-mask, kind="stable")
    mask, region = mask[order], region[order]
    last_of_group = np.append(np.flatnonzero(np.diff(mask)), mask.size - 1)
    hits = np.cumsum(region, dtype=np.int64)[last_of_group]
    return hits, last_of_group + 1 - hits


def _counts(mask, region, thresholds):
    """Pixels: hit (N, T), predicted (N, T) and true (N, 1)."""
    mask, region = _flat(mask, region)
    # The threshold gets the precision of the mask, because 0.1 as a float32 is
    # above 0.1 as a float64.
    thresholds = np.asarray(thresholds, mask.dtype)
    bins = np.searchsorted(thresholds, mask, side="left")  # thresholds below
    predicted = np.stack([_above(row, thresholds.size) for row in bins])
    hits = np.stack(
        [
            _above(row[inside], thresholds.size)
            for row, inside in zip(bins, region, strict=True)
        ]
    )
    return hits, predicted, region.sum(axis=1, keepdims=True)


def _above(bins, count):
    """How many entries of `bins` are above 0, 1, ..., count - 1."""
    histogram = np.bincount(bins, minlength=count + 1)
    return np.cumsum(histogram[::-1])[::-1][1:]


def _ratio(part, whole, *, empty):
    """part / whole, and `empty` where whole is 0."""
    part, whole = np.broadcast_arrays(part, whole)
    result = np.full(part.shape, empty, np.float64)
    return np.divide(part, whole, out=result, where=whole > 0)


def _pairs(mask, region):
    return zip(*_flat(mask, region), strict=True)


def _flat(mask, region):
    """(N, pixels) float mask and bool region, after checks."""
    mask, region = np.asarray(mask), np.asarray(region)
    if mask.ndim == 4 and mask.shape[-1] == 1:
        mask = mask[..., 0]
    if mask.ndim != 3 or mask.shape[0] == 0:
        raise ValueError(
            "`mask` must be (N, H, W) or (N, H, W, 1) with N > 0. "
            f"Got: {mask.shape}"
        )
    region = binary_region(region)
    if mask.shape != region.shape:
        raise ValueError(
            "`mask` and `region` must have the same size. "
            f"Got: {mask.shape} and {region.shape}"
        )
    if not np.issubdtype(mask.dtype, np.floating):
        mask = mask.astype(np.float64)
    # `not (...)` also catches NaN. The tolerance is for float32 rounding.
    if not (mask.min() >= -1e-3 and mask.max() <= 1.0 + 1e-3):
        raise ValueError(
            "`mask` must lie in [0, 1]. "
            f"Got values from {mask.min()} to {mask.max()}"
        )
    count = mask.shape[0]
    return mask.reshape(count, -1), region.reshape(count, -1)


def binary_region(region):
    """(N, H, W) bool from (N, H, W[, 1]) of 0 and 1.

    Raises:
        ValueError: the region holds other values or has another rank.
    """
    region = np.asarray(region)
    if region.ndim == 4 and region.shape[-1] == 1:
        region = region[..., 0]
    if region.ndim != 3:
        raise ValueError(
            f"`region` must be (N, H, W) or (N, H, W, 1). Got: {region.shape}"
        )
    inside = region > 0.5
    if not np.array_equal(inside, region):
        raise ValueError(
            "`region` must hold 0 and 1 only (resize true masks by nearest "
            f"neighbour). Got values from {region.min()} to {region.max()}"
        )
    return inside
