"""LPIPS on given features: by hand and by its identities."""

import numpy as np
import pytest

from tfmask.metrics import perceptual_distance, perceptual_diversity

WEIGHTS = [np.array([0.5, 1.0, 0.0, 2.0]), np.array([1.5, 0.25, 1.0])]


def taps(seed, count=3):
    """What two ReLUs of different size gave of `count` images."""
    random = np.random.default_rng(seed)
    shapes = (count, 4, 5, 4), (count, 2, 2, 3)
    return [np.maximum(random.normal(size=s), 0.0) for s in shapes]


def test_values_by_hand():
    # Directions (3, 4) / 5 and (0, 1) at one position, equal at the other.
    first = np.array([[[[3.0, 4.0], [1.0, 1.0]]]])
    second = np.array([[[[0.0, 2.0], [5.0, 5.0]]]])
    weight = np.array([10.0, 100.0])
    expected = (10.0 * 0.6**2 + 100.0 * 0.2**2) / 2
    distance = perceptual_distance([first], [second], [weight])
    np.testing.assert_allclose(distance, [expected], rtol=1e-9)
    twice = perceptual_distance([first] * 2, [second] * 2, [weight] * 2)
    np.testing.assert_allclose(twice, [2 * expected], rtol=1e-9)


def test_identities():
    first, second = taps(0), taps(1)
    expected = perceptual_distance(first, second, WEIGHTS)
    assert expected.shape == (3,) and (expected > 0).all()
    assert (perceptual_distance(first, first, WEIGHTS) == 0).all()
    distance = perceptual_distance(second, first, WEIGHTS)
    np.testing.assert_allclose(distance, expected, rtol=1e-12)
    twice = [2.0 * weight for weight in WEIGHTS]
    distance = perceptual_distance(first, second, twice)
    np.testing.assert_allclose(distance, 2.0 * expected, rtol=1e-12)
    random = np.random.default_rng(2)
    longer = [
        tap * random.uniform(0.5, 2.0, (*tap.shape[:3], 1)) for tap in first
    ]
    distance = perceptual_distance(longer, second, WEIGHTS)
    np.testing.assert_allclose(distance, expected, rtol=1e-8)


def test_weights_of_one_measure_the_angle():
    first, second = (x[0] + 0.1 for x in (taps(0), taps(1)))
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    cosines = np.sum(first * second, axis=-1) / lengths
    distance = perceptual_distance([first], [second], [np.ones(4)])
    np.testing.assert_allclose(
        distance, (2 - 2 * cosines).mean((1, 2)), rtol=1e-8
    )
    assert (distance >= 0).all() and (distance <= 2).all()


def test_positions_without_features_are_no_nan():
    nothing = [np.zeros_like(tap) for tap in taps(0)]
    assert (perceptual_distance(nothing, nothing, WEIGHTS) == 0).all()
    distance = perceptual_distance(nothing, taps(0), WEIGHTS)
    assert np.isfinite(distance).all()


def test_diversity_is_the_distance_of_pairs():
    outputs = taps(3, count=4)
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    one, other = (
        [tap[[pair[side] for pair in pairs]] for tap in outputs]
        for side in (0, 1)
    )
    expected = perceptual_distance(one, other, WEIGHTS)
    diversity = perceptual_diversity(outputs, WEIGHTS)
    np.testing.assert_allclose(diversity, expected, rtol=1e-12)
    some = perceptual_diversity(outputs, WEIGHTS, pairs=[(3, 1), (2, 2)])
    np.testing.assert_allclose(some, [expected[4], 0.0], rtol=1e-12)
    same = [np.repeat(tap[:1], 4, axis=0) for tap in outputs]
    assert (perceptual_diversity(same, WEIGHTS) == 0).all()


def test_what_does_not_belong_together_is_refused():
    first, second = taps(0), taps(1)
    with pytest.raises(ValueError, match="Got: 2 taps and weights for 1"):
        perceptual_distance(first, second, WEIGHTS[:1])
    with pytest.raises(ValueError, match="must have the same shapes"):
        perceptual_distance(first, taps(1, count=2), WEIGHTS)
    with pytest.raises(ValueError, match=r"with \(C,\) weights"):
        perceptual_distance(first, second, WEIGHTS[::-1])
    with pytest.raises(ValueError, match="0 or more. Got: -2.0"):
        perceptual_distance(first, second, [-WEIGHTS[0], WEIGHTS[1]])
    with pytest.raises(ValueError, match="2 outputs or more. Got: 1"):
        perceptual_diversity(taps(0, count=1), WEIGHTS)
