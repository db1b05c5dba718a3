"""Adversarial losses: least squares, and cross-entropy of logits."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact


def lsgan_generator(fake):
    """How far a discriminator is from taking translations for real.

    `mean((D(fake) - 1)^2)` over the map of scores.

    Args:
        fake: (B, ...) float, scores of translations, unbounded.

    Returns:
        (B,) float32, 0 where every score is 1.

    Paper: Mao et al. 2017, Eq. (9) without the factor 1/2; CycleGAN and
    attention-guided train with this form.
    Differs from the authors' code: no.

    Example:
        >>> lsgan_generator(np.full((1, 2, 2, 1), 0.5)).numpy().tolist()
        [0.25]
    """
    return mean_per_example(tf.square(exact(fake) - 1.0))


def lsgan_discriminator(real, fake):
    """How badly a discriminator tells real images from translations.

    `0.5 * (mean((D(real) - 1)^2) + mean(D(fake)^2))`

    Args:
        real: (B, ...) float, scores of real images.
        fake: (B, ...) float, scores of (remembered) translations.

    Returns:
        (B,) float32, 0 where real scores are 1 and fake ones 0.

    Paper: Mao et al. 2017, Eq. (9); halved as in CycleGAN's code.
    Differs from the authors' code: no.

    Example:
        >>> half = np.full((1, 2, 2, 1), 0.5)
        >>> lsgan_discriminator(half, half).numpy().tolist()
        [0.25]
    """
    real, fake = exact(real), exact(fake)
    return 0.5 * (
        mean_per_example(tf.square(real - 1.0))
        + mean_per_example(tf.square(fake))
    )


def vanilla_generator(fake):
    """How far a discriminator is from taking translations for real.

    Cross-entropy against "real", `mean(log(1 + exp(-D(fake))))`: the
    generator's non-saturating loss.

    Args:
        fake: (B, ...) float, logits of translations.

    Returns:
        (B,) float32.

    Paper: Goodfellow et al. 2014, section 3; pix2pix, section 3.3.
    Differs from the authors' code: no.

    Example:
        >>> vanilla_generator(np.zeros((1, 2, 2, 1))).numpy().round(6).tolist()
        [0.6931470036506653]
    """
    return mean_per_example(tf.nn.softplus(-exact(fake)))


def vanilla_discriminator(real, fake):
    """How badly a discriminator tells real images from translations.

    `0.5 * (cross-entropy of D(real) and 1 + cross-entropy of D(fake) and 0)`

    Args:
        real: (B, ...) float, logits of real images.
        fake: (B, ...) float, logits of translations.

    Returns:
        (B,) float32, ln 2 where every logit is 0.

    Paper: Goodfellow et al. 2014, Eq. (1); halved as in pix2pix, section 3.3.
    Differs from the authors' code: no.

    Example:
        >>> zero = np.zeros((1, 2, 2, 1))
        >>> vanilla_discriminator(zero, zero).numpy().round(6).tolist()
        [0.6931470036506653]
    """
    real, fake = exact(real), exact(fake)
    return 0.5 * (
        mean_per_example(tf.nn.softplus(-real))
        + mean_per_example(tf.nn.softplus(fake))
    )
