"""What a generator sees of an image and an attention map."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import AttentionTransfer
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
ONES = np.ones((2, 8, 8, 1), "float32")
SMALL = RNG.uniform(0, 1, (2, 3, 3, 1)).astype("float32")


def test_ones_double_the_image_and_zeros_leave_it():
    transfer = AttentionTransfer("multiply")
    np.testing.assert_array_equal(transfer(IMAGE, ONES), 2.0 * IMAGE)
    np.testing.assert_array_equal(transfer(IMAGE, 0.0 * ONES), IMAGE)


@pytest.mark.parametrize(("level", "alpha"), [(1, 1), (0, -1), (0.25, -0.5)])
def test_alpha_has_the_colours_range(level, alpha):
    transfer = AttentionTransfer("rgba")
    output = transfer(IMAGE, level * ONES).numpy()
    np.testing.assert_array_equal(output[..., :3], IMAGE)
    np.testing.assert_array_equal(output[..., 3:], alpha * ONES)


def test_a_small_map_is_resized_bilinearly():
    large = tf.image.resize(SMALL, (8, 8), "bilinear").numpy()
    output = AttentionTransfer("multiply")(IMAGE, SMALL)
    np.testing.assert_allclose(output, (1 + large) * IMAGE, rtol=1e-6)
    output = AttentionTransfer("rgba")(IMAGE, SMALL)
    np.testing.assert_allclose(output[..., 3:], 2 * large - 1, atol=1e-6)


@pytest.mark.parametrize("kind", ["multiply", "rgba"])
def test_gradients_reach_the_image_and_not_the_map(kind):
    image, attention = tf.Variable(IMAGE), tf.Variable(SMALL)
    with tf.GradientTape() as tape:
        output = AttentionTransfer(kind)(image, attention)
        total = tf.reduce_sum(tf.square(output))
    gradients = tape.gradient(total, [image, attention])
    assert np.abs(gradients[0]).min() > 0
    assert gradients[1] is None


def test_a_learnable_alpha_starts_as_the_fixed_one_and_learns():
    fixed = AttentionTransfer("rgba")
    learned = AttentionTransfer("rgba", learnable_alpha=True)
    np.testing.assert_allclose(
        learned(IMAGE, SMALL), fixed(IMAGE, SMALL), atol=1e-6
    )
    assert not fixed.weights and len(learned.trainable_weights) == 2
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(learned(IMAGE, ONES)[..., 3])
    gradients = tape.gradient(total, learned.trainable_weights)
    np.testing.assert_allclose(gradients, [128.0, 128.0])  # 2 * 8 * 8


def test_config_and_weights_restore_the_function():
    transfer = AttentionTransfer("rgba", learnable_alpha=True)
    again = AttentionTransfer.from_config(transfer.get_config())
    transfer(IMAGE, SMALL), again(IMAGE, SMALL)
    transfer.set_weights([np.float32(3.0), np.float32(0.5)])
    assert np.abs(again(IMAGE, SMALL) - transfer(IMAGE, SMALL)).max() > 0
    again.set_weights(transfer.get_weights())
    np.testing.assert_array_equal(again(IMAGE, SMALL), transfer(IMAGE, SMALL))


def test_half_precision():
    transfer = AttentionTransfer("rgba", dtype="mixed_bfloat16")
    output = transfer(IMAGE, SMALL)
    assert output.dtype == tf.bfloat16
    expected = AttentionTransfer("rgba")(IMAGE, SMALL)
    np.testing.assert_allclose(tf.cast(output, tf.float32), expected, atol=0.02)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="Unknown transfer `rgb`"):
        AttentionTransfer("rgb")
    with pytest.raises(ValueError, match="`learnable_alpha` needs"):
        AttentionTransfer("multiply", learnable_alpha=True)
