"""DiscoGAN's networks: counts, the official code's numbers, errors."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.methods.discogan.networks import (
    BottleneckGenerator,
    FeatureDiscriminator,
)
from tfmask.ops.errors import UserError

# Of the official code (SKTBrain/DiscoGAN f044178, discogan/model.py with 2 in
# place of 64 channels) on `seeded`'s weights and images, PyTorch 2.13 in
# float64 (TensorFlow keeps LeakyReLU's slope in float32: 3e-8): images in
# [0, 1] at four pixels, scores, features at one place.
PIXELS = ([0, 0, 1, 1], [0, 31, 63, 8], [0, 12, 63, 40])
GENERATED = {
    0: [
        [0.550400791656, 0.476281092516, 0.550628964786],
        [0.620512674543, 0.191109205528, 0.251267580218],
        [0.475921538623, 0.480581292303, 0.495041683770],
        [0.564426589155, 0.618456935923, 0.424116419228],
    ],
    100: [
        [0.508168275276, 0.503622711341, 0.491274533798],
        [0.729629957347, 0.450480939865, 0.631197822179],
        [0.500924448227, 0.500973205580, 0.500340857732],
        [0.490337429223, 0.501790069113, 0.508945068566],
    ],
}
JUDGED = (
    [0.018957945185, 0.442918542675],
    [
        [1.979142612310, 2.108327279712],
        [1.250947081275, -0.031973722089],
        [-0.554178990636, -0.171108879775],
    ],
)


def parameters(network):
    network.build((None, 64, 64, 3))
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


@pytest.mark.parametrize(
    ("network", "count"),
    [
        (BottleneckGenerator, 5_513_856),
        (lambda: BottleneckGenerator(bottleneck=100), 7_153_480),
        (FeatureDiscriminator, 2_765_568),
    ],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(network, count):
    assert parameters(network()) == count


@pytest.mark.both_stacks
@pytest.mark.parametrize("bottleneck", [0, 5])
def test_any_multiple_comes_back_in_its_size(bottleneck):
    network = BottleneckGenerator(filters=2, levels=2, bottleneck=bottleneck)
    image = np.random.default_rng(0).uniform(-1, 1, (2, 16, 20, 3))
    outputs = network(image.astype("float32")).numpy()
    assert outputs.shape == image.shape
    assert np.abs(outputs).max() < 1.0


@pytest.mark.both_stacks
def test_only_update_moves_the_averages_and_inference_takes_them():
    network = BottleneckGenerator(filters=2, levels=2)
    network.build((None, 16, 16, 3))
    image = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3))
    image = tf.constant(image.astype("float32"))
    norm = network.encoder_norms[0]
    network(image, mode="batch")
    np.testing.assert_array_equal(norm.moving_mean, 0.0)
    update = tf.function(lambda: network(image, mode="update"))
    for _ in range(200):
        expected = update()
    assert np.abs(norm.moving_mean.numpy()).min() > 0
    alone = network(image[:1])
    np.testing.assert_allclose(alone, expected[:1], atol=1e-4)
    assert np.abs(alone - network(image[:1], mode="batch")).max() > 1e-3


@pytest.mark.both_stacks
def test_larger_images_get_several_scores_and_small_ones_none():
    network = FeatureDiscriminator(filters=2, levels=2)
    judged = network(np.zeros((2, 32, 24, 3), "float32"))
    assert judged.scores[0].shape == (2, 5, 3, 1)
    assert [maps.shape[1:] for maps in judged.features] == [(8, 6, 4)]
    with pytest.raises(UserError, match="at least 64 pixels.*Got: 32x64"):
        FeatureDiscriminator().build((None, 32, 64, 3))
    with pytest.raises(UserError, match="at least 64 pixels.*Got: 32x32"):
        BottleneckGenerator(bottleneck=100).build((None, 32, 32, 3))


def seeded(network):
    """The network with known weights, and two images, in float64."""
    network.build((None, 64, 64, 3))
    rng = np.random.default_rng(7)
    for variable in network.trainable_variables:
        middle = "gamma" in variable.name
        variable.assign(rng.normal(middle, 0.3, variable.shape))
    return network, tf.constant(rng.uniform(-1, 1, (2, 64, 64, 3)))


@pytest.mark.both_stacks
@pytest.mark.parametrize("bottleneck", [0, 100])
def test_the_official_generator_gives_the_same(bottleneck):
    with policy("float64"):
        network, images = seeded(
            BottleneckGenerator(filters=2, bottleneck=bottleneck)
        )
        outputs = network(images, mode="batch").numpy()
    np.testing.assert_allclose(
        0.5 + 0.5 * outputs[PIXELS], GENERATED[bottleneck], atol=1e-7
    )


@pytest.mark.both_stacks
def test_the_official_discriminator_gives_the_same():
    with policy("float64"):
        network, images = seeded(FeatureDiscriminator(filters=2))
        judged = network(images)
    score = tf.sigmoid(judged.scores[0]).numpy().ravel()
    np.testing.assert_allclose(score, JUDGED[0], atol=1e-7)
    for maps, expected in zip(judged.features, JUDGED[1], strict=True):
        np.testing.assert_allclose(maps[1, 1, 2, :2], expected, atol=1e-7)


@pytest.mark.both_stacks
@pytest.mark.parametrize(
    "network",
    [
        BottleneckGenerator(filters=2, levels=2, bottleneck=3),
        FeatureDiscriminator(filters=2, levels=2),
    ],
)
def test_config_and_saved_weights_restore_the_function(network, tmp_path):
    image = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3))
    image = tf.constant(image.astype("float32"))
    expected = tf.nest.flatten(network(image))[0]
    network.save_weights(tmp_path / "network.weights.h5")
    again = type(network).from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again(image)
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(tf.nest.flatten(again(image))[0], expected)
