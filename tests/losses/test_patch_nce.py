"""The contrast of patches: the formula, its limits, its gradients."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import patch_nce

RNG = np.random.default_rng(0)


def units(*shape):
    vectors = RNG.normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def by_hand(queries, keys, temperature, official=False):
    """Eq. (3), query by query; the official code's logits on demand."""
    losses = []
    for own, others in zip(queries, keys, strict=True):
        terms = []
        for place, query in enumerate(own):
            logits = others @ query
            positive = logits[place]
            if official:
                logits[place] = -10.0
                logits = np.append(logits, positive)
            shares = np.exp(logits / temperature)
            terms.append(-np.log(np.exp(positive / temperature) / shares.sum()))
        losses.append(np.mean(terms))
    return losses


@pytest.mark.both_stacks
@pytest.mark.parametrize("official", [False, True])
@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_it_is_the_formula(temperature, official):
    queries, keys = units(2, 6, 4), units(2, 6, 4)
    loss = patch_nce(tf.constant(queries), tf.constant(keys), temperature)
    expected = by_hand(queries, keys, temperature, official)
    np.testing.assert_allclose(loss, expected, rtol=1e-8)


def test_patches_that_are_told_apart_cost_nothing():
    axes = np.eye(5, dtype="float32")[None]
    assert patch_nce(axes, axes, 0.07)[0] < 1e-5
    mixed = np.roll(axes, 1, axis=1)
    assert patch_nce(axes, mixed, 0.07)[0] > 10


def test_one_image_is_no_negative_of_another():
    queries, keys = units(2, 6, 4), units(2, 6, 4)
    both = patch_nce(queries, keys, 0.07)
    alone = patch_nce(queries[:1], keys[:1], 0.07)
    np.testing.assert_allclose(both[:1], alone, rtol=1e-6)


def test_only_queries_learn():
    queries, keys = (tf.constant(units(1, 6, 4)) for _ in range(2))
    with tf.GradientTape() as tape:
        tape.watch([queries, keys])
        loss = patch_nce(queries, keys, 0.07)
    gradient, nothing = tape.gradient(loss, [queries, keys])
    assert nothing is None
    step = 1e-6 * RNG.normal(size=queries.shape)
    ahead, behind = (
        by_hand((queries + sign * step).numpy(), keys.numpy(), 0.07)[0]
        for sign in (1, -1)
    )
    slope = np.sum(gradient * step)
    assert slope == pytest.approx((ahead - behind) / 2, rel=1e-5)
