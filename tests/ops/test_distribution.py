"""Arithmetic of a step that runs on two replicas."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.ops.distribution import (
    gather_replicas,
    replica_count,
    replica_normal,
    replica_share,
    replica_slice,
)


def run(strategy, function):
    """The replicas' results, for an input of [r, r] on replica r."""
    inputs = strategy.experimental_distribute_values_from_function(
        lambda context: tf.fill(
            [2, 3], float(context.replica_id_in_sync_group + 1)
        )
    )
    return strategy.experimental_local_results(
        strategy.run(function, args=(inputs,))
    )


def test_one_device_changes_nothing():
    values = tf.constant([[1.0], [2.0]])
    assert replica_count() == 1
    assert float(replica_share(tf.constant(3.0))) == 3.0
    np.testing.assert_array_equal(gather_replicas(values), values)
    np.testing.assert_array_equal(replica_slice(values, values), values)


def test_shares_of_all_replicas_sum_to_the_global_mean(two_replicas):
    shares = run(two_replicas, lambda x: replica_share(tf.reduce_mean(x)))
    np.testing.assert_allclose(shares, [0.5, 1.0])
    assert sum(map(float, shares)) == pytest.approx(1.5)


def test_gathering_keeps_the_order_on_every_replica(two_replicas):
    for everything in run(two_replicas, gather_replicas):
        np.testing.assert_array_equal(
            everything, np.repeat([[1.0], [2.0]], 2, axis=0) * np.ones(3)
        )


def test_slicing_undoes_gathering(two_replicas):
    def there_and_back(values):
        return replica_slice(10.0 * gather_replicas(values), values)

    first, second = run(two_replicas, there_and_back)
    np.testing.assert_array_equal(first, np.full((2, 3), 10.0))
    np.testing.assert_array_equal(second, np.full((2, 3), 20.0))


def test_normal_draws_are_those_of_one_device(two_replicas):
    """Each replica's rows are its part of the global batch's draws."""
    seed = (3, 4)
    whole = replica_normal(tf.zeros([4, 3]), seed, [2000])
    parts = run(two_replicas, lambda x: replica_normal(x, seed, [2000]))
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert abs(np.mean(whole)) < 0.04 and np.std(whole) == pytest.approx(
        1.0, abs=0.03
    )
