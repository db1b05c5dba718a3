"""DualGAN's networks: counts, shapes, TensorFlow 1's numbers."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods.dualgan.networks import StridedCritic
from tfmask.networks import UNetGenerator
from tfmask.ops.errors import UserError

GENERATOR = {
    "kernel_sizes": (5, 3),
    "normalize_innermost": True,
    "normalization": "instance",
    "affine": True,
    "epsilon": 1e-6,
    "gamma_stddev": 0.02,
    "dropout": 0.0,
}


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda: UNetGenerator(**GENERATOR), 30_627_907),
        (StridedCritic, 3_949_441),
        (lambda: StridedCritic(patch=True), 3_921_281),
    ],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(make, count):
    network = make()
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


@pytest.mark.both_stacks
def test_the_critic_scores_images_or_patches():
    image = np.random.default_rng(0).uniform(-1, 1, (2, 32, 16, 3))
    image = tf.constant(image.astype("float32"))
    layers = {"filters": 2, "strided_layers": 3}
    critic = StridedCritic(**layers)
    critic.build(image.shape)
    assert critic(image).scores[0].shape == (2, 1)
    patches = StridedCritic(patch=True, **layers)
    patches.build(image.shape)
    assert patches(image).scores[0].shape == (2, 2, 1, 1)
    with pytest.raises(UserError, match="multiples of 32. Got: 48x64"):
        StridedCritic().build((None, 48, 64, 3))


@pytest.mark.both_stacks
@pytest.mark.parametrize("patch", [False, True])
def test_config_and_saved_weights_restore_the_critic(patch, tmp_path):
    critic = StridedCritic(filters=2, strided_layers=2, patch=patch)
    image = tf.random.stateless_uniform((1, 16, 16, 3), (0, 1), -1, 1)
    critic.build(image.shape)
    expected = critic(image).scores[0]
    critic.save_weights(tmp_path / "critic.weights.h5")
    again = StridedCritic.from_config(critic.get_config())
    assert again.get_config() == critic.get_config()
    again.build(image.shape)
    again(image)
    again.load_weights(tmp_path / "critic.weights.h5")
    np.testing.assert_array_equal(again(image).scores[0], expected)


# Of the official code (duxingren14/DualGAN bd64bf9, model.py and ops.py with
# 2 channels) on `seeded`'s weights and image, TensorFlow 2.21 in graph mode
# in float32: translation at four pixels, score of the whole and of patches.
PIXELS = ([0, 128, 255, 31], [0, 77, 255, 200])
TRANSLATED = [
    [0.26533106, -0.39077634, 0.31039593],
    [0.5292325, -0.48518613, 0.2744779],
    [0.45547554, -0.87265265, 0.19159128],
    [-0.97580194, -0.7909082, -0.99838126],
]
SCORES = {
    False: [1.1742673],
    True: [-0.7520503, -4.4550104, -3.426331, -1.0414165],
}


def weights_of(network):
    """Weights in the order of the layers, convolution before norm."""
    if isinstance(network, StridedCritic):
        pairs = [*network.convolutions, network.last], network.norms
    else:
        pairs = [*network.encoder], network.encoder_norms
    layers = [pairs[0][0]]
    for number, layer in enumerate(pairs[0][1:]):
        layers += [layer, *pairs[1][number : number + 1]]
    if isinstance(network, UNetGenerator):
        for layer, norm in zip(
            network.decoder, network.decoder_norms, strict=True
        ):
            layers += [layer, norm]
        layers.append(network.last)
    return layers


def seeded(network):
    """The network with known weights, and an image."""
    network.build((None, 256, 256, 3))
    rng = np.random.default_rng(7)
    for layer in weights_of(network):
        if hasattr(layer, "gamma"):
            size = layer.gamma.shape
            values = [rng.normal(1, 0.3, size), rng.normal(0, 0.3, size)]
            layer.gamma.assign(values[0].astype("float32"))
            layer.beta.assign(values[1].astype("float32"))
        else:
            size, width = layer.kernel.shape, layer.bias.shape
            layer.kernel.assign(rng.normal(0, 0.3, size).astype("float32"))
            layer.bias.assign(rng.normal(0, 0.3, width).astype("float32"))
    image = rng.uniform(-1, 1, (1, 256, 256, 3)).astype("float32")
    return network, tf.constant(image)


@pytest.mark.both_stacks
def test_the_official_generator_gives_the_same():
    network, image = seeded(UNetGenerator(filters=2, **GENERATOR))
    outputs = network(image).numpy()[0]
    np.testing.assert_allclose(outputs[PIXELS], TRANSLATED, atol=2e-5)


@pytest.mark.both_stacks
@pytest.mark.parametrize("patch", [False, True])
def test_the_official_critic_gives_the_same(patch):
    network, image = seeded(StridedCritic(filters=2, patch=patch))
    scores = network(image).scores[0].numpy().ravel()
    np.testing.assert_allclose(scores[:4], SCORES[patch], rtol=2e-5)
