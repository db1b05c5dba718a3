"""How far two images' features are apart, whatever their looks."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact, normalized

_EPSILON = 1e-5


def domain_invariant(features, others):
    """Mean squared difference of instance-normalised features.

    Without a channel's mean and variance over the image, which tell much of
    a picture's style and domain.

    Args:
        features: (B, h, w, C) float, of some network.
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
