"""InstaGAN's context loss: what surrounds the instances stays."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example


def context(image, translated, background):
    """Weighted mean absolute difference of two images.

    `mean(w * |x - y|)` over all pixels and channels, also those of weight 0.

    Args:
        image: (B, H, W, C) float.
        translated: (B, H, W, C) float.
        background: (B, H, W, 1) float in [0, 1], w.

    Returns:
        (B,) float32.

    Paper: Mo, Cho, Shin 2019, Eq. (4).

    Example:
        >>> context(np.ones((1, 2, 2, 3)), np.zeros((1, 2, 2, 3)),
        ...         np.full((1, 2, 2, 1), 0.5)).numpy().tolist()
        [0.5]
    """
    difference = tf.abs(
        tf.cast(image, tf.float32) - tf.cast(translated, tf.float32)
    )
    return mean_per_example(tf.cast(background, tf.float32) * difference)
