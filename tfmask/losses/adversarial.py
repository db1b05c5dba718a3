"""Adversarial losses: least squares, and cross-entropy of logits.

Scores are one map or a list of maps, as in a `Judgement`. The losses of several
maps (scales or heads) are added, as in MUNIT, DRIT and U-GAT-IT.
"""

import tensorflow as tf

from tfmask.losses.reduce import mean_of_scores


def lsgan_generator(fake):
    """How far a discriminator is from taking translations for real.

    `mean((D(fake) - 1)^2)` over the map of scores.

    Args:
        fake: (B, ...) float, or a list of such arrays: unbounded scores of
            translations.

    Returns:
        (B,) float32; 0 if every score is 1.

    Paper: Mao et al. 2017, Eq. (9) without the factor 1/2; CycleGAN and
    attention-guided translation use this form.
    Differs from the authors' code: no.

    Examples:
        >>> lsgan_generator(np.full((1, 2, 2, 1), 0.5)).numpy().tolist()
        [0.25]
    """
    return mean_of_scores(_square_to_one, fake)


def lsgan_discriminator(real, fake):
    """How badly a discriminator tells real images from translations.

    `0.5 * (mean((D(real) - 1)^2) + mean(D(fake)^2))`

    Args:
        real: (B, ...) float, or a list of such arrays: scores of real images.
        fake: (B, ...) float, or a list of such arrays: scores of translations,
            which may be remembered ones.

    Returns:
        (B,) float32; 0 if all real scores are 1 and all fake scores are 0.

    Paper: Mao et al. 2017, Eq. (9); halved as in CycleGAN's code.
    Differs from the authors' code: no.

    Examples:
        >>> half = np.full((1, 2, 2, 1), 0.5)
        >>> lsgan_discriminator(half, half).numpy().tolist()
        [0.25]
    """
    return 0.5 * (
        mean_of_scores(_square_to_one, real) + mean_of_scores(tf.square, fake)
    )


def vanilla_generator(fake):
    """How far a discriminator is from taking translations for real.

    It is the cross-entropy against "real", `mean(log(1 + exp(-D(fake))))`. This
    is the non-saturating loss of the generator.

    Args:
        fake: (B, ...) float, or a list of such arrays: logits of translations.

    Returns:
        (B,) float32.

    Paper: Goodfellow et al. 2014, section 3; pix2pix, section 3.3.
    Differs from the authors' code: no.

    Examples:
        >>> vanilla_generator(np.zeros((1, 2, 2, 1))).numpy().round(6).tolist()
        [0.6931470036506653]
    """
    return mean_of_scores(_softplus_below, fake)


def vanilla_discriminator(real, fake):
    """How badly a discriminator tells real images from translations.

    `0.5 * (cross-entropy of D(real) and 1 + cross-entropy of D(fake) and 0)`

    Args:
        real: (B, ...) float, or a list of such arrays: logits of real images.
        fake: (B, ...) float, or a list of such arrays: logits of translations.

    Returns:
        (B,) float32; ln 2 if every logit is 0.

    Paper: Goodfellow et al. 2014, Eq. (1); halved as in pix2pix, section 3.3.
    Differs from the authors' code: no.

    Examples:
        >>> zero = np.zeros((1, 2, 2, 1))
        >>> vanilla_discriminator(zero, zero).numpy().round(6).tolist()
        [0.6931470036506653]
    """
    return 0.5 * (
        mean_of_scores(_softplus_below, real)
        + mean_of_scores(tf.nn.softplus, fake)
    )


def vanilla_undecided(scores):
    """How far a discriminator is from not knowing what it judges.

    It is the cross-entropy against a chance of one half,
    `mean(0.5 * log(1 + exp(D)) + 0.5 * log(1 + exp(-D)))`.

    Args:
        scores: (B, ...) float, or a list of such arrays: logits.

    Returns:
        (B,) float32, ln 2 or more.

    Paper: DRIT (Lee et al. 2018), Eq. (2). Differs from the authors' code:
    no.

    Examples:
        >>> vanilla_undecided(np.zeros((1, 2, 2, 1))).numpy().round(6).tolist()
        [0.6931470036506653]
    """
    return mean_of_scores(
        lambda values: 0.5 * (tf.nn.softplus(values) + _softplus_below(values)),
        scores,
    )


def _square_to_one(scores):
    return tf.square(scores - 1.0)


def _softplus_below(scores):
    return tf.nn.softplus(-scores)
