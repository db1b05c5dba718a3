"""GuideGAN, Eq. (2): attention without parameters, from features."""

import tensorflow as tf

from tfmask.ops.precision import exact
from tfmask.ops.soft_masks import min_max


def post_hoc_attention(features):
    """The mean size of the features at each place, from 0 to 1 an image.

    `min_max(mean_c |F_c|)`.

    Args:
        features: (B, h, w, C) float, activations of a discriminator.

    Returns:
        (B, h, w, 1) float32 in [0, 1]; 0 if all places are alike.

    Paper: GuideGAN, Eq. (2), post hoc attention g.
    Differs from the paper: nothing is added to the divisor.

    Examples:
        >>> features = np.array([1.0, -3.0, 2.0]).reshape(1, 1, 3, 1)
        >>> post_hoc_attention(features).numpy().ravel().tolist()
        [0.0, 1.0, 0.5]
    """
    sizes = tf.abs(exact(features))
    return min_max(tf.reduce_mean(sizes, axis=-1, keepdims=True))
