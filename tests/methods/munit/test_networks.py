"""MUNIT's auto-encoder: sizes of its fact sheet, official values, AdaIN."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.layers import modulated
from tfmask.methods.munit.networks import StyleAutoencoder
from tfmask.networks import MultiScaleDiscriminator

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 20, 3)).astype("float32")
STYLE = RNG.normal(size=(2, 8)).astype("float32")
# Of the official code (NVlabs/MUNIT a82e222, networks.py) on `seeded`'s
# weights, image and style, PyTorch 2.13 in float64: the image's style, its
# content at row 1 and column 2, and the translation at four pixels.
PIXELS = ([0, 3, 8, 15], [0, 12, 5, 15])
OFFICIAL_STYLE = [1.984956917941, 14.251847357159, 3.20339810698]
OFFICIAL_CONTENT = [
    *(-0.970201685775, -0.481875870554, 1.346966920848, -0.190166897282),
    *(1.099273064726, 0.270459512436, 1.216346296091, -0.254736095878),
]
OFFICIAL_IMAGE = [
    [-0.466210851895, 0.564087544483, 0.231711969246],
    [-0.639743479861, 0.416605794521, 0.311738196784],
    [-0.891149813655, 0.366402641049, 0.098649865145],
    [-0.332078384516, 0.780199796809, 0.093250818759],
]


def tiny(**arguments):
    network = StyleAutoencoder(
        **{"filters": 2, "blocks": 1, "style_hidden": 4, **arguments}
    )
    network(IMAGE)  # Keras 2 saves only what was called
    return network


def layers_of(network):
    """Layers in the order in which the official code declares them."""
    style, content = network.style_encoder, network.content_encoder
    decoder, layers = network.decoder, network.style_layers
    in_pairs = zip(decoder.norms, decoder.convolutions, strict=True)
    return [
        *style.trunk,
        style.head.first,
        style.head.second,
        style.head.code,
        *content.convolutions,
        *(
            layer
            for block in (*content.residual_blocks, *decoder.residual_blocks)
            for layer in (block.first, block.second)
        ),
        *(layer for pair in in_pairs for layer in pair),
        decoder.last,
        layers.first,
        layers.second,
        layers.last,
    ]


def seeded():
    """A network with known weights, an image and a style, in float64."""
    network = tiny(style_size=3)
    rng = np.random.default_rng(7)
    for layer in layers_of(network):
        values = []
        for weight in layer.get_weights():
            # Drawn in PyTorch's order of the axes.
            order = {1: [0], 2: [1, 0], 4: [3, 2, 0, 1]}[weight.ndim]
            shape = [weight.shape[axis] for axis in order]
            drawn = rng.normal(0, 0.3, shape)
            values.append(drawn.transpose(np.argsort(order)))
        layer.set_weights(values)
    image = rng.uniform(-1, 1, (1, 3, 16, 16)).transpose(0, 2, 3, 1)
    return network, tf.constant(image), tf.constant(rng.normal(0, 1, (1, 3)))


@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet():
    network = StyleAutoencoder()
    network.build((None, 256, 256, 3))
    assert network.count_params() == 15_026_187
    assert network.style_layers.size == 4096
    judge = MultiScaleDiscriminator()
    judge.build((None, 256, 256, 3))
    assert judge.count_params() == 8_271_171


@pytest.mark.both_stacks
def test_the_official_code_gives_the_same():
    with policy("float64"):
        network, image, style = seeded()
        content, own = network.encode(image)
        translated = network.decode(content, style)
    np.testing.assert_allclose(own[0], OFFICIAL_STYLE, atol=1e-10)
    np.testing.assert_allclose(content[0, 1, 2], OFFICIAL_CONTENT, atol=1e-10)
    np.testing.assert_allclose(
        translated.numpy()[0][PIXELS], OFFICIAL_IMAGE, atol=1e-10
    )


@pytest.mark.both_stacks
def test_a_style_is_offset_and_scale_of_each_normalisation_in_turn():
    network = tiny(blocks=2)
    values = network.style_layers(STYLE).numpy()
    assert values.shape == (2, 2 * 2 * 2 * 8)
    parameters = [
        numbers.numpy()
        for block in network.modulations(STYLE)
        for scale, offset in block
        for numbers in (offset, scale)
    ]
    np.testing.assert_array_equal(np.concatenate(parameters, axis=-1), values)


def test_statistics_after_adain_are_the_styles():
    content = RNG.normal(3.0, 2.0, (2, 6, 5, 8)).astype("float32")
    ((scale, offset), _), *_ = tiny().modulations(STYLE)
    outputs = modulated(content, scale, offset).numpy()
    np.testing.assert_allclose(outputs.mean((1, 2)), offset, atol=1e-5)
    np.testing.assert_allclose(
        outputs.std((1, 2)), np.abs(scale), rtol=1e-4, atol=1e-5
    )


@pytest.mark.both_stacks
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_sizes_types_and_ranges(precision):
    with policy(precision):
        network = tiny(style_size=5)
        content, style = network.encode(IMAGE)
        outputs = network(IMAGE)
    assert content.shape == (2, 4, 5, 8) and style.shape == (2, 5)
    assert outputs.shape == IMAGE.shape and outputs.dtype == tf.float32
    assert -1 < outputs.numpy().min() < outputs.numpy().max() < 1


def test_the_style_changes_the_image_and_an_image_is_not_anothers():
    network = tiny()
    content, style = network.encode(IMAGE)
    decoded = network.decode(content, style)
    other = network.decode(content, tf.constant(STYLE))
    assert np.abs(other - decoded).max() > 1e-3
    alone = network.decode(content[1:], style[1:])
    np.testing.assert_allclose(decoded[1:], alone, atol=1e-5)


@pytest.mark.both_stacks
def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = tiny(style_size=5)
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = StyleAutoencoder.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again.build((None, 16, 20, 3))
    assert np.abs(again(IMAGE) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(again(IMAGE), expected)
