"""DRIT's networks: the testable properties of its fact sheet."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods.drit.assembly import channels_of, new_networks
from tfmask.methods.drit.config import DRITConfig
from tfmask.methods.drit.decoders import beside
from tfmask.methods.drit.networks import (
    ContentDiscriminator,
    PooledBlock,
    content_layers,
)
from tfmask.ops.errors import UserError
from tfmask.ops.variable_paths import variable_paths

SMALL = {"filters": 4, "style_hidden": 16, "discriminator_filters": 4}
# Of the official code (HsinYingLee/DRIT f19f50a, src/networks.py with a
# sixteenth of its channels) on `seeded`'s weights and image, PyTorch 2.13 in
# float64: the attributes (mean, log variance where they are concatenated), and
# the image decoded from the content and the first of them at four pixels.
PIXELS = ([0, 3, 8, 63], [0, 60, 5, 63])
OFFICIAL = {
    True: (
        [
            *(-0.165749013, 0.101507062, 0.079433675, -0.024236337),
            *(-0.349313191, -0.096155802, 0.28004493, 0.71445731),
            *(0.690107798, -0.351027699, -0.196936771, -0.133509889),
            *(-0.742619233, 0.068122797, -0.725523977, -0.015418396),
        ],
        [
            [0.176304296, -0.029133171, -0.137205233],
            [0.14679449, -0.044475903, -0.157853228],
            [0.117096319, 0.011618629, -0.281178103],
            [0.202174943, 0.06136599, -0.269627606],
        ],
    ),
    False: (
        [
            *(0.18119708, 0.595109249, -0.122125632, 0.051864128),
            *(-1.068923013, 0.001528314, 0.345518147, 1.060298965),
        ],
        [
            [0.123151053, -0.124510062, -0.195354305],
            [0.146886366, -0.12053657, -0.212834039],
            [0.073751216, -0.132697298, -0.158898471],
            [0.080518141, -0.131581285, -0.163900418],
        ],
    ),
}
# The same for the content discriminator at 54x54 places.
CONTENT_SCORE = -0.177191718
COUNTS = {
    "content_encoder_a": 3_918_976,
    "shared_encoder": 1_180_160,
    "attribute_encoder_a": 2_688_160 // 2,
    "decoder_a": (9_564_710 - 1_180_160) // 2,
    "shared_decoder": 1_180_160,
    "discriminator_a": 8_271_171,
    "random_discriminator_a": 8_271_171,
    "content_discriminator": 10_683_649,
}
MIXED = {"attribute_encoder_a": 5_529_872 // 2, "decoder_a": 17_146_374 // 2}


def built(config, size):
    networks = new_networks(config, (size, size))
    channels = channels_of(config)
    for name, network in networks.items():
        network.build((None, size, size, channels.get(name, 3)))
    return networks


def fill(network, seed):
    """Known weights, whatever the order in which a stack lists them."""
    rng = np.random.default_rng(seed)
    paths = variable_paths(network)
    for path in sorted(paths):
        shape = paths[path].shape
        wide = int(np.prod(shape[:-1])) if len(shape) > 1 else 100
        paths[path].assign(rng.normal(0, (1.5 / wide) ** 0.5, shape))
    return network


def seeded(concat):
    """Networks of domain a with known weights, and an image, in float64."""
    networks = built(DRITConfig(concat=concat, **SMALL), 64)
    for seed, name in enumerate(sorted(networks)):
        fill(networks[name], seed)
    image = np.random.default_rng(7).uniform(-1, 1, (1, 64, 64, 3))
    return networks, tf.constant(image)


def content_case():
    """A content discriminator with known weights and a content of 216 px."""
    network = ContentDiscriminator(filters=16)
    network.build((None, 54, 54, 16))
    content = np.random.default_rng(8).normal(0, 1, (1, 54, 54, 16))
    return fill(network, 9), tf.constant(content)


def answers(networks, image, concat):
    """(attributes, image decoded from an image's own content and looks)."""
    content = networks["shared_encoder"](networks["content_encoder_a"](image))
    attributes = networks["attribute_encoder_a"](image)
    code = attributes[0] if concat else attributes
    if concat:
        content = networks["shared_decoder"](content)
    return np.ravel(attributes), networks["decoder_a"](content, code)


@pytest.mark.medium
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_official_code():
    for config, counts in (
        (DRITConfig(), COUNTS),
        (DRITConfig(concat=False), MIXED),
    ):
        networks = built(config, 216)
        own_counts = {name: networks[name].count_params() for name in counts}
        assert own_counts == counts


@pytest.mark.both_stacks
@pytest.mark.parametrize("concat", [True, False])
def test_the_official_code_gives_the_same(float64, concat):
    attributes, image = answers(*seeded(concat), concat)
    expected, pixels = OFFICIAL[concat]
    np.testing.assert_allclose(attributes, expected, atol=1e-6)
    np.testing.assert_allclose(image[0].numpy()[PIXELS], pixels, atol=1e-6)


@pytest.mark.both_stacks
def test_the_official_content_discriminator_gives_the_same(float64):
    network, content = content_case()
    scores = network(content).scores[0]
    assert scores.shape == (1, 1, 1, 1)
    assert float(scores[0, 0, 0, 0]) == pytest.approx(CONTENT_SCORE, abs=1e-6)


def test_the_content_discriminator_fits_every_size():
    sides = {16: 0, 40: 0, 44: 1, 64: 1, 100: 2, 208: 2, 212: 3, 512: 3}
    for side, layers in sides.items():
        assert content_layers((side, 512)) == layers
    for side, places in ((16, 1), (64, 3), (128, 2), (216, 1), (256, 2)):
        network = ContentDiscriminator(
            filters=2, strided_layers=content_layers((side, side))
        )
        scores = network(tf.zeros((2, side // 4, side // 4, 8))).scores[0]
        assert scores.shape == (2, places, places, 1)
    with pytest.raises(UserError, match="at least 16 pixels"):
        content_layers((12, 64))


def test_a_pooled_block_is_its_formula_and_drops_an_odd_row():
    block = PooledBlock(3)
    x = np.random.default_rng(0).normal(0, 1, (1, 5, 4, 2)).astype("float32")
    first = block(x)
    assert first.shape == (1, 2, 2, 3)
    kernel, bias = block.shortcut.get_weights()
    for layer in (block.first, block.second):
        layer.set_weights([0 * weight for weight in layer.get_weights()])
    pooled = x[:, :4].reshape(1, 2, 2, 2, 2, 2).mean((2, 4))
    np.testing.assert_allclose(
        block(x), pooled @ kernel[0, 0] + bias, atol=1e-6
    )
    assert np.abs(first - block(x)).max() > 0


def test_a_code_lies_beside_every_place():
    features = tf.random.normal((2, 3, 4, 5))
    code = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    both = beside(features, code).numpy()
    np.testing.assert_array_equal(both[..., :5], features)
    for example in range(2):
        assert (both[example, ..., 5:] == code[example].numpy()).all()


@pytest.mark.both_stacks
@pytest.mark.parametrize("concat", [True, False])
def test_configs_and_saved_weights_restore_the_functions(tmp_path, concat):
    networks = built(DRITConfig(concat=concat, **SMALL), 64)
    image = tf.random.uniform((1, 64, 64, 3), -1, 1)
    expected = answers(networks, image, concat)
    again = {}
    for name, network in networks.items():
        if name.endswith("_b") or "discriminator" in name:
            continue
        copy = type(network).from_config(network.get_config())
        assert copy.get_config() == network.get_config()
        inputs = 3 if "encoder_a" in name else 16
        copy.build((None, 64, 64, inputs))
        copy.set_weights(network.get_weights())
        again[name] = copy
    for value, other in zip(
        expected, answers(again, image, concat), strict=True
    ):
        np.testing.assert_array_equal(value, other)
