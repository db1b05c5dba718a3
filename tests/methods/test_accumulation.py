"""A batch in parts is the batch at once."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import policy
from replicas import train_on_replicas
from test_contract import first_batches, tiny_run
from tiny_methods import batch, cyclegan, weights_of

from tfmask.layers.history_pool import HistoryPool
from tfmask.methods import method_spec
from tfmask.methods.critic import CriticMethod
from tfmask.ops.distribution import part_of_step, replica_normal

pytestmark = pytest.mark.both_stacks


def small_steps(player=None):
    return keras.optimizers.SGD(0.01)


def doubles(tensors):
    return tf.nest.map_structure(
        lambda x: tf.cast(x, tf.float64) if x.dtype.is_floating else x, tensors
    )


def assert_equal(method, other):
    expected, weights = weights_of(method), weights_of(other)
    for name, values in expected.items():
        for value, same in zip(values, weights[name], strict=True):
            np.testing.assert_allclose(same, value, rtol=0, atol=1e-12)
    means, others = method.terms.result(), other.terms.result()
    assert set(means) == set(others)
    for name, value in means.items():
        np.testing.assert_allclose(others[name], value, rtol=1e-6)


def test_draws_of_parts_are_those_of_the_whole():
    whole = replica_normal(tf.zeros((6, 1)), [1, 2], [3])
    for number in range(3):
        with part_of_step(tf.constant(number), 3):
            part = replica_normal(tf.zeros((2, 1)), [1, 2], [3])
        np.testing.assert_array_equal(part, whole[2 * number :][:2])
    again = replica_normal(tf.zeros((6, 1)), [1, 2], [3])
    np.testing.assert_array_equal(again, whole)


def test_a_pool_answers_parts_as_the_whole():
    images = tf.reshape(tf.range(8.0), (8, 1, 1, 1))
    at_once, in_parts = (
        HistoryPool(3, (1, 1, 1), seed=0, name="pool") for _ in "12"
    )
    for step in range(3):
        expected = at_once.query(images + 10.0 * step, step)
        answers = []
        for number in range(4):
            with part_of_step(tf.constant(number), 4):
                own = images[2 * number :][:2] + 10.0 * step
                answers.append(in_parts.query(own, step))
        np.testing.assert_array_equal(tf.concat(answers, 0), expected)


@pytest.mark.medium
def test_steps_in_parts_equal_steps_at_once():
    """With a pool that swaps; the means of terms are the same, too."""
    options = {"side": 16, "pool_size": 1, "optimizer": small_steps}
    with policy("float64"):
        method, other = cyclegan(**options), cyclegan(**options)
    other.parts = 2
    for name, network in method.networks.items():
        other.networks[name].set_weights(network.get_weights())
    before = weights_of(method)
    for seed in range(2):
        images = doubles(batch(seed, count=2, side=16))
        method.train_step(images)
        other.train_step(images)
    assert_equal(method, other)
    assert all(
        np.abs(value - old).max() > 1e-4
        for name, values in weights_of(method).items()
        for value, old in zip(values, before[name], strict=True)
        if value.ndim == 4
    )
    assert int(other.step.numpy()) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, options",
    [
        # Discriminator first, dropout; instances are normalised.
        ("pix2pix", {"normalization": "instance"}),
        ("cut", {}),
        ("guidegan", {"attention": "ram"}),
        ("stargan", {}),  # a generator that learns in some steps
    ],
)
def test_methods_in_parts(name, options, monkeypatch):
    # Targets are permuted among the images of a part.
    monkeypatch.setattr(CriticMethod, "permuted", lambda self, values: values)
    config, data = tiny_run(name, batch_size=4)
    settings = dataclasses.replace(config.method, **options)
    batches = doubles(first_batches(data, config))

    def make():
        keras.utils.set_random_seed(0)
        with policy("float64"):
            method = method_spec(name).load_model()(
                settings, image_size=(16, 16), epoch_steps=4
            )
        method.compile(small_steps)
        return method

    method, other = make(), make()
    other.parts = 2
    steps = [tf.function(each.train_step) for each in (method, other)]
    for images in batches:
        for step in steps:
            step(images)
    assert_equal(method, other)


@pytest.mark.slow
def test_replicas_take_parts_of_their_own(two_replicas):
    options = {"side": 16, "pool_size": 0, "optimizer": small_steps}
    with policy("float64"):
        method = cyclegan(**options)
        with two_replicas.scope():
            other = cyclegan(**options)
    other.parts = 2
    for name, network in method.networks.items():
        other.networks[name].set_weights(network.get_weights())
    images = doubles(batch(0, count=4, side=16))
    method.train_step(images)
    train_on_replicas(two_replicas, other, [images])
    assert_equal(method, other)
