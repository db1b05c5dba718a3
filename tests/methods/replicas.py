"""Training steps on replicas next to the same steps on one device.

They compute in float64. In float32 the rounding grows over the steps of a GAN,
on each processor differently. A tolerance that always holds would let errors
through.
"""

import numpy as np
import tensorflow as tf
from precisions import in_float64, policy
from tiny_methods import largest, weights_of


def train_on_replicas(strategy, method, batches):
    """A step on each batch; the first part of a batch is replica 0's."""
    count = strategy.num_replicas_in_sync
    for step, images in enumerate(batches):
        method.phase = method.phase_at(step)
        parts = [
            tf.nest.map_structure(lambda x, r=r: tf.split(x, count)[r], images)
            for r in range(count)
        ]
        resolver = strategy.cluster_resolver
        if resolver and resolver.task_id is not None:
            # A worker of one device: plain tensors are its replica's.
            method.distributed_step(strategy, parts[resolver.task_id])
            continue
        shares = strategy.experimental_distribute_values_from_function(
            lambda context, parts=parts: parts[context.replica_id_in_sync_group]
        )
        method.distributed_step(strategy, shares)


def assert_equal_to_one_device(
    strategy, make, batches, tolerance=1e-9, *, one_step=False
):
    """Weights and metrics after some steps in float64.

    Args:
        strategy: of several replicas; or of workers of one device each, which
            all call this.
        make: function that returns a new compiled method.
        batches: list of global batches, one a step.
        tolerance: float, of weights.
        one_step: bool; the first batch is enough where all players learn
            from it.
    """
    with policy("float64"):
        single = make()
        with strategy.scope():
            mirrored = make()
    rare = any(player.every > 1 for player in single.players.values())
    if one_step and not rare:
        batches = batches[:1]
    batches = in_float64(batches)
    # Biases other than 0: before a norm they have no effect, so that rounding
    # decides their sign, and later, where masked images are 0, the slope of
    # the leaky ReLU.
    rng = np.random.default_rng(0)
    before = {
        name: [
            value + (value.ndim == 1) * rng.normal(0, 0.05, value.shape)
            for value in values
        ]
        for name, values in weights_of(single).items()
    }
    for name, values in before.items():
        single.networks[name].set_weights(values)
        mirrored.networks[name].set_weights(values)
    for step, images in enumerate(batches):
        single.phase = single.phase_at(step)
        single.train_step(images)
    train_on_replicas(strategy, mirrored, batches)
    expected, after = weights_of(single), weights_of(mirrored)
    for name, values in expected.items():
        for value, other in zip(values, after[name], strict=True):
            np.testing.assert_allclose(other, value, rtol=0, atol=tolerance)
        way = [x - y for x, y in zip(values, before[name], strict=True)]
        assert largest(way) > max(1e-4, 20 * tolerance)
    means, others = single.terms.result(), mirrored.terms.result()
    for name, value in others.items():
        if name.endswith("cam_empty"):
            continue  # a share of each replica's maps
        np.testing.assert_allclose(means[name], value, rtol=1e-5, atol=1e-8)
