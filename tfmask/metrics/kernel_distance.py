"""Kernel Inception Distance (KID) between two sets of features.

KID is the squared maximum mean discrepancy with the kernel `(<x, y> / D + 1)^3`
of features with D entries. The functions return the plain number. Papers often
print it times 100 or 1000.
"""

from typing import NamedTuple

import numpy as np

from tfmask.metrics.features import checked_features, checked_pair

ESTIMATORS = ("unbiased", "biased", "u_statistic")
_ROWS = 1024  # of features that are multiplied at a time


def kernel_distance(first, second, *, estimator="unbiased"):
    """KID of two whole sets.

    The name KID means "unbiased". It adds the means of `k(x_i, x_j)` and
    `k(y_i, y_j)` over i != j, and subtracts twice the mean of `k(x_i, y_j)`
    over all pairs. It can be negative; for a set with itself it is negative.
    "biased" takes means over all pairs and is never negative. "u_statistic"
    also leaves i = j out of the cross term.

    The function needs memory for 1,024 rows in float64, not for whole kernel
    matrices.

    Args:
        first: (N, D) float, finite, N >= 2.
        second: (M, D) float, finite, M >= 2.
        estimator: one of `ESTIMATORS`.

    Returns:
        float, computed in float64; symmetric in both sets.

    Raises:
        ValueError: an array is wrong, the estimator is unknown, or the sets
            have different sizes with the U-statistic.

    Paper: Binkowski et al. 2018.
    Differs from the paper: no.
    """
    if estimator not in ESTIMATORS:
        raise ValueError(
            f"`estimator` must be one of {ESTIMATORS}. Got: {estimator!r}"
        )
    first, second = checked_pair(first, second)
    own = sum(
        _mean_within(features, diagonal=estimator == "biased")
        for features in (first, second)
    )
    count = len(first)
    cross = _sum_between(first, second)
    if estimator != "u_statistic":
        return own - 2.0 * cross / (count * len(second))
    if len(second) != count:
        raise ValueError(
            "The U-statistic needs sets of one size. "
            f"Got: {count} and {len(second)}"
        )
    cross -= _kernel(_dots(first, second), first.shape[1]).sum()
    return own - 2.0 * cross / (count * (count - 1))


def kernel_distance_of_subsets(
    first, second, *, subsets=100, size=1000, seed=2020
):
    """KID of random subsets, each drawn without replacement.

    Args:
        first: (N, D) float, finite.
        second: (M, D) float, finite.
        subsets: int, how many subsets.
        size: int, 2 or more, rows of each; at most N and M.
        seed: int, the seed of NumPy's `RandomState`. Rows of `first` are drawn
            before rows of `second`, as in torch-fidelity.

    Returns:
        (subsets,) float64; papers report its mean and its standard
        deviation (`ddof` 0).

    Raises:
        ValueError: an array is wrong, or a set is smaller than a subset.
    """
    first, second = checked_pair(first, second)
    draw = _Draws(subsets, size, seed, first=first, second=second)
    return np.array([kernel_distance(x, y) for x, y in draw])


