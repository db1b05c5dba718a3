"""How far a soft mask is from a true one."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact, sum_over

# The logarithm sees no float32 mask nearer to 0 or 1 than this.
_EDGE = 1e-6


def mask_cross_entropy(mask, region):
    """Mean of `-(r log m + (1 - r) log(1 - m))` over the pixels.

    Args:
        mask: (B, H, W, 1) float in [0, 1].
        region: (B, H, W, 1) float in [0, 1], the truth.

    Returns:
        (B,) float32. m stays 1e-6 away from 0 and 1.

    Examples:
        >>> half = np.full((1, 2, 2, 1), 0.5)
        >>> mask_cross_entropy(half, half).numpy().round(4)
        array([0.6931], dtype=float32)
    """
    mask = tf.clip_by_value(exact(mask), _EDGE, 1.0 - _EDGE)
    region = tf.cast(region, mask.dtype)
    likelihood = region * tf.math.log(mask)
    likelihood += (1.0 - region) * tf.math.log(1.0 - mask)
    return mean_per_example(-likelihood)


def dice(mask, region):
    """`1 - (2 sum m r + 1) / (sum m + sum r + 1)`: 0 for equal binary masks.

    Args:
        mask: (B, H, W, 1) float in [0, 1].
        region: (B, H, W, 1) float in [0, 1], the truth.

    Returns:
        (B,) float32 in [0, 1).

    Paper: V-Net (Milletari et al. 2016), Eq. (3).
    Differs from the paper: the denominator has sums, not squares. Both sides
    have + 1, so two empty masks count as equal.

    Examples:
        >>> dice(np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1, 1))).numpy().tolist()
        [0.5]
    """
    mask = exact(mask)
    region = tf.cast(region, mask.dtype)
    pixels = (2, 1, 3)
    both = sum_over(mask * region, pixels)
    total = sum_over(mask, pixels) + sum_over(region, pixels)
    return 1.0 - (2.0 * both + 1.0) / (total + 1.0)
