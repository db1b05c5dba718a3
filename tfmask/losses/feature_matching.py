"""How far a discriminator's features of two batches are apart."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.distribution import replica_mean
from tfmask.ops.precision import exact, mean_over


def feature_matching(real, fake):
    """Squared differences of the batches' mean features, summed over layers.

    `sum over layers of mean((mean_b f(real) - mean_b f(fake))^2)`: the means
    mean_b are over the global batch, at each place and channel. With a batch of
    one, it compares one image with one image.

    Args:
        real: list of (B, h, w, C) float, features of real images, one array for
            each layer.
        fake: list of the same form, features of translations.

    Returns:
        Scalar float32; 0 if both batches hold the same features, in any order.

    Paper: Salimans et al. 2016, Eq. (1). The paper has one layer.
    Differs from the authors' code: DiscoGAN's code computes the same as a hinge
    embedding loss with the label 1.

    Examples:
        >>> maps = np.array([1.0, 3.0], "float32").reshape(2, 1, 1, 1)
        >>> float(feature_matching([maps], [maps + 2.0]))
        4.0
    """
    losses = [
        mean_per_example(tf.square(_batch_mean(one) - _batch_mean(other)))[0]
        for one, other in zip(real, fake, strict=True)
    ]
    return tf.add_n(losses)


def _batch_mean(features):
    return replica_mean(mean_over(exact(features), (0,), keepdims=True))
