"""Random codes of style: one number, one code, on any machine."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.ops.style_codes import seeds_of, style_codes

pytestmark = pytest.mark.both_stacks


def test_a_seed_names_a_code_wherever_it_stands():
    codes = style_codes(tf.constant([5, 0, 5, -7]), 8)
    assert codes.shape == (4, 8) and codes.dtype == tf.float32
    np.testing.assert_array_equal(codes[0], codes[2])
    np.testing.assert_array_equal(codes[:1], style_codes([5], 8))
    assert len(np.unique(codes, axis=0)) == 3


def test_codes_stay_the_same_from_version_to_version():
    np.testing.assert_allclose(
        style_codes([1], 3)[0],
        [-0.1036891, -1.0726783, -2.4685452],
        rtol=0,
        atol=1e-5,
    )


def test_codes_of_many_seeds_are_normal():
    graph = tf.function(style_codes, autograph=False)
    codes = graph(tf.range(2000), 4).numpy()
    np.testing.assert_allclose(codes.mean(0), 0.0, atol=0.1)
    np.testing.assert_allclose(np.cov(codes.T), np.eye(4), atol=0.12)


def test_without_seeds_all_are_0():
    image = tf.zeros([3, 4, 4, 3])
    assert seeds_of({"image": image}).numpy().tolist() == [0, 0, 0]
    seeds = seeds_of({"image": image, "style_seed": tf.constant([1, 2, 3])})
    assert seeds.numpy().tolist() == [1, 2, 3] and seeds.dtype == tf.int64
