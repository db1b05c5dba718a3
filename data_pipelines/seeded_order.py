"""Order and random numbers as pure functions of seed and example number."""

import dataclasses

import numpy as np
import tensorflow as tf

from tfmask.ops.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shard:
    """Which replicas of a global batch one pipeline feeds.

    Attributes:
        first: number of the first of them.
        local: how many there are. They get their batches in turn.
        total: replicas on all machines together.
    """

    first: int = 0
    local: int = 1
    total: int = 1

    def __post_init__(self):
        if self.local < 1 or not 0 <= self.first <= self.total - self.local:
            raise ValueError(
                "Expected 0 <= `first`, 1 <= `local` and `first` + `local` "
                f"<= `total`. Got: {self}."
            )


def ordered(number, count, key):
    """Index at place `number` of the endless row of shuffled epochs.

    Args:
        number: int64 scalar tensor.
        count: int, images in an epoch. Each comes exactly once.
        key: int, from `stream_key`.

    Returns:
        int64 scalar tensor in 0..count - 1.
    """
    epoch, place = number // count, number % count
    # Neighbouring seeds of index_shuffle give related orders. These seeds do
    # not. `tf.random.stateless_uniform` would give the same numbers with more
    # operations.
    seed = tf.raw_ops.StatelessRandomUniformFullInt(
        shape=[2], seed=seed_pair(key, epoch), dtype=tf.int32
    )
    return tf.random.experimental.index_shuffle(
        place, seed, tf.constant(count - 1, tf.int64)
    )


def partner(number, count, key):
    """Index drawn uniformly from `count`, for example `number`."""
    return tf.raw_ops.StatelessRandomUniformInt(
        shape=tf.constant([], tf.int32),
        seed=seed_pair(key, number),
        minval=tf.constant(0, tf.int64),
        maxval=tf.cast(count, tf.int64),
    )


def stream_key(seed, stream):
    """Seed of one stream, an int below 2^63, unrelated to the others."""
    state = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def seed_pair(key, number):
    """(2,) int64 seed of one example for the stateless random functions."""
    # The constant is made inside the map. A tensor from outside could be on a
    # GPU.
    return tf.stack([tf.constant(key, tf.int64), number])


def numbered(example, batch_size, start_step, shard, finish=None):
    """Endless batches of the examples 0, 1, ..., from a step on.

    Args:
        example: function of an example's number, int64 scalar tensor.
        batch_size: int, global batch.
        start_step: int, first global step.
        shard: `Shard`; one element is the batch of one of its replicas.
        finish: see `batched`.

    Returns:
        Endless `tf.data.Dataset`.

    Raises:
        UserError: an argument does not fit.
    """
    if batch_size < 1 or batch_size % shard.total:
        raise UserError(
            "`batch_size` must be a positive multiple of the number of "
            f"replicas, {shard.total}. Got: {batch_size}."
        )
    if start_step < 0:
        raise UserError(f"`start_step` must be >= 0. Got: {start_step}.")
    per_replica = batch_size // shard.total
    per_step = per_replica * shard.local

    def at(position):
        step, rest = position // per_step, position % per_step
        return example(step * batch_size + shard.first * per_replica + rest)

    # This is an int64 counter. 2^63 examples are practically endless.
    positions = tf.data.Dataset.range(
        start_step * per_step, np.iinfo(np.int64).max
    )
    return batched(
        positions, at, per_replica, drop_remainder=True, finish=finish
    )


def batched(positions, example, batch_size, *, drop_remainder, finish=None):
    """Maps, batches and prefetches, in a fixed order.

    Args:
        positions: `tf.data.Dataset` of int64 scalars.
        example: function of a position, in graph code.
        batch_size: int.
        drop_remainder: bool, leave out a last batch that is smaller.
        finish: function of a batch, in graph code, or None.
    """
    options = tf.data.Options()
    options.deterministic = True
    # The shards are cut by the number of the example. Files must not be cut
    # again.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    # Graph code needs no autograph. Autograph would take seconds to read it.
    example = tf.autograph.experimental.do_not_convert(example)
    batches = positions.map(
        example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    ).batch(batch_size, drop_remainder=drop_remainder)
    if finish is not None:
        batches = batches.map(
            tf.autograph.experimental.do_not_convert(finish),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
    return batches.prefetch(tf.data.AUTOTUNE).with_options(options)
