"""Losses of the codes that say what an image shows and how it looks."""

import tensorflow as tf

from tfmask.losses.reconstruction import l1
from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact, sum_over

_SMALLEST_RATIO = 1e-5


def normal_divergence(mean, log_variance):
    """Kullback-Leibler divergence of a normal distribution from N(0, 1).

    `-0.5 * sum(1 + log v - m^2 - v)` over the numbers of a code.

    Args:
        mean: (B, S) float, m.
        log_variance: (B, S) float, log v.

    Returns:
        (B,) float32; 0 if m is 0 and v is 1.

    Paper: Kingma and Welling 2014, appendix B; DRIT (Lee et al. 2018), L_KL.
    Differs from DRIT's code: DRIT also sums over the batch.

    Examples:
        >>> normal_divergence(np.ones((1, 2)), np.zeros((1, 2))).numpy().item()
        1.0
    """
    mean, log_variance = exact(mean), exact(log_variance)
    inner = 1.0 + log_variance - tf.square(mean) - tf.exp(log_variance)
    return -0.5 * sum_over(inner, (1,))


def mean_square(values):
    """Mean of the squares of a code's numbers.

    Args:
        values: (B, ...) float.

    Returns:
        (B,) float32; 0 if all values are 0.

    Paper: none. DRIT's code keeps contents near 0 with this loss. It does the
    same for attributes that are not drawn from a distribution.
    """
    return mean_per_example(tf.square(exact(values)))


def mode_seeking(first, second, code, other):
    """How alike two translations are for how far apart their codes are.

    `1 / (mean |image - image'| / mean |code - code'| + 1e-5)`

    Args:
        first: (B, H, W, C) float, translations with `code`.
        second: (B, H, W, C) float, translations of the same images with
            `other`.
        code: (B, S) float.
        other: (B, S) float.

    Returns:
        (B,) float32, at most 1e5.

    Paper: Mao et al. 2019, Eq. (5); DRIT++ (Lee et al. 2020), L_ms.
    Differs from the paper: it is the inverse, to be minimised, as in the
    authors' codes. From DRIT's code: the means are over one example, not over
    the batch.

    Examples:
        >>> images, codes = np.ones((1, 2, 2, 3)), np.ones((1, 8))
        >>> round(mode_seeking(images, 0 * images, 2 * codes, 0 * codes)
        ...       .numpy().item(), 3)
        2.0
    """
    return 1.0 / (l1(first, second) / l1(code, other) + _SMALLEST_RATIO)
