"""How far two images are apart."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact


def l2(images, others):
    """Mean squared difference over pixels and channels.

    Args:
        images: (B, H, W, C) float.
        others: (B, H, W, C) float.

    Returns:
        (B,) float32.

    Paper: DiscoGAN, Eqs. (3) and (4).

    Examples:
        >>> two, zero = 2 * np.ones((1, 2, 2, 3)), np.zeros((1, 2, 2, 3))
        >>> l2(two, zero).numpy().tolist()
        [4.0]
    """
    return mean_per_example(tf.square(exact(images) - exact(others)))


def l1(images, others):
    """Mean absolute difference over pixels and channels.

    Args:
        images: (B, H, W, C) float.
        others: (B, H, W, C) float.

    Returns:
        (B,) float32.

    Paper: CycleGAN, Eq. (2); attention-guided, Eq. (3).

    Examples:
        >>> l1(np.ones((1, 2, 2, 3)), np.zeros((1, 2, 2, 3))).numpy().tolist()
        [1.0]
    """
    return mean_per_example(tf.abs(exact(images) - exact(others)))
