"""Cross entropy of attributes: both reductions, gradients, extremes."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import attribute_cross_entropy
from tfmask.ops.errors import UserError

LOGITS = np.array([[0.0, 2.0, -1.0], [3.0, -3.0, 0.5]], "float32")
LABELS = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]], "float32")


@pytest.mark.parametrize(("reduction", "share"), [("sum", 1), ("mean", 1 / 3)])
def test_against_the_formula(reduction, share):
    chance = 1 / (1 + np.exp(-LOGITS.astype(float)))
    entropy = -np.where(LABELS > 0, np.log(chance), np.log(1 - chance))
    loss = attribute_cross_entropy(LOGITS, LABELS, reduction)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, share * entropy.sum(1), rtol=1e-6)


def test_gradient_is_the_error_of_each_attribute():
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        loss = attribute_cross_entropy(logits, LABELS)
    chance = 1 / (1 + np.exp(-LOGITS))
    np.testing.assert_allclose(
        tape.gradient(loss, logits), chance - LABELS, atol=1e-6
    )


def test_extreme_logits_stay_finite():
    logits = np.array([[1e4, -1e4]], "float32")
    np.testing.assert_allclose(
        attribute_cross_entropy(logits, [[1.0, 0.0]]), [0.0]
    )
    np.testing.assert_allclose(
        attribute_cross_entropy(logits, [[0.0, 1.0]]), [2e4]
    )


def test_unknown_reduction_names_the_known_ones():
    with pytest.raises(UserError, match="Did you mean: mean"):
        attribute_cross_entropy(LOGITS, LABELS, "maen")
