"""Frechet Inception Distance (FID) between two sets of features."""

from typing import NamedTuple

import numpy as np

from tfmask.metrics.features import checked_features

_ROWS = 1024  # of features that are made float64 at a time
# Relative bound for the rounding error of a sum of singular values. Real errors
# are far smaller.
_NEGLIGIBLE = 1e-7


class Moments(NamedTuple):
    """The moments of a set of features that FID needs.

    Attributes:
        mean: (D,) float.
        covariance: (D, D) float, symmetric, divided by N - 1.
    """

    mean: np.ndarray
    covariance: np.ndarray


class FeatureMoments:
    """Mean and covariance of features that come in batches.

    It keeps D x D numbers for any number of images. The result does not depend
    on the sizes of the batches, except for rounding (1e-12).

    Attributes:
        count: int, rows so far.

    Examples:
        >>> moments = FeatureMoments()
        >>> moments.update([[1.0, 2.0]])
        >>> moments.update([[3.0, 2.0]])
        >>> moments.result().mean.tolist()
        [2.0, 2.0]
    """

    def __init__(self):
        self.count = 0
        self._mean = self._scatter = 0.0

    def update(self, features):
        """Adds (B, D) features, B >= 1.

        Raises:
            ValueError: the array is wrong, or it has another D than before.
        """
        features = checked_features("features", features, least=1)
        width = np.shape(self._mean)
        if self.count and width != features.shape[1:]:
            raise ValueError(
                f"`features` must be (B, {width[0]}), as before. "
                f"Got: {features.shape}"
            )
        for first in range(0, len(features), _ROWS):
            self._add(features[first : first + _ROWS].astype(np.float64))

    def _add(self, rows):
        # The features are centred before they are squared. So large means cost
        # no digits.
        mean, count = rows.mean(axis=0), self.count + len(rows)
        rows -= mean
        apart = mean - self._mean
        # The operations work in place, one after the other. So they need only
        # one more D x D array.
        self._scatter += rows.T @ rows
        self._scatter += np.outer(self.count * len(rows) / count * apart, apart)
        self._mean = self._mean + apart * (len(rows) / count)
        self.count = count

    def result(self):
        """The `Moments` of what came so far, float64.

        Raises:
            ValueError: there were fewer than two rows.
        """
        if self.count < 2:
            raise ValueError(f"Moments need 2 rows or more. Got: {self.count}")
        return Moments(self._mean, self._scatter / (self.count - 1))


def frechet_distance(first, second):
    """FID: the distance of two normal distributions fitted to the sets.

    `|m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)`. With roots `S = R^T R`,
    the last trace is the sum of the singular values of `R1 R2^T`. If there are
    fewer images than features, the centred features are such a root. This is
    exact and needs no singular matrix.

    FID is large for small sets. Two sets of 120 images of ONE distribution can
    have a distance of 100. Compare only values of equal numbers of images.

    Args:
        first: (N, D) float, finite, N >= 2; or `Moments`.
        second: (M, D) float, finite, M >= 2; or `Moments`.

    Returns:
        float, computed in float64. For equal sets it is 0 except for rounding,
        so it can be slightly negative.

    Raises:
        ValueError: an array is wrong.

    Paper: Heusel et al. 2017.
    Differs from the paper: no. From the authors' code: there is no matrix root,
        so nothing is added to diagonals.
    """
    (mean1, root1), (mean2, root2) = (
        _mean_and_root("first", first),
        _mean_and_root("second", second),
    )
    if mean1.shape != mean2.shape:
        raise ValueError(
            "`first` and `second` must have equally many features. "
            f"Got: {len(mean1)} and {len(mean2)}"
        )
    shift = np.sum((mean1 - mean2) ** 2)
    traces = np.sum(root1**2) + np.sum(root2**2)
    product = root1 @ root2.T
    del root1, root2  # as large as everything else together
    shared = None
    # If the roots have fewer rows (few images), their product is singular.
    if product.shape == 2 * mean1.shape:
        shared = _sum_of_roots(product)
    if shared is None:
        shared = np.linalg.svd(product, compute_uv=False).sum()
    return float(shift + traces - 2.0 * shared)


def _mean_and_root(name, features_or_moments):
    """(D,) mean and (K, D) root of the covariance, of either kind."""
    if not isinstance(features_or_moments, Moments):
        features = checked_features(name, features_or_moments)
        if len(features) <= features.shape[1]:
            features = features.astype(np.float64)
            mean = features.mean(axis=0)
            return mean, (features - mean) / np.sqrt(len(features) - 1)
        features_or_moments = _moments(features)
    mean, covariance = (
        np.asarray(part, np.float64) for part in features_or_moments
    )
    if mean.ndim != 1 or covariance.shape != 2 * mean.shape:
        raise ValueError(
            f"`{name}` must have a mean (D,) and a covariance (D, D). "
            f"Got: {mean.shape} and {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError(f"`{name}` must be finite. Got NaN or infinity")
    return mean, _root(covariance)


def _moments(features):
    moments = FeatureMoments()
    moments.update(features)
    return moments.result()


def _root(covariance):
    """(K, D) with `root.T @ root` the covariance."""
    try:
        return np.linalg.cholesky(covariance).T
    except np.linalg.LinAlgError:  # singular but for rounding
        values, vectors = np.linalg.eigh(covariance)
    # Values that are 0 except for rounding have no meaningful root.
    nonzero = values > values[-1] * len(values) * np.finfo(float).eps
    return np.sqrt(values[nonzero])[:, None] * vectors[:, nonzero].T


def _sum_of_roots(matrix):
    """Sum of the singular values of a (D, D) matrix, by eigenvalues.

    This takes a third of the time of singular values. But small values lose up
    to half of their digits. The result is None if that could be visible.
    """
    values = np.linalg.eigvalsh(matrix @ matrix.T)
    if values[0] <= 0.0:
        return None
    roots = np.sqrt(values)
    error = np.sum(values[-1] * np.finfo(float).eps / (2.0 * roots))
    return np.sum(roots) if error < _NEGLIGIBLE * np.sum(roots) else None
