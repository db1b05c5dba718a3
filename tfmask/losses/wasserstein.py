"""Wasserstein losses of a critic, and the penalty that keeps it smooth."""

import tensorflow as tf

from tfmask.losses.reduce import mean_of_scores, score_maps
from tfmask.ops.precision import exact, sum_over

# Below this square of its norm, a gradient counts as 0. The root has no
# derivative at 0.
_SMALLEST = 1e-24


def wasserstein_generator(fake):
    """How low a critic scores translations: `-mean(D(fake))`.

    Args:
        fake: (B, ...) float, or a list of such arrays: unbounded scores of
            translations.

    Returns:
        (B,) float32, unbounded.

    Paper: Arjovsky et al. 2017; StarGAN, Eq. (8).
    Differs from the authors' code: no.

    Examples:
        >>> wasserstein_generator(np.full((1, 2, 2, 1), 0.5)).numpy().tolist()
        [-0.5]
    """
    return -mean_of_scores(tf.identity, fake)


def wasserstein_critic(real, fake):
    """How badly a critic tells real images from translations.

    `mean(D(fake)) - mean(D(real))`, without the penalty.

    Args:
        real: (B, ...) float, or a list of such arrays: scores of real images.
        fake: (B, ...) float, or a list of such arrays: scores of translations.

    Returns:
        (B,) float32, unbounded below.

    Paper: Arjovsky et al. 2017; StarGAN, Eq. (8).
    Differs from the authors' code: no.

    Examples:
        >>> one = np.ones((1, 2, 2, 1))
        >>> wasserstein_critic(3 * one, one).numpy().tolist()
        [-2.0]
    """
    return mean_of_scores(tf.identity, fake) - mean_of_scores(tf.identity, real)


def gradient_penalty(critic, real, fake, mix):
    """How far the critic's slope between real and fake images is from 1.

    The penalty is `(||g||_2 - 1)^2`. Here `x = mix * real + (1 - mix) * fake`,
    and g is the gradient of the SUM of all scores of x with respect to x. The
    norm is over all pixels and channels of an example. An example must not
    influence the scores of other examples (no batch normalisation).

    Args:
        critic: function of (B, H, W, C) images. It returns scores (B, ...), or
            a list of such arrays.
        real: (B, H, W, C) float.
        fake: (B, H, W, C) float. Neither `real` nor `fake` gets a gradient.
        mix: (B,) float in [0, 1), uniform, one number for each example.

    Returns:
        (B,) float32; 0 if the slope is 1. It is differentiable with respect to
        the critic's weights.

    Paper: Gulrajani et al. 2017, Eq. (3); StarGAN, Eq. (8); LOMIT, Eq. (10).
    Differs from the papers: no. From the authors' code: no.
    """
    real, fake = exact(real), exact(fake)
    mix = tf.reshape(tf.cast(mix, real.dtype), [-1, 1, 1, 1])
    between = tf.stop_gradient(mix * real + (1.0 - mix) * fake)
    with tf.GradientTape() as tape:
        tape.watch(between)
        scores = tf.add_n(
            [tf.reduce_sum(scores) for scores in score_maps(critic(between))]
        )
    slope = tape.gradient(scores, between)
    squared = sum_over(tf.square(slope), (2, 1, 3))
    return tf.square(tf.sqrt(tf.maximum(squared, _SMALLEST)) - 1.0)
