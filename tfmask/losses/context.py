"""InstaGAN's context loss, Eq. (4): what surrounds the instances stays."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.instances import EMPTY, union
from tfmask.ops.precision import exact


def background_weight(masks, translated, *, binary=False):
    """How much a pixel's change counts: not at all inside of an instance.

    `w = 1 - clip(sum over both sets of (mask + 1) / 2, 0, 1)`. Instances that
    overlap count once.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1], before the translation.
        translated: (B, N, H, W, 1) float in [-1, 1], after it.
        binary: bool; cuts the masks at 0, as in the paper's text. Then no
            gradient reaches the masks. False: the weight is soft, as in the
            authors' code.

    Returns:
        (B, H, W, 1) float in [0, 1].

    Paper: Mo, Cho, Shin 2019, Eq. (4), w(a, b').
    Differs from the paper: it is soft by default. The text says "1 - minimum",
    but its explanation and the authors' code take the union.

    Examples:
        >>> inside = np.ones((1, 1, 1, 1, 1))
        >>> background_weight(-inside, -inside).numpy().item()
        1.0
        >>> background_weight(inside, -inside).numpy().item()
        0.0
    """
    both = tf.concat([masks, translated], axis=1)
    if binary:
        both = tf.stop_gradient(tf.where(both > 0, 1.0, EMPTY))
    return 1.0 - union(both)


def context(image, translated, background):
    """Weighted mean absolute difference of two images.

    `mean(w * |x - y|)` over all pixels and channels. Pixels of weight 0 count
    in the divisor.

    Args:
        image: (B, H, W, C) float.
        translated: (B, H, W, C) float.
        background: (B, H, W, 1) float in [0, 1], w of `background_weight`.

    Returns:
        (B,) float32.

    Paper: Mo, Cho, Shin 2019, Eq. (4).

    Examples:
        >>> context(np.ones((1, 2, 2, 3)), np.zeros((1, 2, 2, 3)),
        ...         np.full((1, 2, 2, 1), 0.5)).numpy().tolist()
        [0.5]
    """
    difference = tf.abs(exact(image) - exact(translated))
    return mean_per_example(tf.cast(background, difference.dtype) * difference)
