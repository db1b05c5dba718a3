"""The PatchGAN: sizes, receptive field, the switch of its norms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.networks import PatchDiscriminator
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
ATTENTION_GUIDED = {
    "normalize_first": True,
    "affine": True,
    "gamma_stddev": 0.02,
}


def tiny(**arguments):
    return PatchDiscriminator(**{"filters": 4, **arguments})


def scored(network, **arguments):
    (scores,) = network(IMAGE, **arguments).scores
    return scores


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({}, 2_764_737),
        ({"antialias": True}, 2_764_737),
        ({"strided_layers": 5}, 11_154_369),
        (ATTENTION_GUIDED, 2_766_657),
    ],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheets(arguments, count):
    network = PatchDiscriminator(**arguments)
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_the_conditional_one_with_batch_normalisation():
    """Running statistics do not count."""
    network = PatchDiscriminator(normalization="batch")
    network.build((None, 256, 256, 6))
    count = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    assert count == 2_768_705


def test_batch_normalisation_keeps_the_parts_apart():
    network = tiny(normalization="batch", strided_layers=2)
    both = np.concatenate([IMAGE, 0.1 * IMAGE])
    expected = np.concatenate(
        [network(image).scores[0] for image in (IMAGE, 0.1 * IMAGE)]
    )
    np.testing.assert_allclose(
        network(both, parts=2).scores[0], expected, atol=1e-5
    )
    assert np.abs(network(both).scores[0] - expected).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "side"),
    [
        ({}, 30),
        ({"antialias": True}, 30),
        ({"padding": 2}, 35),
        ({"strided_layers": 5}, 6),
    ],
)
def test_map_sizes_of_the_sheets(arguments, side):
    network = tiny(filters=1, **arguments)
    (scores,) = network(np.zeros((1, 256, 256, 3), "float32")).scores
    assert scores.shape == (1, side, side, 1)
    assert scores.dtype == tf.float32


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70)])
def test_a_score_sees_a_patch_of_the_papers_size(layers, field):
    network = tiny(filters=2, strided_layers=layers)
    network.build((None, 128, 128, 3))
    network.set_weights(
        [np.full(weight.shape, 0.1) for weight in network.get_weights()]
    )
    image = tf.Variable(np.zeros((1, 128, 128, 3), "float32"))
    with tf.GradientTape() as tape:
        # Norms look at the whole image.
        (scores,) = network(image, normalize=False).scores
        score = scores[0, scores.shape[1] // 2, scores.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(score, image)[0]).sum(-1) > 0
    assert seen.any(0).sum() == seen.any(1).sum() == field


def test_bypassed_norms_have_no_say():
    network = tiny(**ATTENTION_GUIDED)
    with_norms = scored(network).numpy()
    without = scored(network, normalize=False).numpy()
    assert np.abs(with_norms - without).max() > 1e-4
    for norm in network.norms:
        norm.set_weights([3.0 + w for w in norm.get_weights()])
    np.testing.assert_array_equal(scored(network, normalize=False), without)
    assert np.abs(scored(network) - with_norms).max() > 1e-4


def test_both_ways_share_the_convolutions():
    network = tiny(**ATTENTION_GUIDED)
    with_norms = scored(network)
    without = scored(network, normalize=False)
    layer = network.convolutions[-1]
    layer.set_weights([w + 0.5 for w in layer.get_weights()])
    assert np.abs(scored(network) - with_norms).max() > 0.1
    assert np.abs(scored(network, normalize=False) - without).max() > 0.1


@pytest.mark.parametrize(("first", "count"), [(False, 3), (True, 4)])
def test_which_layers_are_normalised(first, count):
    network = tiny(affine=True, normalize_first=first)
    network.build((None, 32, 32, 3))
    scales = [norm for norm in network.norms if norm.weights]
    assert len(scales) == count
    assert (network.norms[0] in scales) == first


def test_slope_of_negative_values_is_a_fifth():
    network = tiny(strided_layers=1, normalization="none")
    network.build((None, 8, 8, 3))
    zeros = [0.0 * weight for weight in network.get_weights()]
    network.set_weights(zeros)
    first, second, last = network.convolutions
    first.set_weights([first.get_weights()[0], np.full(4, -1.0)])
    kernel = second.get_weights()[0].copy()
    kernel[1, 1, 0, 0] = 1.0
    second.set_weights([kernel, np.zeros(8)])
    kernel = last.get_weights()[0].copy()
    kernel[1, 1, 0, 0] = 1.0
    last.set_weights([kernel, np.zeros(1)])
    # Twice through the leaky ReLU: -1, -0.2, -0.04.
    np.testing.assert_allclose(
        network(IMAGE[:, :8, :8]).scores[0], -0.04, rtol=1e-5
    )


def test_spectral_normalisation_learns_in_training_only():
    network = tiny(spectral_normalization=True)
    network.build((None, 32, 32, 3))
    before = [layer.get_weights()[-1] for layer in network.convolutions]
    network(IMAGE)
    for layer, vector in zip(network.convolutions, before, strict=True):
        np.testing.assert_array_equal(layer.get_weights()[-1], vector)
    network(IMAGE, training=True)
    for layer, vector in zip(network.convolutions, before, strict=True):
        assert np.abs(layer.get_weights()[-1] - vector).max() > 0


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(32, 32), (37, 46)])
def test_sizes_of_features_are_known(size, antialias):
    network = tiny(filters=1, strided_layers=2, antialias=antialias)
    network.build((None, *size, 3))
    features = network.features(np.zeros((1, *size, 3), "float32"))
    assert features.shape[1:3] == network.feature_size(size)


def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = tiny(strided_layers=2, padding=2, spectral_normalization=True)
    network(IMAGE, training=True)
    expected = scored(network)
    network.save_weights(tmp_path / "network.weights.h5")
    again = PatchDiscriminator.from_config(network.get_config())
    again.build((None, 32, 32, 3))
    assert np.abs(scored(again) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(scored(again), expected)

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert isinstance(loaded, PatchDiscriminator)
    np.testing.assert_array_equal(scored(loaded), expected)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize(("layers", "smallest"), [(1, 6), (2, 12), (3, 24)])
def test_too_small_images_are_refused_when_it_is_built(
    layers, smallest, antialias
):
    network = tiny(strided_layers=layers, antialias=antialias)
    with pytest.raises(UserError, match=f"{smallest} pixels.*{smallest - 1}x"):
        network.build((None, smallest - 1, 64, 3))
    image = np.zeros((1, smallest, smallest, 3), "float32")
    assert network(image).scores[0].shape[1] > 0
