"""LPIPS: distance of images by the features of a network, and diversity.

This module has no network. The caller passes the features of every layer
("tap") that counts, and one weight for each channel. Zhang et al. 2018 take
AlexNet or VGG16 after ReLUs, and learnt weights. The input of these networks is
`(x - (-0.030, -0.088, -0.188)) / (0.458, 0.448, 0.450)` of RGB in [-1, 1].
"""

import itertools

import numpy as np


def perceptual_distance(first, second, weights, *, epsilon=1e-10):
    """LPIPS of pairs of images.

    The features are divided by their length at every position. Their squared
    differences are weighted by channel, averaged over positions and added over
    taps.

    Args:
        first: list of (N, H, W, C) float, one array for each tap. Taps may have
            different sizes.
        second: list of arrays of the same shapes.
        weights: list of (C,) float, 0 or more, one array for each tap.
        epsilon: float, added to lengths. So a position without any feature is
            0, not NaN.

    Returns:
        (N,) float64, 0 or more.

    Raises:
        ValueError: the arrays do not belong together.

    Paper: Zhang et al. 2018, Eq. (1).
    Differs from the paper: no. From the authors' code: no.
    """
    _check(first, weights)
    _check(second, weights)
    shapes = [[np.shape(tap) for tap in taps] for taps in (first, second)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "`first` and `second` must have the same shapes. "
            f"Got: {shapes[0]} and {shapes[1]}"
        )
    return sum(
        _weighted(_units(x, epsilon) - _units(y, epsilon), weight)
        for x, y, weight in zip(first, second, weights, strict=True)
    )


def perceptual_diversity(features, weights, *, pairs=None, epsilon=1e-10):
    """LPIPS between outputs of one input: how much they differ.

    Papers average it over 100 inputs with 19 random pairs each. If all outputs
    are equal, it is exactly 0.

    Args:
        features: list of (N, H, W, C) float, features of N outputs, one array
            for each tap.
        weights: list of (C,) float, 0 or more, one array for each tap.
        pairs: (P, 2) int, the outputs to compare. None: each output with every
            other one.
        epsilon: see `perceptual_distance`.

    Returns:
        (P,) float64; their mean is the diversity.

    Raises:
        ValueError: the arrays do not belong together, or there is no pair.

    Paper: Huang et al. 2018 (MUNIT), after BicycleGAN.
    Differs from the paper: no.
    """
    _check(features, weights)
    if pairs is None:
        pairs = list(itertools.combinations(range(len(features[0])), 2))
    if len(pairs) == 0:
        raise ValueError(
            f"Diversity needs 2 outputs or more. Got: {len(features[0])}"
        )
    total = np.zeros(len(pairs))
    for tap, weight in zip(features, weights, strict=True):
        units = _units(tap, epsilon)
        for number, (one, other) in enumerate(pairs):
            apart = units[one] - units[other]
            total[number] += _weighted(apart[None], weight)[0]
    return total


def _units(tap, epsilon):
    tap = np.asarray(tap, np.float64)
    return tap / (np.linalg.norm(tap, axis=-1, keepdims=True) + epsilon)


def _weighted(apart, weight):
    """(N, H, W, C) differences to (N,)."""
    weight = np.asarray(weight, np.float64)
    return (apart**2 @ weight).mean(axis=(1, 2))


def _check(taps, weights):
    if len(taps) != len(weights) or len(taps) == 0:
        raise ValueError(
            "There must be weights for every tap, and 1 or more of both. "
            f"Got: {len(taps)} taps and weights for {len(weights)}"
        )
    for tap, weight in zip(taps, weights, strict=True):
        shape, weight = np.shape(tap), np.asarray(weight)
        if len(shape) != 4 or weight.shape != shape[-1:]:
            raise ValueError(
                "Taps must be (N, H, W, C) with (C,) weights. "
                f"Got: {shape} and {weight.shape}"
            )
        if weight.min() < 0.0:
            raise ValueError(f"Weights must be 0 or more. Got: {weight.min()}")
