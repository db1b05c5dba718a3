"""Spectral normalisation in `Convolution`, and beside tensorflow-addons."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import Convolution

RNG = np.random.default_rng(0)
KERNEL = RNG.normal(size=(3, 3, 4, 5)).astype("float32")
IMAGE = RNG.normal(size=(2, 8, 8, 4)).astype("float32")


def normed(kernel=KERNEL, image=IMAGE, **arguments):
    """A layer of this kernel and its own first vector, without a bias."""
    layer = Convolution(
        kernel.shape[-1],
        kernel.shape[0],
        use_bias=False,
        spectral_normalization=True,
        **arguments,
    )
    layer.build(image.shape)
    layer.set_weights([kernel, layer.get_weights()[1]])
    return layer


def iterated(matrix, vector):
    """sigma, v and the next u, from Miyato et al.'s Algorithm 1."""
    left = matrix @ vector
    left /= np.linalg.norm(left)
    right = matrix.T @ left
    right /= np.linalg.norm(right)
    return left @ matrix @ right, left, right


def test_the_divisor_becomes_the_largest_singular_value():
    layer = normed()
    for _ in range(100):
        output = layer(IMAGE, training=True)
    largest = np.linalg.svd(KERNEL.reshape(-1, 5), compute_uv=False)[0]
    expected = tf.nn.conv2d(IMAGE, KERNEL / largest, 1, "VALID")
    np.testing.assert_allclose(output, expected, atol=1e-4)


def test_a_training_call_is_one_power_iteration():
    layer = normed()
    vector = layer.get_weights()[1][0]
    output = layer(IMAGE, training=True)
    sigma, _, right = iterated(KERNEL.reshape(-1, 5), vector)
    np.testing.assert_allclose(layer.get_weights()[1][0], right, atol=1e-5)
    np.testing.assert_allclose(
        output, tf.nn.conv2d(IMAGE, KERNEL / sigma, 1, "VALID"), rtol=1e-4
    )


def test_the_raw_kernel_stays():
    layer = normed()
    for _ in range(3):
        layer(IMAGE, training=True)
    np.testing.assert_array_equal(layer.get_weights()[0], KERNEL)


def test_inference_leaves_the_vector_alone():
    layer = normed()
    layer(IMAGE, training=True)
    before = layer.get_weights()[1]
    first, second = layer(IMAGE), layer(IMAGE)
    np.testing.assert_array_equal(layer.get_weights()[1], before)
    np.testing.assert_array_equal(first, second)


def test_the_gradient_passes_through_sigma():
    """`C / sigma - <C, W> / sigma^2 v u^T` for the loss `<C, W / sigma>`."""
    matrix = RNG.normal(size=(4, 5)).astype("float32")
    weights = RNG.normal(size=(4, 5)).astype("float32")
    image = np.eye(4, dtype="float32").reshape(4, 1, 1, 4)
    layer = normed(matrix.reshape(1, 1, 4, 5), image)
    vector = layer.get_weights()[1][0]
    with tf.GradientTape() as tape:
        output = layer(image, training=True)
        loss = tf.reduce_sum(output[:, 0, 0] * weights)
    gradient = tape.gradient(loss, layer.trainable_variables[0])
    sigma, left, right = iterated(matrix, vector)
    expected = weights / sigma - (
        np.sum(weights * matrix) / sigma**2 * np.outer(left, right)
    )
    np.testing.assert_allclose(gradient[0, 0], expected, rtol=1e-3, atol=1e-5)


def test_only_the_kernel_is_trained():
    layer = normed()
    assert len(layer.trainable_variables) == 1
    assert len(layer.non_trainable_variables) == 1


def test_half_precision_is_close_to_exact():
    exact, half = normed(), normed(dtype="mixed_bfloat16")
    half.set_weights(exact.get_weights())
    for _ in range(20):
        expected = exact(IMAGE, training=True)
        output = half(tf.cast(IMAGE, tf.bfloat16), training=True)
    difference = tf.cast(output, tf.float32) - expected
    assert np.abs(difference).max() < 0.05


def addons_twin(addons, layer):
    """tensorflow-addons' wrapper with our kernel and vector."""
    twin = addons.layers.SpectralNormalization(
        tf.keras.layers.Conv2D(5, 3, use_bias=False)
    )
    twin.build(IMAGE.shape)
    kernel, vector = layer.get_weights()
    twin.layer.kernel.assign(kernel)
    twin.u.assign(vector)
    return twin


def test_addons_agrees_until_an_optimizer_moves_the_kernel():
    """It overwrites the kernel by kernel / sigma at every training call.

    The output is the same, since only the scale of the kernel is lost; what
    a gradient step adds to it then weighs more.
    """
    addons = pytest.importorskip("tensorflow_addons")
    ours = normed()
    twin = addons_twin(addons, ours)
    for _ in range(3):
        np.testing.assert_allclose(
            ours(IMAGE, training=True), twin(IMAGE, training=True), atol=1e-5
        )
    np.testing.assert_array_equal(ours.get_weights()[0], KERNEL)
    assert np.abs(twin.layer.kernel - KERNEL).max() > 0.1  # not the raw one

    moved = RNG.normal(size=KERNEL.shape).astype("float32")
    ours.trainable_variables[0].assign_add(moved)
    twin.layer.kernel.assign_add(moved)
    difference = ours(IMAGE, training=True) - twin(IMAGE, training=True)
    assert np.abs(difference).max() > 0.1
