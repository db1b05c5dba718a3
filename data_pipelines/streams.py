"""Order and random numbers as pure functions of seed and example number."""

import numpy as np
import tensorflow as tf


def ordered(number, count, key):
    """Index at place `number` of the endless row of shuffled epochs.

    Args:
        number: int64 scalar tensor.
        count: int, images in an epoch; each comes exactly once.
        key: int, from `stream_key`.

    Returns:
        int64 scalar tensor in 0..count - 1.
    """
    epoch, place = number // count, number % count
    # Neighbouring seeds of index_shuffle give related orders; these don't.
    seed = tf.random.stateless_uniform(
        [2],
        seed_pair(key, epoch),
        minval=None,
        maxval=None,
        dtype=tf.int32,
        alg="philox",
    )
    return tf.random.experimental.index_shuffle(
        place, seed, tf.constant(count - 1, tf.int64)
    )


def partner(number, count, key):
    """Index drawn uniformly from `count`, for example `number`."""
    return tf.random.stateless_uniform(
        [],
        seed_pair(key, number),
        maxval=count,
        dtype=tf.int64,
        alg="philox",
    )


def stream_key(seed, stream):
    """Seed of one stream, an int below 2^63, unrelated to the others."""
    state = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def seed_pair(key, number):
    """(2,) int64 seed of one example for the stateless random functions."""
    # The constant is made inside the map: a tensor from outside could lie
    # on a GPU.
    return tf.stack([tf.constant(key, tf.int64), number])


def batched(positions, example, batch_size, *, drop_remainder):
    """Maps, batches and prefetches, in a fixed order."""
    options = tf.data.Options()
    options.deterministic = True
    # The shards are cut by example number; files must not be cut again.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return (
        positions.map(
            example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        .batch(batch_size, drop_remainder=drop_remainder)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(options)
    )