def kernel_distance_of_blocks(first, second, *, size=1024):
    """KID of consecutive blocks: nothing is drawn, every row counts once.

    The rows must be shuffled. Sets that are sorted by content give wrong
    numbers.

    Args:
        first: (N, D) float, finite.
        second: (M, D) float, finite.
        size: int, the largest number of rows in a block. The larger set decides
            the number of blocks. Both sets are cut into this number.

    Returns:
        (blocks,) float64. Their mean is the estimate. Its standard error is
        `sqrt(var(ddof=1) / blocks)`.

    Raises:
        ValueError: an array is wrong, or a block has fewer than two rows.

    Differs from the paper: it is the estimator of TF-GAN, and of a script that
        many papers use. That script has blocks of 10.
    """
    first, second = checked_pair(first, second)
    if size < 2:
        raise ValueError(f"`size` must be 2 or more. Got: {size}")
    count = -(-max(len(first), len(second)) // size)
    fewest = min(len(first), len(second))
    if fewest < 2 * count:
        raise ValueError(
            f"{count} blocks of at most {size} rows need {2 * count} rows in "
            f"both sets. Got: {fewest}. Take a larger `size`"
        )
    pairs = zip(_blocks(first, count), _blocks(second, count), strict=True)
    return np.array([kernel_distance(x, y) for x, y in pairs])


class SourceTargetDistance(NamedTuple):
    """KID of translations to both domains, (draws,) float64 each.

    Attributes:
        target: KID to the domain that the translations should look like.
        source: KID to the domain that the translations come from.
    """

    target: np.ndarray
    source: np.ndarray

    @property
    def average(self):
        """(draws,) float64, the mean of both."""
        return (self.target + self.source) / 2.0


def source_target_kernel_distance(
    fake, target, source, *, draws=10, size=50, seed=2020
):
    """The number of attention-guided translation's Table 1, with both parts.

    The average is low for a method that changes nothing, because its outputs
    are close to the source. Read it beside `target`.

    Args:
        fake: (N, D) float, finite: features of translations.
        target: (M, D) float, finite: of real images of the target domain.
        source: (L, D) float, finite: of real images of the source domain.
        draws: int, how many subsets of each set.
        size: int, 2 or more, rows of each; at most N, M and L.
        seed: int, the seed of NumPy's `RandomState`.

    Returns:
        `SourceTargetDistance`. The paper prints the mean and the standard
        deviation of `average`, times 100.

    Raises:
        ValueError: an array is wrong, or a set is smaller than a subset.

    Paper: Mejjati et al. 2018, Table 1.
    Differs from the paper: the paper does not say how the 10 splits are made.
        Here each split is 50 rows of each set without replacement.
    """
    sets = {"fake": fake, "target": target, "source": source}
    sets = {name: checked_features(name, rows) for name, rows in sets.items()}
    parts = [
        (kernel_distance(x, y), kernel_distance(x, z))
        for x, y, z in _Draws(draws, size, seed, **sets)
    ]
    return SourceTargetDistance(*np.array(parts).T)


class _Draws:
    """Random subsets of several sets, one of each at a time.

    Args:
        count: int, how many times.
        size: int, rows of a subset.
        seed: int.
        **sets: (N, D) arrays by their names in messages.
    """

    def __init__(self, count, size, seed, **sets):
        if count < 1 or size < 2:
            raise ValueError(
                "There must be 1 subset or more, of 2 rows or more. "
                f"Got: {count} of {size}"
            )
        for name, rows in sets.items():
            if len(rows) < size:
                raise ValueError(
                    f"Subsets of {size} rows need {size} rows in `{name}`. "
                    f"Got: {len(rows)}"
                )
        self._count, self._size, self._seed = count, size, seed
        self._sets = sets

    def __iter__(self):
        random = np.random.RandomState(self._seed)
        for _ in range(self._count):
            yield [
                rows[random.choice(len(rows), self._size, replace=False)]
                for rows in self._sets.values()
            ]


def _blocks(features, count):
    """Consecutive blocks that differ by one row at most, larger ones last."""
    short = len(features) // count
    longer = len(features) - short * count
    sizes = [short] * (count - longer) + [short + 1] * longer
    return np.split(features, np.cumsum(sizes)[:-1])


def _mean_within(features, *, diagonal):
    """Mean of `k(x_i, x_j)` over all pairs, or over those with i != j."""
    count = len(features)
    on = _kernel(_dots(features, features), features.shape[1]).sum()
    total = 0.0
    for first in range(0, count, _ROWS):
        rows = features[first : first + _ROWS]
        total += _sum_between(rows, rows)
        # The matrix is symmetric. So the part below the diagonal counts twice.
        total += 2.0 * _sum_between(rows, features[first + _ROWS :])
    if diagonal:
        return total / count**2
    return (total - on) / (count * (count - 1))


def _sum_between(first, second):
    """Sum of `k(x_i, y_j)` over all pairs, float."""
    total = 0.0
    for here in range(0, len(first), _ROWS):
        rows = first[here : here + _ROWS].astype(np.float64)
        for there in range(0, len(second), _ROWS):
            columns = second[there : there + _ROWS].astype(np.float64)
            total += _kernel(rows @ columns.T, rows.shape[1]).sum()
    return float(total)


def _kernel(dots, width):
    """The kernel of inner products, in their place."""
    dots /= width
    dots += 1.0
    square = dots * dots
    square *= dots
    return square


def _dots(first, second):
    """(N,) float64 inner products, row by row."""
    return np.einsum("nd,nd->n", first, second, dtype=np.float64)
