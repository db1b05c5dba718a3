"""Losses of codes against NumPy written from the formulas."""

import numpy as np
import pytest

from tfmask.losses import (
    mean_square,
    mode_seeking,
    normal_divergence,
    vanilla_undecided,
)

RNG = np.random.default_rng(0)
M, V = RNG.normal(0, 1, (2, 3, 8)).astype("float32")


def test_divergence_from_the_normal_distribution():
    expected = -0.5 * (1 + V - M**2 - np.exp(V)).sum(1)
    np.testing.assert_allclose(normal_divergence(M, V), expected, rtol=1e-5)
    # By sampling: the mean of log q(z) - log p(z).
    z = M[0] + np.exp(V[0] / 2) * RNG.normal(0, 1, (200_000, 8))
    log_q = -((z - M[0]) ** 2) / np.exp(V[0]) / 2 - V[0] / 2
    sampled = (log_q + z**2 / 2).sum(1).mean()
    assert sampled == pytest.approx(float(expected[0]), rel=0.02)
    assert not normal_divergence(0 * M, 0 * V).numpy().any()


def test_mean_square():
    maps = RNG.normal(0, 1, (2, 5, 4, 3)).astype("float32")
    expected = (maps**2).mean((1, 2, 3))
    np.testing.assert_allclose(mean_square(maps), expected, rtol=1e-5)


def test_mode_seeking_is_the_inverse_of_images_by_codes():
    first, second = RNG.uniform(-1, 1, (2, 3, 4, 4, 3)).astype("float32")
    apart = np.abs(first - second).mean((1, 2, 3)) / np.abs(M - V).mean(1)
    expected = 1 / (apart + 1e-5)
    np.testing.assert_allclose(
        mode_seeking(first, second, M, V), expected, rtol=1e-5
    )
    np.testing.assert_allclose(mode_seeking(first, first, M, V), 1e5, rtol=1e-3)


def test_undecided_is_the_cross_entropy_to_a_half():
    scores = [3 * RNG.normal(0, 1, (2, h, h, 1)) for h in (3, 2)]
    chance = [1 / (1 + np.exp(-values)) for values in scores]
    expected = sum(
        -0.5 * (np.log(p) + np.log(1 - p)).mean((1, 2, 3)) for p in chance
    )
    np.testing.assert_allclose(vanilla_undecided(scores), expected, rtol=1e-5)
