"""U-GAT-IT's networks: the official code's numbers, and their properties."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.methods.ugatit.networks import (
    ActivationDiscriminator,
    ActivationGenerator,
    ClassActivation,
)
from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 12, 3)).astype("float32")
# Of the official PyTorch code (znxlwm/UGATIT-pytorch, networks.py) on
# `seeded`'s weights and image, in float64: the translation at four pixels, the
# logits, and the second row of the heat map, which is alike in both forms.
PIXELS = ([0, 3, 8, 15], [0, 12, 5, 15])
OFFICIAL = {
    False: [
        [0.323722829405, 0.488279632605, -0.719807720664],
        [0.172187752156, 0.721690602932, -0.709054626877],
        [0.053055344554, 0.755945948129, -0.767141283621],
        [0.397877227727, 0.271182258871, -0.805285970437],
    ],
    True: [
        [-0.318881455211, 0.443519577111, -0.696097286131],
        [0.528642311079, 0.993557827848, -0.004309715409],
        [0.438502307906, 0.038737546345, -0.630859957305],
        [-0.107504014374, 0.164377810773, -0.295945796588],
    ],
}
LOGITS = [[-0.603033680212, 3.897062681125]]
HEAT = [2.870038145711, 2.139062699183, 1.962780198193, 3.043550381949]


def seeded(light):
    """What a generator with known weights makes of an image, in float64."""
    network = ActivationGenerator(filters=2, blocks=1, light=light)
    network.build((None, 16, 16, 3))
    random = np.random.default_rng(3)
    mixtures = {id(variable) for variable in network.mixtures}
    for variable in network.trainable_variables:
        if id(variable) in mixtures:
            variable.assign(random.uniform(0, 1, variable.shape))
        else:
            variable.assign(random.normal(0, 0.3, variable.shape))
    image = np.random.default_rng(7).uniform(-1, 1, (1, 16, 16, 3))
    return network.parts(tf.constant(image))


@pytest.mark.parametrize("light", [False, True])
def test_the_official_code_gives_the_same(light):
    with policy("float64"):
        image, logits, heat = seeded(light)
    np.testing.assert_allclose(
        image.numpy()[0][PIXELS], OFFICIAL[light], atol=1e-11
    )
    np.testing.assert_allclose(logits, LOGITS, atol=1e-11)
    np.testing.assert_allclose(heat[0, 1, :, 0], HEAT, atol=1e-11)


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_are_those_of_the_layers(light):
    """At 256 px the full form's first layer alone has 268 million weights."""
    network = ActivationGenerator(filters=4, blocks=1, light=light)
    network.build((None, 16, 12, 3))
    f, block = 4, 2 * 9 * 16 * 16
    first = 16 if light else 16 * 4 * 3
    assert network.count_params() == sum(
        [
            147 * f + 9 * f * 2 * f + 9 * 2 * f * 4 * f + block,
            2 * 16 + 32 * 16 + 16,
            first * 16 + 3 * 16 * 16,
            block + 2 * 16,
            9 * 16 * 8 + 3 * 8 + 9 * 8 * 4 + 3 * 4 + 147 * 4,
        ]
    )
    assert (256 // 4) ** 2 * 256 * 256 == 268_435_456


def test_other_sizes_than_the_built_one_are_translated():
    for light in (False, True):
        network = ActivationGenerator(filters=4, blocks=1, light=light)
        network.build((None, 16, 16, 3))
        image, logits, heat = network.parts(IMAGE)
        assert image.shape == IMAGE.shape and image.dtype == tf.float32
        assert logits.shape == (2, 2) and heat.shape == (2, 4, 3, 1)
    with pytest.raises(UserError, match="full generator needs the size"):
        ActivationGenerator(filters=4).build((None, None, None, 3))


def activation(features, **options):
    layer = ClassActivation(features.shape[-1], **options)
    layer.build(features.shape)
    means, maxima = RNG.normal(size=(2, features.shape[-1]))
    layer.of_means.assign(means)
    layer.of_maxima.assign(maxima)
    return layer, means, maxima


@pytest.mark.parametrize("normalized", [False, True])
def test_class_activation_is_the_formula(normalized):
    features = RNG.normal(size=(2, 3, 4, 5))
    with policy("float64"):
        layer, means, maxima = activation(
            features, slope=0.2, normalized=normalized
        )
    maps, logits = layer(tf.constant(features))
    kernel, bias = layer.mix.get_weights()
    both = np.concatenate([features * means, features * maxima], axis=-1)
    mixed = both @ kernel[0, 0] + bias
    expected = np.where(mixed > 0, mixed, 0.2 * mixed)
    np.testing.assert_allclose(maps, expected, atol=1e-12)
    lengths = [
        np.linalg.norm(weight) if normalized else 1.0
        for weight in (means, maxima)
    ]
    expected = [
        features.mean((1, 2)) @ means / lengths[0],
        features.max((1, 2)) @ maxima / lengths[1],
    ]
    np.testing.assert_allclose(logits, np.stack(expected, -1), atol=1e-12)


def test_a_discriminator_scores_patches_and_classes():
    network = ActivationDiscriminator(filters=4, strided_layers=3)
    network.build((None, 64, 64, 3))
    judged = network(tf.zeros([2, 64, 64, 3]))
    assert [score.shape for score in judged.scores] == [(2, 6, 6, 1)]
    assert judged.logits.shape == (2, 2)
    widths = [layer.filters for layer in network.convolutions]
    assert widths == [4, 8, 16, 32]
    with pytest.raises(UserError, match="at least 24 pixels.*Got: 16x64"):
        ActivationDiscriminator(strided_layers=3).build((None, 16, 64, 3))


@pytest.mark.medium
def test_spectral_normalisation_reaches_every_convolution():
    network = ActivationDiscriminator(filters=2, strided_layers=1)
    network.build((None, 16, 16, 3))
    image = RNG.uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    for _ in range(60):
        network(image, training=True)
    before = network(image).scores[0]
    for layer in (*network.convolutions, network.last):
        layer.kernel.assign(3.0 * layer.kernel.numpy())
    np.testing.assert_allclose(network(image).scores[0], before, rtol=1e-3)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (ActivationGenerator, {"filters": 2, "blocks": 1}),
        (ActivationGenerator, {"filters": 2, "blocks": 1, "light": True}),
        (ActivationDiscriminator, {"filters": 2, "strided_layers": 1}),
    ],
)
def test_config_and_saved_weights_restore_the_function(
    tmp_path, kind, arguments
):
    def flat(network):
        return tf.nest.flatten(network(IMAGE))[0]

    network = kind(**arguments)
    network.build((None, 16, 12, 3))
    expected = flat(network)  # Keras 2 saves only what was called
    network.save_weights(tmp_path / "network.weights.h5")
    again = kind.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again.build((None, 16, 12, 3))
    assert np.abs(flat(again) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(flat(again), expected)
