"""Layers that are computed again in the backward pass, in all methods."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.layers import ResidualBlock
from tfmask.networks import PatchDiscriminator, ResNetGenerator
from tfmask.ops.errors import UserError
from tfmask.training.building import recompute

pytestmark = pytest.mark.both_stacks


def gradients(network, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(network(images) ** 2)
    return tape.gradient(total, [images, *network.trainable_variables])


def test_a_generator_learns_the_same(monkeypatch):
    with policy("float64"):
        network = ResNetGenerator(
            filters=2, blocks=1, normalization="instance", affine=True
        )
        network.build((None, 8, 8, 3))
    images = tf.random.stateless_uniform((2, 8, 8, 3), [1, 2], dtype=tf.float64)
    method = SimpleNamespace(networks={"generator": network})
    expected = gradients(network, images)
    recompute(method, True)
    calls = []
    block = network.encoder.residual_blocks[0]
    once = block.first.call
    monkeypatch.setattr(
        block.first, "call", lambda x, **k: calls.append(1) or once(x, **k)
    )
    slopes = gradients(network, images)
    assert len(calls) == 2
    for value, same in zip(expected, slopes, strict=True):
        np.testing.assert_allclose(same, value, rtol=1e-9, atol=1e-12)
    recompute(method, False)
    assert not block.recompute and not network.decoder.recompute


def test_modulated_blocks():
    block = ResidualBlock(2, normalization="adain")
    block.build((None, 4, 4, 2))
    images = tf.random.stateless_normal((1, 4, 4, 2), [1, 2])
    scales = [tf.fill((1, 2), value) for value in (1.0, 0.5, 2.0, -0.5)]

    def slopes():
        with tf.GradientTape() as tape:
            tape.watch(scales)
            outputs = block(images, modulation=(scales[:2], scales[2:]))
            total = tf.reduce_sum(outputs**2)
        return tape.gradient(total, [*scales, *block.trainable_variables])

    expected = slopes()
    block.recompute = True
    for value, same in zip(expected, slopes(), strict=True):
        np.testing.assert_allclose(same, value, rtol=1e-5, atol=1e-6)


def test_a_method_without_such_layers_is_told():
    network = PatchDiscriminator(filters=2)
    with pytest.raises(UserError, match="no ResNet generator.*recompute"):
        recompute(SimpleNamespace(networks={"judge": network}), True)
