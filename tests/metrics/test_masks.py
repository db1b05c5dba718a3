"""Mask scores: golden values of the fact sheet, identities, scikit-learn."""

import numpy as np
import pytest

from tfmask.metrics import masks

ROWS, COLUMNS = np.mgrid[:64, :64]
# The fact sheet's section 10: a sine over the row-major index and a disc.
SOFT = ((np.sin(0.013 * np.arange(4096)) + 1.0) / 2.0).reshape(1, 64, 64, 1)
DISC = ((ROWS - 30) ** 2 + (COLUMNS - 35) ** 2 < 18**2)[None, ..., None]


def random_pairs(count=4, side=12):
    """Masks with many equal values (so ties are met) and regions."""
    rng = np.random.default_rng(0)
    soft = np.round(rng.random((count, side, side, 1)), 1)
    return soft, (rng.random((count, side, side, 1)) < 0.3)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (masks.mask_iou, 0.1929163527),
        (masks.mask_precision, 0.2369273484),
        (masks.mask_recall, 0.5094527363),
        (masks.mask_f_beta, 0.2702944162),
        (masks.mask_mae, 0.5166624919),
        (masks.mask_average_precision, 0.2373122391),
        (masks.mask_roc_auc, 0.4844142278),
    ],
)
def test_golden_values(score, expected):
    assert DISC.sum() == 1005
    np.testing.assert_allclose(score(SOFT, DISC), [expected], rtol=1e-9)


def test_values_by_hand():
    mask = np.array([[[0.9, 0.6], [0.2, 0.0]]])
    region = np.array([[[1, 0], [1, 0]]])
    assert masks.mask_iou(mask, region) == 1 / 3
    assert masks.mask_precision(mask, region) == 1 / 2
    assert masks.mask_recall(mask, region) == 1 / 2
    np.testing.assert_allclose(
        masks.mask_mae(mask, region), (0.1 + 0.6 + 0.8) / 4
    )
    np.testing.assert_allclose(
        masks.mask_energy_inside(mask, region), 1.1 / 1.7
    )
    # Sorted: hit, miss, hit, miss: 1/2 * 1 + 1/2 * 2/3.
    np.testing.assert_allclose(
        masks.mask_average_precision(mask, region), 5 / 6
    )
    # Pairs (object, background) in order: 3 of 4.
    assert masks.mask_roc_auc(mask, region) == 3 / 4


def test_a_perfect_and_an_inverted_mask():
    region = DISC.astype(np.float32)
    assert masks.mask_iou(region, DISC) == 1.0
    assert masks.mask_mae(region, DISC) == 0.0
    assert masks.mask_f_beta(region, DISC) == 1.0
    assert masks.mask_iou(1.0 - region, DISC) == 0.0
    assert masks.mask_mae(1.0 - region, DISC) == 1.0
    assert masks.mask_f_beta(1.0 - region, DISC) == 0.0
    assert masks.mask_mae(np.full(DISC.shape, 0.5), DISC) == 0.5


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.7])
def test_a_pixel_at_the_threshold_is_background(dtype, threshold):
    mask = np.full((1, 2, 2), threshold, dtype)
    region = np.ones((1, 2, 2))
    assert masks.mask_iou(mask, region, threshold=threshold) == 0.0
    above = np.nextafter(mask, np.ones((), dtype))
    assert masks.mask_iou(above, region, threshold=threshold) == 1.0


def test_empty_masks_and_regions():
    nothing, all_of_it = np.zeros((1, 4, 4)), np.ones((1, 4, 4))
    assert masks.mask_iou(nothing, nothing) == 1.0
    assert masks.mask_iou(all_of_it, nothing) == 0.0
    assert masks.mask_precision(nothing, all_of_it) == 1.0
    assert masks.mask_recall(nothing, all_of_it) == 0.0
    assert masks.mask_recall(all_of_it, nothing) == 1.0
    assert masks.mask_f_beta(nothing, all_of_it) == 0.0
    assert masks.mask_f_beta(nothing, nothing) == 1.0
    assert np.isnan(masks.mask_average_precision(all_of_it, nothing))
    assert np.isnan(masks.mask_roc_auc(all_of_it, nothing))
    assert np.isnan(masks.mask_roc_auc(nothing, all_of_it))


def test_scores_do_not_change_when_both_are_flipped():
    soft, region = random_pairs()
    for score in (masks.mask_iou, masks.mask_mae, masks.mask_roc_auc):
        np.testing.assert_allclose(
            score(soft[:, :, ::-1], region[:, :, ::-1]),
            score(soft, region),
            rtol=1e-12,
        )


