"""KID: golden values of the fact sheet, identities, other libraries."""

import sys

import numpy as np
import pytest
from feature_sets import cosines, sines

from tfmask.metrics import (
    kernel_distance,
    kernel_distance_of_blocks,
    kernel_distance_of_subsets,
    source_target_kernel_distance,
)

ESTIMATORS = ("unbiased", "biased", "u_statistic")


def random_sets(rows=(30, 40), width=6):
    random = np.random.default_rng(0)
    first, second = (random.normal(size=(count, width)) for count in rows)
    return first, 1.3 * second + 0.4


@pytest.mark.parametrize(
    ("rows", "estimator", "expected"),
    [
        ((50, 50), "unbiased", 0.088537099988),
        ((50, 50), "biased", 0.188642195861),
        ((50, 50), "u_statistic", 0.088255370541),
        ((40, 60), "unbiased", 0.095147832233),
        ((40, 60), "biased", 0.197604599688),
        ((120, 140), "unbiased", 0.144350316524),
        ((120, 140), "biased", 0.182347231479),
    ],
)
def test_golden_values(rows, estimator, expected):
    distance = kernel_distance(
        sines(rows[0], 64), cosines(rows[1], 64), estimator=estimator
    )
    assert distance == pytest.approx(expected, rel=1e-9)


def test_golden_values_of_special_sets():
    same = kernel_distance(sines(50, 64), sines(50, 64))
    assert same == pytest.approx(-0.095942643949, rel=1e-9)
    constants = np.full((5, 3), 0.5), np.full((7, 3), -0.2)
    assert kernel_distance(*constants) == pytest.approx(1.619989, rel=1e-9)
    columns = sines(50, 64)[:, :1], cosines(50, 64)[:, :1]
    distance = kernel_distance(*columns, estimator="biased")
    assert distance == pytest.approx(0.1321652780, rel=1e-9)


def test_golden_values_of_subsets_and_blocks():
    pair = sines(120, 64), cosines(140, 64)
    values = kernel_distance_of_subsets(*pair, subsets=10, size=50)
    np.testing.assert_allclose(
        [values.mean(), values.std(), values[0]],
        [0.150317905203, 0.025577316468, 0.151641057752],
        rtol=1e-9,
    )
    for size, count, mean, error in (
        (10, 14, 0.007472303014, 0.0142422732),
        (50, 3, 0.107312885284, 0.0142278060),
    ):
        values = kernel_distance_of_blocks(*pair, size=size)
        assert values.shape == (count,)
        np.testing.assert_allclose(values.mean(), mean, rtol=1e-9)
        standard_error = np.sqrt(values.var(ddof=1) / count)
        np.testing.assert_allclose(standard_error, error, rtol=1e-7)


def test_a_set_with_itself():
    features, _ = random_sets()
    kernel = (features @ features.T / 6 + 1) ** 3
    count, diagonal = len(features), np.trace(kernel)
    off = (kernel.sum() - diagonal) / (count * (count - 1))
    expected = 2 / count * (off - diagonal / count)
    distance = kernel_distance(features, features)
    assert distance == pytest.approx(expected, rel=1e-9) and distance < 0


def test_biased_is_a_distance_of_raw_moments():
    first, second = random_sets(width=3)
    apart = [
        np.einsum(sums, *power * [first]) / len(first)
        - np.einsum(sums, *power * [second]) / len(second)
        for power, sums in (
            (1, "ni->i"),
            (2, "ni,nj->ij"),
            (3, "ni,nj,nk->ijk"),
        )
    ]
    expected = sum(
        factor * np.sum(part**2)
        for factor, part in zip((3 / 3, 3 / 9, 1 / 27), apart, strict=True)
    )
    distance = kernel_distance(first, second, estimator="biased")
    assert distance == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_what_changes_nothing(estimator):
    first, second = random_sets(rows=(30, 30))
    expected = kernel_distance(first, second, estimator=estimator)
    random = np.random.default_rng(1)
    turn, _ = np.linalg.qr(random.normal(size=(6, 6)))
    columns = random.permutation(6)
    rows = random.permutation(30)
    for x, y in (
        (second, first),
        (first[rows], second[rows]),
        (first @ turn, second @ turn),
        (first[:, columns], second[:, columns]),
    ):
        distance = kernel_distance(x, y, estimator=estimator)
        assert distance == pytest.approx(expected, rel=1e-9)


