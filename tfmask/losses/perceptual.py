"""How far two images' features are apart, whatever their looks."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact, normalized

_EPSILON = 1e-5


def domain_invariant(features, others):
    """Mean squared difference of instance-normalised features.

    Instance normalisation removes the mean and variance of each channel over
    the image. They tell much about the style and domain of a picture.

    Args:
        features: (B, h, w, C) float, features of any network.
        others: (B, h, w, C) float.

    Returns:
        (B,) float32, 0 or more.

    Paper: Huang et al. 2018 (MUNIT), section 5.1, "domain-invariant
    perceptual loss". Differs from the paper: no.
    """
    one, other = (
        normalized(exact(values), (2, 1), _EPSILON)
        for values in (features, others)
    )
    return mean_per_example(tf.square(one - other))
