"""Examples in memory: made once, as far as they fit, and always the same."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines.kept_examples import KeptExamples

COUNT, SIZE = 3, 4 * 5 * 3 + 4 * 5 * 1  # bytes of an example
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (COUNT, 4, 5, 3), np.uint8)
MASKS = RNG.integers(0, 2, (COUNT, 4, 5, 1), np.uint8)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (10**12, {0: 1, 1: 1, 2: 1}),
        (COUNT * SIZE, {0: 1, 1: 1, 2: 1}),
        (COUNT * SIZE - 1, {0: 1, 1: 1, 2: 3}),
        (SIZE, {0: 1, 1: 3, 2: 3}),
        (SIZE - 1, {0: 3, 1: 3, 2: 3}),
    ],
)
def test_examples_that_fit_are_made_once(limit, expected):
    made = collections.Counter()

    def count(index):
        made[int(index)] += 1
        return IMAGES[index]

    def make(index):
        image = tf.numpy_function(count, [index], tf.uint8)
        return {
            "image": tf.ensure_shape(image, (4, 5, 3)),
            "region": tf.gather(MASKS, index),
        }

    kept = KeptExamples(make, COUNT, limit)
    indices = [2, 0, 1, 0, 1, 2, 2, 1, 0]
    stream = tf.data.Dataset.from_tensor_slices(tf.constant(indices, tf.int64))
    examples = list(stream.map(kept).as_numpy_iterator())
    for index, example in zip(indices, examples, strict=True):
        assert list(example) == ["image", "region"]
        np.testing.assert_array_equal(example["image"], IMAGES[index])
        np.testing.assert_array_equal(example["region"], MASKS[index])
    assert made == expected