def test_f_with_beta_one_is_dice():
    soft, region = random_pairs()
    iou = masks.mask_iou(soft, region)
    np.testing.assert_allclose(
        masks.mask_f_beta(soft, region, beta_squared=1.0), 2 * iou / (1 + iou)
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_thresholds_equal_one_by_one(dtype):
    soft, region = random_pairs()
    soft = soft.astype(dtype)
    scores = masks.mask_iou_at(soft, region)
    assert scores.shape == (4, 100)
    for threshold, column in zip(masks.THRESHOLDS, scores.T, strict=True):
        cut = soft > np.asarray(threshold, dtype)
        both, either = cut & region, cut | region
        expected = both.sum(axis=(1, 2, 3)) / either.sum(axis=(1, 2, 3))
        np.testing.assert_array_equal(column, expected)


def test_curves_equal_one_threshold_at_a_time():
    soft, region = random_pairs()
    levels = masks.LEVELS[::15]
    precision, recall = masks.mask_precision_recall_at(soft, region, levels)
    f_beta = masks.mask_f_beta_at(soft, region, levels)
    for column, level in enumerate(levels):
        for curve, score in (
            (precision, masks.mask_precision),
            (recall, masks.mask_recall),
            (f_beta, masks.mask_f_beta),
        ):
            expected = score(soft, region, threshold=level)
            np.testing.assert_array_equal(curve[:, column], expected)


def test_max_f_takes_the_best_of_256_levels():
    eight_bits = np.round(255 * SOFT).astype(np.uint8)
    _, best = masks.best_threshold(
        masks.mask_f_beta_at(eight_bits / 255.0, DISC), masks.LEVELS
    )
    scores = []
    for level in range(256):
        cut = eight_bits > level
        precision = (cut & DISC).sum() / max(cut.sum(), 1)
        recall = (cut & DISC).sum() / DISC.sum()
        if precision:
            scores.append(1.3 * precision * recall / (0.3 * precision + recall))
    assert best == pytest.approx(max(scores), rel=1e-12)
    assert best > masks.mask_f_beta(SOFT, DISC)


def test_the_best_threshold_is_one_for_the_whole_set():
    # The first image needs a cut below 0.3, the second one from 0.79 on.
    region = np.zeros((2, 4, 4))
    region[:, :2] = 1
    mask = np.where(region == 1, 0.9, 0.1)
    mask[0] = np.where(region[0] == 1, 0.3, 0.0)
    mask[1, 3] = 0.79
    scores = masks.mask_iou_at(mask, region)
    threshold, best = masks.best_threshold(scores)
    assert threshold == 0.1
    np.testing.assert_allclose(best, (1.0 + 8 / 12) / 2)
    assert best >= masks.mask_iou(mask, region).mean()


def test_average_precision_and_roc_auc_equal_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    soft, region = random_pairs()
    for mask, true in zip(soft, region, strict=True):
        flat, labels = mask.ravel(), true.ravel()
        np.testing.assert_allclose(
            masks.mask_average_precision(mask[None], true[None]),
            [sklearn.average_precision_score(labels, flat)],
            rtol=1e-12,
        )
        np.testing.assert_allclose(
            masks.mask_roc_auc(mask[None], true[None]),
            [sklearn.roc_auc_score(labels, flat)],
            rtol=1e-12,
        )
        np.testing.assert_allclose(
            masks.mask_iou(mask[None], true[None]),
            [sklearn.jaccard_score(labels, flat > 0.5)],
            rtol=1e-12,
        )
        np.testing.assert_allclose(
            masks.mask_f_beta(mask[None], true[None]),
            [sklearn.fbeta_score(labels, flat > 0.5, beta=0.3**0.5)],
            rtol=1e-12,
        )


def test_the_curve_equals_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    soft, region = random_pairs(count=1)
    expected = sklearn.precision_recall_curve(region.ravel(), soft.ravel())
    below = np.nextafter(expected[2], -1.0)  # there it is >=, here >
    curves = masks.mask_precision_recall_at(soft, region, below)
    for ours, theirs in zip(curves, expected[:2], strict=True):
        np.testing.assert_allclose(ours[0], theirs[:-1], rtol=1e-12)


@pytest.mark.parametrize(
    ("mask", "region", "message"),
    [
        (np.zeros((4, 4)), np.zeros((4, 4)), r"must be \(N, H, W\)"),
        (np.zeros((0, 4, 4)), np.zeros((0, 4, 4)), "N > 0"),
        (np.zeros((1, 4, 4)), np.zeros((1, 4, 5)), "same size"),
        (np.zeros((1, 4, 4)), np.zeros((1, 4, 4, 3)), "`region` must be"),
        (np.full((1, 4, 4), 1.5), np.zeros((1, 4, 4)), r"lie in \[0, 1\]"),
        (np.full((1, 4, 4), np.nan), np.zeros((1, 4, 4)), r"lie in \[0, 1\]"),
        (np.zeros((1, 4, 4)), np.full((1, 4, 4), 255), "0 and 1 only"),
        (np.zeros((1, 4, 4)), np.full((1, 4, 4), 0.3), "0 and 1 only"),
    ],
)
def test_wrong_arrays_are_refused(mask, region, message):
    with pytest.raises(ValueError, match=message):
        masks.mask_iou(mask, region)


def test_energy_of_uniform_and_empty_masks():
    region = np.zeros((2, 4, 4))
    region[:, :1] = 1
    mask = np.stack([np.full((4, 4), 0.3), np.zeros((4, 4))])
    share, none = masks.mask_energy_inside(mask, region)
    assert share == pytest.approx(1 / 4) and np.isnan(none)
