"""Batch and layer normalisation: values, parts, averages, replicas."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import BatchNormalization, LayerNormalization
from tfmask.layers.normalization import normalization_layer

RNG = np.random.default_rng(0)
X = RNG.normal(3.0, 2.0, (4, 5, 6, 3)).astype("float32")


def normalized(values, axes):
    mean = values.mean(axes, keepdims=True)
    return (values - mean) / np.sqrt(values.var(axes, keepdims=True) + 1e-5)


def test_batch_statistics_are_the_batchs():
    layer = BatchNormalization()
    got = layer(X, mode="batch")
    np.testing.assert_allclose(got, normalized(X, (0, 1, 2)), atol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))


def test_parts_keep_to_themselves():
    both = BatchNormalization()(
        np.concatenate([X, 5 * X]), parts=2, mode="batch"
    )
    expected = [normalized(part, (0, 1, 2)) for part in (X, 5 * X)]
    np.testing.assert_allclose(both, np.concatenate(expected), atol=1e-5)


def test_moving_averages_follow_part_by_part():
    one, two = BatchNormalization(), BatchNormalization()
    one(np.concatenate([X, 2 * X]), parts=2, mode="update")
    two(X, mode="update")
    two(2 * X, mode="update")
    mean, variance = X.mean((0, 1, 2)), X.var((0, 1, 2))
    expected = {
        "moving_mean": 0.9 * 0.1 * mean + 0.1 * 2 * mean,
        "moving_variance": 0.81 + 0.09 * variance + 0.4 * variance,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(one, name), values, rtol=1e-4)
        np.testing.assert_allclose(getattr(two, name), values, rtol=1e-4)


def test_inference_takes_the_moving_averages():
    layer = BatchNormalization()
    layer(X, mode="update")
    mean, variance = layer.moving_mean.numpy(), layer.moving_variance.numpy()
    expected = (X - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(layer(X), expected, atol=1e-5)
    np.testing.assert_allclose(layer(X[:1]), expected[:1], atol=1e-5)


def test_two_replicas_are_one_device(two_replicas):
    """Values, gradients and averages."""
    target = RNG.normal(size=X.shape).astype("float32")

    def gradients(layer, values, wanted, share):
        values = tf.convert_to_tensor(values)
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = layer(values, mode="update")
            loss = tf.reduce_mean((outputs - wanted) ** 2) * share
        return outputs, tape.gradient(
            loss, [values, *layer.trainable_variables]
        )

    single = BatchNormalization()
    expected, whole = gradients(single, X, target, 1.0)
    with two_replicas.scope():
        layer = BatchNormalization()
        layer.build(X.shape)

    @tf.function
    def step():
        def replica():
            number = tf.distribute.get_replica_context()
            rows = 2 * number.replica_id_in_sync_group
            part = tf.constant(X)[rows : rows + 2]
            return gradients(
                layer, part, tf.constant(target)[rows : rows + 2], 0.5
            )

        return two_replicas.run(replica)

    outputs, parts = step()
    local = two_replicas.experimental_local_results
    np.testing.assert_allclose(
        np.concatenate(local(outputs)), expected, atol=1e-5
    )
    np.testing.assert_allclose(
        np.concatenate(local(parts[0])), whole[0], atol=1e-6
    )
    for part, one in zip(parts[1:], whole[1:], strict=True):
        np.testing.assert_allclose(sum(local(part)), one, atol=1e-6)
    for name in ("moving_mean", "moving_variance"):
        for value in local(getattr(layer, name)):
            np.testing.assert_allclose(value, getattr(single, name), atol=1e-5)


def test_unknown_mode_is_named():
    with pytest.raises(ValueError, match="`mode` must be.*'train'"):
        BatchNormalization()(X, mode="train")


def test_layer_normalisation_takes_the_whole_example():
    layer = LayerNormalization()
    np.testing.assert_allclose(layer(X), normalized(X, (1, 2, 3)), atol=1e-5)
    layer.set_weights([np.array([1, 2, 3.0]), np.array([0, 0, 1.0])])
    expected = normalized(X, (1, 2, 3)) * [1, 2, 3] + [0, 0, 1]
    np.testing.assert_allclose(layer(X), expected, atol=1e-5)


def test_mixed_precision_keeps_averages_exact():
    """A step of 0.001 is nothing beside 3 in bfloat16."""
    half = BatchNormalization(momentum=0.999, dtype="mixed_bfloat16")
    exact = BatchNormalization(momentum=0.999)
    inputs = tf.cast(X, tf.bfloat16)
    for layer in (half, exact):
        layer.build(X.shape)
        layer.moving_mean.assign([3.0, 3.0, 3.0])
    for _ in range(2):
        output = half(inputs, mode="update")
        exact(tf.cast(inputs, tf.float32), mode="update")
    assert output.dtype == tf.bfloat16
    assert np.abs(np.asarray(half.moving_mean) - 3.0).min() > 0.0
    np.testing.assert_allclose(half.moving_mean, exact.moving_mean, rtol=1e-6)
    np.testing.assert_allclose(
        half.moving_variance, exact.moving_variance, rtol=1e-6
    )
    np.testing.assert_allclose(
        tf.cast(half(inputs), tf.float32), exact(X), atol=0.05
    )


def test_layer_normalisation_in_half_precision():
    got = LayerNormalization(dtype="float16")((X * 1000).astype("float16"))
    expected = normalized(X * 1000, (1, 2, 3))
    np.testing.assert_allclose(got, expected, atol=5e-3)


def test_option_makes_it():
    assert isinstance(normalization_layer("layer"), LayerNormalization)
    batch = BatchNormalization(momentum=0.5, gamma_stddev=0.1)
    for layer in (batch, LayerNormalization()):
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
