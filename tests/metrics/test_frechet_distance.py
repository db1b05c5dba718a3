"""FID: golden values of the fact sheet, identities, other libraries."""

import sys

import numpy as np
import pytest
from feature_sets import cosines, sines

from tfmask.metrics import FeatureMoments, Moments, frechet_distance


def random_sets(width=5):
    random = np.random.default_rng(0)
    mix = random.normal(size=(2, width, width))
    first = random.normal(size=(60, width)) @ mix[0]
    return first, random.normal(size=(80, width)) @ mix[1] + 0.5


def moments_of(features, batch_size=1000):
    moments = FeatureMoments()
    for first in range(0, len(features), batch_size):
        moments.update(features[first : first + batch_size])
    return moments.result()


def test_golden_values():
    pair = sines(200, 16), cosines(300, 16)
    assert frechet_distance(*pair) == pytest.approx(0.7023422979, rel=1e-7)
    first = pair[0]
    assert frechet_distance(first, first + 0.3) == pytest.approx(1.44, rel=1e-9)
    distance = frechet_distance(first, 2 * first)
    assert distance == pytest.approx(8.0373755869, rel=1e-7)


def test_golden_value_of_fewer_images_than_features():
    pair = sines(50, 256), cosines(50, 256)
    expected = pytest.approx(208.07944679, rel=1e-10)
    assert frechet_distance(*pair) == expected
    # Also where one set or both are known by their moments only.
    assert frechet_distance(moments_of(pair[0]), pair[1]) == expected
    assert frechet_distance(*map(moments_of, pair)) == expected


def test_both_forms_agree_where_both_are_exact():
    first, second = random_sets(width=70)  # 60 and 80 rows
    expected = frechet_distance(first, second)
    distance = frechet_distance(moments_of(first), moments_of(second))
    assert distance == pytest.approx(expected, rel=1e-9)


def test_a_set_with_itself_is_zero():
    for width in (5, 100):
        first, _ = random_sets(width)
        assert abs(frechet_distance(first, first)) < 1e-10 * np.sum(first**2)


def test_one_dimension_by_hand():
    first, second = random_sets(width=1)
    means, sigmas = (
        [function(x) for x in (first, second)]
        for function in (np.mean, lambda x: np.std(x, ddof=1))
    )
    expected = np.diff(means) ** 2 + np.diff(sigmas) ** 2
    assert frechet_distance(first, second) == pytest.approx(expected[0])


def test_diagonal_covariances_by_hand():
    means = np.array([[0.0, 1.0, 2.0], [0.5, 1.0, -2.0]])
    sigmas = np.array([[1.0, 2.0, 0.0], [3.0, 0.5, 1.5]])
    expected = np.sum(
        np.diff(means, axis=0) ** 2 + np.diff(sigmas, axis=0) ** 2
    )
    pair = [
        Moments(mean, np.diag(sigma**2))
        for mean, sigma in zip(means, sigmas, strict=True)
    ]
    assert frechet_distance(*pair) == pytest.approx(expected)
    still = Moments(means[1], np.zeros((3, 3)))
    expected = np.sum(np.diff(means, axis=0) ** 2) + np.sum(sigmas[0] ** 2)
    assert frechet_distance(pair[0], still) == pytest.approx(expected)


@pytest.mark.parametrize("decades", [3, 12])
def test_commuting_covariances_by_hand(decades):
    """Only flat spectra may use the faster computation."""
    random = np.random.default_rng(0)
    axes, _ = np.linalg.qr(random.normal(size=(64, 64)))
    first = 10.0 ** np.linspace(0, -decades, 64)
    second = first * random.uniform(0.5, 2.0, 64)
    moments = [
        Moments(np.zeros(64), (axes * values) @ axes.T)
        for values in (first, second)
    ]
    expected = np.sum((np.sqrt(first) - np.sqrt(second)) ** 2)
    np.testing.assert_allclose(frechet_distance(*moments), expected, rtol=1e-9)


def test_what_changes_nothing_and_what_scales():
    first, second = random_sets()
    expected = frechet_distance(first, second)
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))
    for x, y in (
        (second, first),
        (first @ turn, second @ turn),
        (first - 7.0, second - 7.0),
        (first[::-1], second),
    ):
        assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)
    distance = frechet_distance(3.0 * first, 3.0 * second)
    assert distance == pytest.approx(9.0 * expected, rel=1e-9)
    assert expected >= np.sum((first.mean(0) - second.mean(0)) ** 2)


@pytest.mark.parametrize("batch_size", [1, 7, 60])
def test_moments_do_not_depend_on_batches(batch_size, monkeypatch):
    module = sys.modules["tfmask.metrics.frechet_distance"]
    monkeypatch.setattr(module, "_ROWS", 32)
    features = random_sets()[0] + 1e4  # a large mean would cost digits
    mean, covariance = moments_of(features, batch_size)
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-12)
    expected = np.cov(features, rowvar=False)
    np.testing.assert_allclose(covariance, expected, rtol=1e-9)


def test_equals_scipys_matrix_root():
    linalg = pytest.importorskip("scipy.linalg")
    first, second = random_sets()
    (m1, s1), (m2, s2) = (
        (x.mean(0), np.cov(x, rowvar=False)) for x in (first, second)
    )
    root = linalg.sqrtm(s1 @ s2).real
    expected = np.sum((m1 - m2) ** 2) + np.trace(s1 + s2 - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_equals_torchmetrics():
    torch = pytest.importorskip("torch")
    fid = pytest.importorskip("torchmetrics.image.fid")
    pair = random_sets()
    moments = [torch.tensor(p) for x in pair for p in moments_of(x)]
    expected = float(fid._compute_fid(*moments))
    assert frechet_distance(*pair) == pytest.approx(expected, rel=1e-6)


def test_wrong_moments_are_refused():
    first, second = random_sets()
    with pytest.raises(ValueError, match="`second` must have 2 rows"):
        frechet_distance(first, second[:1])
    with pytest.raises(ValueError, match="equally many features. Got: 5 and 4"):
        frechet_distance(first, second[:, :4])
    with pytest.raises(ValueError, match="covariance"):
        frechet_distance(first, Moments(np.zeros(5), np.zeros((5, 4))))
    with pytest.raises(ValueError, match="`first` must be finite"):
        frechet_distance(Moments(np.zeros(2), np.full((2, 2), np.nan)), second)
    moments = FeatureMoments()
    moments.update(first[:1])
    with pytest.raises(ValueError, match="2 rows or more. Got: 1"):
        moments.result()
    with pytest.raises(ValueError, match=r"must be \(B, 5\), as before"):
        moments.update(first[:, :3])