def test_scale_and_width_matter():
    first, second = random_sets()
    expected = kernel_distance(first, second)
    padded = (np.pad(x, ((0, 0), (0, 6))) for x in (first, second))
    assert kernel_distance(*padded) != pytest.approx(expected, rel=1e-2)
    assert kernel_distance(2 * first, 2 * second) > 2 * expected


def test_halves_of_one_distribution_are_near_zero_on_either_side():
    random = np.random.default_rng(0)
    values = [
        kernel_distance(*random.normal(size=(2, 40, 8))) for _ in range(30)
    ]
    assert min(values) < 0 < max(values)
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))


def test_blocks_of_rows_do_not_matter(monkeypatch):
    first, second = random_sets()
    expected = [
        kernel_distance(first, second, estimator=estimator)
        for estimator in ("unbiased", "biased")
    ]
    module = sys.modules["tfmask.metrics.kernel_distance"]
    monkeypatch.setattr(module, "_ROWS", 7)
    distances = [
        kernel_distance(first, second, estimator=estimator)
        for estimator in ("unbiased", "biased")
    ]
    np.testing.assert_allclose(distances, expected, rtol=1e-12)


def test_float32_features_are_multiplied_in_float64():
    first, second = (x.astype("float32") for x in random_sets())
    assert kernel_distance(first, second) == pytest.approx(
        kernel_distance(first.astype(float), second.astype(float)), rel=1e-14
    )


def test_the_papers_average_has_both_parts():
    fake, target, source = sines(60, 8), cosines(70, 8), sines(55, 8) + 0.1
    distance = source_target_kernel_distance(fake, target, source, draws=4)
    random = np.random.RandomState(2020)
    for number in range(4):
        x, y, z = (
            rows[random.choice(len(rows), 50, replace=False)]
            for rows in (fake, target, source)
        )
        parts = kernel_distance(x, y), kernel_distance(x, z)
        assert (distance.target[number], distance.source[number]) == parts
        assert distance.average[number] == pytest.approx(np.mean(parts))
    # The identity: no distance to its own domain, half to the other.
    far = target + 2.0
    same = source_target_kernel_distance(source, far, source, draws=4)
    assert abs(same.source).max() < 0.1 and same.target.min() > 1.0


def test_equals_scikit_learns_kernel():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    first, second = sines(50, 64), cosines(60, 64)
    xx, yy, xy = (
        pairwise.polynomial_kernel(a, b, degree=3)
        for a, b in ((first, first), (second, second), (first, second))
    )
    expected = (
        (xx.sum() - np.trace(xx)) / (50 * 49)
        + (yy.sum() - np.trace(yy)) / (60 * 59)
        - 2 * xy.mean()
    )
    assert kernel_distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_equals_torchmetrics():
    torch = pytest.importorskip("torch")
    kid = pytest.importorskip("torchmetrics.image.kid")
    first, second = sines(50, 64), cosines(50, 64)
    expected = kid.poly_mmd(torch.tensor(first), torch.tensor(second))
    distance = kernel_distance(first, second)
    assert distance == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[0], r"`first` must be \(N, D\)"),
        (lambda x: x[:1], "`first` must have 2 rows or more. Got: 1"),
        (lambda x: x[:, :2], "equally many features. Got: 2 and 6"),
        (lambda x: np.where(np.arange(30)[:, None] == 4, np.nan, x), "is 4"),
        (lambda x: x / 0.0, "NaN or infinity in 30 of 30 rows"),
    ],
)
def test_wrong_features_are_refused(change, message):
    first, second = random_sets()
    with np.errstate(divide="ignore"):
        wrong = change(first)
    with pytest.raises(ValueError, match=message):
        kernel_distance(wrong, second)


def test_wrong_settings_are_refused():
    pair = random_sets()
    with pytest.raises(ValueError, match="must be one of .* Got: 'best'"):
        kernel_distance(*pair, estimator="best")
    with pytest.raises(ValueError, match="sets of one size. Got: 30 and 40"):
        kernel_distance(*pair, estimator="u_statistic")
    with pytest.raises(ValueError, match="31 rows .* in `first`. Got: 30"):
        kernel_distance_of_subsets(*pair, size=31)
    with pytest.raises(ValueError, match="Got: 100 of 1"):
        kernel_distance_of_subsets(*pair, size=1)
    with pytest.raises(ValueError, match="20 blocks .* need 40 rows"):
        kernel_distance_of_blocks(*pair, size=2)
    with pytest.raises(ValueError, match="`size` must be 2 or more"):
        kernel_distance_of_blocks(*pair, size=1)
    with pytest.raises(ValueError, match="in `source`. Got: 10"):
        source_target_kernel_distance(*pair, pair[0][:10], size=20)
