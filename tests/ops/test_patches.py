"""Vectors at random places: which, in what order, and their gradient."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.ops.patches import random_order, vectors_at

MAPS = np.random.default_rng(0).normal(size=(2, 3, 4, 5))


def test_an_order_has_every_number_once_and_follows_the_seed():
    orders = [random_order(500, [1, step]).numpy() for step in (0, 0, 1)]
    for order in orders:
        assert sorted(order) == list(range(500))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0] != orders[2]).mean() > 0.9


@pytest.mark.both_stacks
@pytest.mark.parametrize("count", [1, 5, 12, 100])
def test_values_and_gradients_are_those_of_picked_rows(count):
    order = random_order(12, [3, 4])
    maps = tf.constant(MAPS)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        picked = vectors_at(maps, order, count)
        total = tf.reduce_sum(picked**2)
    places = order.numpy()[:count]
    rows = MAPS.reshape(2, 12, 5)
    np.testing.assert_array_equal(picked, rows[:, places])
    expected = np.zeros_like(rows)
    expected[:, places] = 2 * rows[:, places]
    np.testing.assert_array_equal(
        tape.gradient(total, maps), expected.reshape(MAPS.shape)
    )
