"""Inception Score (IS) and its conditional form (CIS) of class probabilities.

The meaning of the scores depends on the classifier. ImageNet's classes say
little about faces. So papers on faces fine-tune a classifier on classes of
their domain.
"""

from typing import NamedTuple

import numpy as np
from scipy import special


class InceptionScore(NamedTuple):
    """Numbers of `inception_score`.

    Attributes:
        score: float in [1, C], the mean over parts of `exp(mean KL)`: IS.
        score_std: float, standard deviation over parts (`ddof` 0).
        mean_kl: float in [0, log C], the mean over all images, WITHOUT the
            exponential. LOMIT's table must print this number, because its
            values are below 1.
        mean_kl_std: float, standard deviation over images (`ddof` 0).
    """

    score: float
    score_std: float
    mean_kl: float
    mean_kl_std: float


class ConditionalInceptionScore(NamedTuple):
    """Numbers of `conditional_inception_score`.

    Attributes:
        score: float in [1, C], `exp(mean_kl)`.
        mean_kl: float in [0, log C], without the exponential.
        mean_kl_std: float, standard deviation over images (`ddof` 0).
        between_kl: float, the part that the inputs add. `mean_kl + between_kl`
            is the `mean_kl` of `inception_score`.
    """

    score: float
    mean_kl: float
    mean_kl_std: float
    between_kl: float


def softmax(logits):
    """(..., C) logits to probabilities, float64."""
    return special.softmax(np.asarray(logits, np.float64), axis=-1)


def inception_score(probabilities, *, splits=10):
    """IS, and the mean divergence that it is the exponential of.

    The divergence is `KL(p_i || p)`. `p_i` are the classes of an image, and `p`
    is their average. For the score, `p` is the average over a part of the
    images; for `mean_kl`, over all images. The score is low if a part has few
    images. Papers take 50,000 images in all.

    Args:
        probabilities: (N, C), one image in each row.
        splits: int, number of consecutive parts. Part k has the rows floor(k N
            / splits) to floor((k + 1) N / splits).

    Returns:
        `InceptionScore`.

    Raises:
        ValueError: the values are no probabilities, or there are more parts
            than images.

    Paper: Salimans et al. 2016; `mean_kl`: LOMIT, Table 1.
    Differs from the paper: no. Other libraries shuffle first. Shuffle your
        images if they are sorted.
    """
    probabilities = _checked(probabilities, 2)
    count = len(probabilities)
    if not 1 <= splits <= count:
        raise ValueError(
            f"`splits` must be 1 to {count}, the number of images. "
            f"Got: {splits}"
        )
    bounds = np.arange(splits + 1) * count // splits
    parts = np.split(probabilities, bounds[1:-1])
    scores = [np.exp(np.mean(_divergence(part))) for part in parts]
    divergence = _divergence(probabilities)
    return InceptionScore(
        float(np.mean(scores)),
        float(np.std(scores)),
        float(np.mean(divergence)),
        float(np.std(divergence)),
    )


def conditional_inception_score(probabilities):
    """CIS: how different the outputs of ONE input are.

    The divergence is `KL(p(y | output) || p(y | input))`. The second
    distribution is the average over the outputs of that input. With one output
    for each input, it is 0.

    Args:
        probabilities: (N, K, C), of K outputs for each of N inputs.

    Returns:
        `ConditionalInceptionScore`.

    Raises:
        ValueError: the values are no probabilities.

    Paper: Huang et al. 2018 (MUNIT).
    Differs from the paper: no. From the authors' code: their code prints the
        exponential, but the paper does not have it. Here are both numbers.
    """
    probabilities = _checked(probabilities, 3)
    divergence = _divergence(probabilities)
    mean = np.mean(divergence)
    return ConditionalInceptionScore(
        float(np.exp(mean)),
        float(mean),
        float(np.std(divergence)),
        float(np.mean(_divergence(np.mean(probabilities, axis=1)))),
    )


def _divergence(probabilities):
    """`KL(p_i || mean of p)` over the last axis but one: (..., N)."""
    average = np.mean(probabilities, axis=-2, keepdims=True)
    # The smallest probabilities, divided by N, would be 0.
    average = np.maximum(average, np.finfo(np.float64).tiny)
    return special.rel_entr(probabilities, average).sum(axis=-1)


def _checked(probabilities, rank):
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim != rank or 0 in probabilities.shape:
        axes = "(N, C)" if rank == 2 else "(N, K, C)"
        raise ValueError(
            f"`probabilities` must be {axes}. Got: {probabilities.shape}"
        )
    sums = probabilities.sum(axis=-1)
    # `not (...)` catches NaN as well.
    if not (probabilities.min() >= 0.0 and np.abs(sums - 1.0).max() < 1e-3):
        raise ValueError(
            "`probabilities` must be 0 or more and add up to 1 (logits need "
            f"`softmax`). Got values from {probabilities.min()} and sums from "
            f"{sums.min()} to {sums.max()}"
        )
    return probabilities / sums[..., None]
