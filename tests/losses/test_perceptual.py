"""The perceptual loss: by its formula, and the style that it ignores."""

import numpy as np

from tfmask.losses import domain_invariant

RNG = np.random.default_rng(0)
ONE, OTHER = RNG.normal(1.0, 2.0, (2, 3, 4, 5, 6)).astype("float32")


def normalized(features):
    mean = features.mean((1, 2), keepdims=True)
    variance = features.var((1, 2), keepdims=True)
    return (features - mean) / np.sqrt(variance + 1e-5)


def test_mean_square_of_what_instance_normalisation_leaves():
    got = domain_invariant(ONE, OTHER)
    apart = (normalized(ONE) - normalized(OTHER)) ** 2
    assert got.shape == (3,)
    np.testing.assert_allclose(got, apart.mean((1, 2, 3)), rtol=1e-5)


def test_a_channels_mean_and_scale_are_ignored():
    scale, offset = RNG.uniform(1, 3, 6), RNG.normal(size=6)
    moved = (ONE * scale + offset).astype("float32")
    np.testing.assert_allclose(domain_invariant(moved, ONE), 0.0, atol=1e-6)


def test_half_precision_is_computed_in_float32():
    got = domain_invariant(ONE.astype("float16"), OTHER.astype("float16"))
    assert got.dtype == "float32"
    np.testing.assert_allclose(got, domain_invariant(ONE, OTHER), rtol=1e-2)
