"""The L1 loss: by hand, optimum, gradient, half precision."""

import numpy as np
import tensorflow as tf

from tfmask.losses import l1


def test_by_hand_one_value_an_example():
    images = np.zeros((2, 1, 2, 3), np.float32)
    others = images.copy()
    others[0, 0, 0] = [0.3, -0.6, 0.0]
    others[1] = 1.0
    loss = l1(images, others)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, [0.9 / 6, 1.0], rtol=1e-6)


def test_equal_images_cost_nothing():
    images = np.random.default_rng(0).random((2, 4, 4, 3))
    np.testing.assert_array_equal(l1(images, images), [0.0, 0.0])


def test_gradient_is_the_sign_over_the_count():
    images = tf.Variable([[[[0.5, -0.5, 0.2]]]])
    with tf.GradientTape() as tape:
        loss = l1(images, tf.constant([[[[0.0, 0.0, 0.2]]]]))
    np.testing.assert_allclose(
        tape.gradient(loss, images).numpy().ravel(), [1 / 3, -1 / 3, 0.0]
    )


def test_half_precision_does_not_saturate():
    images = tf.fill((1, 256, 256, 3), tf.constant(-1.0, tf.float16))
    np.testing.assert_allclose(l1(images, -images), [2.0], rtol=1e-5)
