"""Mask regularisers: the sorted form against all pairs, borders."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import mask_area, mask_similarity, mask_variation
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)


def example(height=7, width=5, batch=2, channels=6):
    mask = RNG.permutation(batch * height * width) / (batch * height * width)
    content = RNG.normal(size=(batch, height, width, channels))
    return (
        mask.reshape(batch, height, width, 1).astype("float32"),
        content.astype("float32"),
    )


def all_pairs(mask, content):
    """The definition, over N^2 pairs, in float64."""
    m = tf.reshape(tf.cast(mask, tf.float64), [mask.shape[0], -1])
    c = np.asarray(content, np.float64)
    c = c.reshape(len(c), -1, c.shape[-1])
    c = c / np.maximum(np.linalg.norm(c, axis=-1, keepdims=True), 1e-8)
    cosines = np.einsum("bic,bjc->bij", c, c)
    apart = tf.abs(m[:, :, None] - m[:, None, :])
    return tf.reduce_mean(apart * cosines, axis=[1, 2])


@pytest.mark.parametrize("size", [(7, 5), (16, 16), (1, 2)])
def test_sorted_form_is_all_pairs_in_value_and_gradient(size):
    mask, content = example(*size)
    got, expected = tf.Variable(mask), tf.Variable(mask)
    with tf.GradientTape(persistent=True) as tape:
        fast = mask_similarity(got, content)
        slow = all_pairs(expected, content)
    np.testing.assert_allclose(fast, slow, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        tape.gradient(fast, got),
        tape.gradient(slow, expected),
        rtol=1e-3,
        atol=1e-7,
    )


def test_every_op_has_a_deterministic_form_on_gpus():
    """It has no segment sums, which `tf.gather`'s gradient would have."""

    @tf.function
    def step(mask, content):
        with tf.GradientTape() as tape:
            tape.watch(mask)
            loss = mask_similarity(mask, content)
        return tape.gradient(loss, mask)

    graph = step.get_concrete_function(*map(tf.constant, example())).graph
    assert not [
        op.type for op in graph.get_operations() if "Segment" in op.type
    ]


def test_values_agree_at_ties_too():
    mask, content = example()
    mask = np.round(mask * 3) / 3
    np.testing.assert_allclose(
        mask_similarity(mask, content),
        all_pairs(tf.constant(mask), content),
        rtol=1e-4,
        atol=1e-6,
    )


def test_constant_masks_cost_nothing():
    mask, content = example()
    loss = mask_similarity(np.full_like(mask, 0.7), content)
    np.testing.assert_array_equal(loss, [0, 0])


def test_inverting_or_shifting_the_mask_changes_nothing():
    mask, content = example()
    loss = mask_similarity(mask, content)
    np.testing.assert_allclose(mask_similarity(1 - mask, content), loss, 1e-4)
    np.testing.assert_allclose(mask_similarity(mask + 3, content), loss, 1e-3)


def test_like_pixels_pull_together_unlike_ones_apart():
    mask = np.array([0.0, 1.0], "float32").reshape(1, 2, 1, 1)
    content = np.array([[1.0, 0], [1, 0]], "float32").reshape(1, 2, 1, 2)
    assert float(mask_similarity(mask, content)[0]) == 0.5
    content[0, 1] *= -1
    assert float(mask_similarity(mask, content)[0]) == -0.5


def test_no_gradient_reaches_the_content():
    mask, content = example()
    content = tf.Variable(content)
    with tf.GradientTape() as tape:
        loss = mask_similarity(mask, content * 2.0)
    assert tape.gradient(loss, content) is None


def test_black_pixels_of_no_content_count_as_unlike_nothing():
    mask, content = example()
    content[:, :3] = 0.0
    np.testing.assert_allclose(
        mask_similarity(mask, content),
        all_pairs(tf.constant(mask), content),
        rtol=1e-4,
        atol=1e-6,
    )


def test_area_and_its_gradient():
    mask = tf.Variable(np.full((2, 4, 4, 1), 0.25, "float32"))
    with tf.GradientTape(persistent=True) as tape:
        mean, total = mask_area(mask), mask_area(mask, "sum")
    np.testing.assert_allclose(mean, [0.25, 0.25])
    np.testing.assert_allclose(total, [4.0, 4.0])
    np.testing.assert_allclose(tape.gradient(mean, mask), mask * 0 + 1 / 16)
    np.testing.assert_allclose(tape.gradient(total, mask), mask * 0 + 1)


def test_unknown_reduction_is_named():
    with pytest.raises(UserError, match="`max`.*Known: mean, sum"):
        mask_area(np.ones((1, 2, 2, 1)), "max")


def test_variation_counts_steps():
    mask = np.zeros((1, 4, 4, 1), "float32")
    mask[:, 1:3, 1:3] = 1.0
    assert float(mask_variation(mask)[0]) == 8.0
    assert float(mask_variation(mask * 0 + 0.3)[0]) == 0.0
