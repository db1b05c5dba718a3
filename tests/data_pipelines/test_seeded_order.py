"""Order and partners are those of TensorFlow's public functions."""

import tensorflow as tf

from data_pipelines import seeded_order

KEY = seeded_order.stream_key(3, 1)


def test_the_numbers_of_the_raw_operations_stay():
    """A run that goes on with a new version keeps its order."""
    for number in (0, 1, 6, 7, 10**12):
        place = tf.constant(number, tf.int64)
        seed = seeded_order.seed_pair(KEY, place)
        public = tf.random.stateless_uniform(
            [], seed, maxval=7, dtype=tf.int64, alg="philox"
        )
        assert seeded_order.partner(place, 7, KEY) == public
        epoch_seed = tf.random.stateless_uniform(
            [2],
            seeded_order.seed_pair(KEY, place // 7),
            minval=None,
            maxval=None,
            dtype=tf.int32,
            alg="philox",
        )
        public = tf.random.experimental.index_shuffle(
            place % 7, epoch_seed, tf.constant(6, tf.int64)
        )
        assert seeded_order.ordered(place, 7, KEY) == public
