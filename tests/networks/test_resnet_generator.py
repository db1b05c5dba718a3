"""The ResNet generator: sizes of the sheets, options, configs."""

import keras
import numpy as np
import pytest

from tfmask.networks import ResNetGenerator

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 12, 3)).astype("float32")
# As `AttentionGuided` makes it.
ATTENTION_GUIDED = {
    "filters": 32,
    "padding_mode": "zero",
    "alignment": "same",
    "activate_sum": True,
    "affine": True,
    "gamma_stddev": 0.02,
}


def tiny(**arguments):
    return ResNetGenerator(**{"filters": 4, "blocks": 1, **arguments})


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({}, 11_378_179),
        ({"antialias": True, "upsampling": "blur"}, 11_378_179),
        ({"blocks": 6}, 7_837_699),
        ({**ATTENTION_GUIDED, "last_kernel": 3}, 2_851_971),
        ({**ATTENTION_GUIDED, "last_kernel": 7}, 2_855_811),
    ],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheets(arguments, count):
    network = ResNetGenerator(**arguments)
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("upsampling", ["transposed", "resize", "blur"])
@pytest.mark.parametrize("alignment", ["torch", "same"])
def test_output_has_the_input_size_and_stays_in_range(
    alignment, upsampling, antialias
):
    network = tiny(
        alignment=alignment, upsampling=upsampling, antialias=antialias
    )
    output = network(IMAGE).numpy()
    assert output.shape == IMAGE.shape
    assert output.dtype == np.float32
    assert -1 < output.min() < output.max() < 1


def test_sides_off_the_stride_change_the_size():
    """The networks round up; methods and exports pad to multiples of 4."""
    assert tiny()(IMAGE[:, :14, :9]).shape == (2, 16, 12, 3)


def test_resizing_has_no_checkerboard():
    """On a constant image the interior is constant; not so transposed."""
    flat = np.full((1, 48, 48, 3), 0.3, "float32")
    spread = {}
    for upsampling in ("transposed", "resize", "blur"):
        network = tiny(upsampling=upsampling, normalization="none", blocks=0)
        network.build(flat.shape)
        network.set_weights(
            [RNG.normal(0, 0.2, w.shape) for w in network.get_weights()]
        )
        inside = network(flat).numpy()[0, 16:-16, 16:-16]
        spread[upsampling] = inside.std((0, 1)).max()
    assert spread["resize"] < 1e-5 < 1e-3 < spread["transposed"]
    assert spread["blur"] < 1e-5


def test_examples_of_a_batch_do_not_mix():
    network = tiny(affine=True, blocks=2)
    together = network(IMAGE)
    np.testing.assert_allclose(together[1:], network(IMAGE[1:]), atol=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {**ATTENTION_GUIDED, "filters": 4, "upsampling": "resize"},
        {"antialias": True, "upsampling": "blur"},
    ],
)
def test_config_and_saved_weights_restore_the_function(tmp_path, arguments):
    network = tiny(**arguments)
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = ResNetGenerator.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again.build((None, 16, 12, 3))
    assert np.abs(again(IMAGE) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(again(IMAGE), expected)

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert isinstance(loaded, ResNetGenerator)
    np.testing.assert_array_equal(loaded(IMAGE), expected)


@pytest.mark.parametrize("antialias", [False, True])
def test_features_are_those_of_the_layers(antialias):
    network = tiny(blocks=2, antialias=antialias)
    network.build(IMAGE.shape)
    encoder, last = network.encoder, 11 + 2 * antialias
    output, features = network.with_features(IMAGE, range(last + 1))
    np.testing.assert_array_equal(output, network(IMAGE))
    np.testing.assert_array_equal(features[-1], encoder(IMAGE))
    sides = [(0, 0), (3, 3), (3, 3), (0, 0)]
    np.testing.assert_array_equal(features[0], np.pad(IMAGE, sides, "reflect"))
    first, norm = encoder.convolutions[0], encoder.norms[0]
    np.testing.assert_array_equal(features[1], first(IMAGE))
    np.testing.assert_array_equal(features[2], norm(features[1]))
    np.testing.assert_array_equal(features[3], np.maximum(features[2], 0))
    second = encoder.convolutions[1]
    np.testing.assert_array_equal(features[4], second(features[3]))
    assert features[4].shape[1] == (16 if antialias else 8)
    block = encoder.residual_blocks[1]
    np.testing.assert_array_equal(features[last], block(features[last - 1]))
    channels = [maps.shape[-1] for maps in features]
    assert encoder.feature_channels(range(last + 1)) == channels


def test_nothing_is_computed_behind_the_last_feature(monkeypatch):
    network = tiny(blocks=2)
    network.build(IMAGE.shape)
    expected = network.with_features(IMAGE, (0, 4))[1]
    monkeypatch.setattr(network.encoder, "residual_blocks", [None])
    features = network.encoder.with_features(IMAGE, (0, 4), stop=4)[1]
    for ours, maps in zip(features, expected, strict=True):
        np.testing.assert_array_equal(ours, maps)


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="`upsampling` must be.*'bilinear'"):
        tiny(upsampling="bilinear")
    with pytest.raises(ValueError, match="`padding_mode` must be.*'same'"):
        tiny(padding_mode="same")
