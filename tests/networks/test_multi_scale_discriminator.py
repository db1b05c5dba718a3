"""Scores at several scales: sizes of the sheets, which scale sees what."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import average_pool
from tfmask.networks import MultiScaleDiscriminator
from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
UNIT_2017 = {
    "scales": 1,
    "strided_layers": 6,
    "kernel_size": 3,
    "padding_mode": "zero",
    "slope": 0.01,
}


@pytest.mark.parametrize(
    ("arguments", "count"), [({}, 8_271_171), (UNIT_2017, 50_298_114 // 2)]
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheets(arguments, count):
    network = MultiScaleDiscriminator(**arguments)
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


@pytest.mark.parametrize(
    ("arguments", "size", "sides"),
    [({}, 256, [16, 8, 4]), (UNIT_2017, 128, [2]), ({"scales": 2}, 64, [4, 2])],
)
def test_map_sizes_of_the_sheets(arguments, size, sides):
    network = MultiScaleDiscriminator(filters=1, **arguments)
    judgement = network(np.zeros((1, size, size, 3), "float32"))
    for scores, side in zip(judgement.scores, sides, strict=True):
        assert scores.shape == (1, side, side, 1)
        assert scores.dtype == tf.float32


@pytest.mark.parametrize("size", [(6, 6), (5, 8), (1, 2)])
def test_pooling_counts_no_border(size):
    images = RNG.normal(size=(2, *size, 3))
    height, width = ((side + 1) // 2 for side in size)
    pooled = average_pool(tf.constant(images))
    assert pooled.shape == (2, height, width, 3)
    for row in range(height):
        for column in range(width):
            window = images[
                :,
                max(2 * row - 1, 0) : 2 * row + 2,
                max(2 * column - 1, 0) : 2 * column + 2,
            ]
            np.testing.assert_allclose(
                pooled[:, row, column], window.mean((1, 2)), rtol=1e-10
            )


def test_a_scale_is_one_network_on_a_smaller_copy():
    network = MultiScaleDiscriminator(scales=3, filters=2, strided_layers=2)
    scores = network(IMAGE).scores
    copy = tf.constant(IMAGE)
    for head, expected in zip(network.heads, scores, strict=True):
        np.testing.assert_allclose(head(copy), expected, atol=1e-6)
        copy = average_pool(copy)
    assert len({id(w) for w in network.trainable_weights}) == 3 * 6


def test_the_slope_is_that_of_negative_values():
    network = MultiScaleDiscriminator(
        scales=1, filters=1, strided_layers=1, slope=0.25
    )
    network.build((None, 8, 8, 1))
    kernel = np.full((4, 4, 1, 1), 1 / 16)
    network.set_weights(
        [kernel, np.zeros(1), np.ones((1, 1, 1, 1)), np.zeros(1)]
    )
    image = np.ones((1, 8, 8, 1), "float32")
    np.testing.assert_allclose(network(image).scores[0], 1.0, rtol=1e-6)
    np.testing.assert_allclose(network(-image).scores[0], -0.25, rtol=1e-6)


def test_too_small_images_are_refused_with_the_size_they_need():
    network = MultiScaleDiscriminator(filters=1)
    network(np.zeros((1, 64, 64, 3), "float32"))
    network = MultiScaleDiscriminator(filters=1)
    with pytest.raises(UserError, match="at least 64 pixels.*Got: 32"):
        network.build((None, 64, 32, 3))


def test_the_config_round_trips():
    network = MultiScaleDiscriminator(**UNIT_2017, filters=2)
    again = MultiScaleDiscriminator.from_config(network.get_config())
    assert again.get_config() == network.get_config()
