"""A threshold for soft masks that nobody has to guess."""

import numpy as np

LEVELS = 256


def mask_histogram(masks):
    """How many values of masks lie at each of the 256 levels of 8 bits.

    Args:
        masks: float array in [0, 1] of any shape.

    Returns:
        (256,) int64.
    """
    levels = np.rint(np.asarray(masks, np.float64) * (LEVELS - 1))
    return np.bincount(levels.astype(np.int64).ravel(), minlength=LEVELS)


def otsu_threshold(histogram):
    """The level that best parts a histogram into two classes.

    This level has the largest variance between the classes,
    `w0 w1 (mu0 - mu1)^2`. Here w are the shares and mu the means of the values
    up to the level and above it.

    Args:
        histogram: (256,) counts of the values 0, 1/255, ..., 1; the result of
            `mask_histogram`.

    Returns:
        float in (0, 1), in the middle between two levels. Values above it are
        object. If several levels are best, it is their middle. If all values
        are equal, it is 0.5.

    Paper: Otsu 1979, Eq. (18).

    Examples:
        >>> found = mask_histogram(np.array([0.0, 0.1, 0.9, 1.0]))
        >>> round(otsu_threshold(found), 2)
        0.5
    """
    counts = np.asarray(histogram, np.float64)
    values = np.arange(LEVELS) / (LEVELS - 1)
    share = np.cumsum(counts)[:-1]
    total = counts.sum()
    mean = np.cumsum(counts * values)[:-1]
    apart = total and share * (total - share)
    if not np.any(apart):
        return 0.5
    distance = (counts @ values) * share - total * mean
    between = np.divide(
        distance**2, apart, out=np.zeros(LEVELS - 1), where=apart > 0
    )
    # Levels without values between the classes are all equally good.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float((values[best[0]] + values[best[-1] + 1]) / 2)
