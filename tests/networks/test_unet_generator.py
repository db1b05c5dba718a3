"""pix2pix's generator: counts, a computation from definitions, dropout."""

import numpy as np
import pytest
import tensorflow as tf
from direct_convolution import (
    convolution,
    full_transposed_convolution,
    instance_normalization,
)

from tfmask.layers import BatchNormalization
from tfmask.networks import UNetGenerator

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (3, 16, 16, 3)).astype("float32")
LARGE = {"class_name": "RandomNormal", "config": {"stddev": 0.2}}
NORMS = pytest.mark.parametrize("normalization", ["batch", "instance"])


def tiny(**arguments):
    network = UNetGenerator(
        **{
            "filters": 3,
            "levels": 3,
            "kernel_initializer": LARGE,
            **arguments,
        }
    )
    network.build((None, 16, 16, 3))
    return network


def count(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


@pytest.mark.parametrize(
    ("levels", "expected"), [(8, 54_413_955), (7, 41_828_995)]
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(levels, expected):
    network = UNetGenerator(levels=levels)
    network.build((None, 2**levels, 2**levels, 3))
    assert count(network) == expected


def test_instance_normalisation_has_biases_instead_of_parameters():
    network = UNetGenerator(filters=2, levels=7, normalization="instance")
    network.build((None, 128, 128, 4))
    widths = [2, 4, 8, 16, 16, 16, 16]
    down = zip([4, *widths], widths, strict=False)
    up = [(16, 16), (32, 16), (32, 16), (32, 8), (16, 4), (8, 2), (4, 3)]
    expected = sum(16 * a * b + b for a, b in [*down, *up])
    assert count(network) == expected


def test_any_number_of_channels_without_tanh():
    network = tiny(channels=5, activation=None)
    plain = tiny(channels=5)
    plain.set_weights(network.get_weights())
    outputs = network(IMAGE)
    assert outputs.shape == (3, 16, 16, 5)
    np.testing.assert_allclose(np.tanh(outputs), plain(IMAGE), atol=1e-6)
    with pytest.raises(ValueError, match="'tanh' or None. Got: 'relu'"):
        tiny(activation="relu")


def directly(network, image):
    """The network from its definition, in NumPy; PyTorch's padding."""
    outputs, skipped = image, []
    last = len(network.encoder) - 1
    for level, layer in enumerate(network.encoder):
        if level:
            outputs = np.where(outputs > 0, outputs, 0.2 * outputs)
        kernel = layer.get_weights()[0]
        outputs = convolution(outputs, kernel, stride=2, before=1, after=1)
        if 0 < level < last:
            outputs = instance_normalization(outputs)
        skipped.append(outputs)
    skipped.pop()
    for layer in [*network.decoder, network.last]:
        kernel = layer.get_weights()[0]
        outputs = full_transposed_convolution(np.maximum(outputs, 0), kernel)
        # Padding 1 of PyTorch: one row and column less on every side.
        outputs = outputs[:, 1:-1, 1:-1]
        if layer is not network.last:
            outputs = instance_normalization(outputs)
            outputs = np.concatenate([skipped.pop(), outputs], axis=-1)
    return np.tanh(outputs)


@NORMS
@pytest.mark.parametrize("levels", [2, 3])
def test_it_is_its_definition(normalization, levels):
    """A shift by one pixel at any place would change the numbers."""
    network = tiny(normalization=normalization, levels=levels)
    expected = directly(network, IMAGE)
    np.testing.assert_allclose(network(IMAGE), expected, atol=2e-4)
    shifted = directly(network, np.roll(IMAGE, 1, axis=2))
    assert np.abs(shifted - expected).max() > 0.1


def test_the_innermost_level_is_not_normalised():
    """On one pixel nothing would be left."""
    network = tiny(levels=4)
    inner = network.encoder[-1]
    output = network(IMAGE)
    inner.set_weights([2.0 * w for w in inner.get_weights()])
    assert np.abs(network(IMAGE) - output).max() > 0
    inner.set_weights([0.0 * w for w in inner.get_weights()])
    assert np.abs(network(IMAGE) - output).max() > 1e-3


def test_a_normalised_innermost_level_and_other_kernels():
    """Its numbers by TensorFlow 1: tests/methods/dualgan."""
    options = {
        "kernel_sizes": (5, 3),
        "normalize_innermost": True,
        "normalization": "instance",
    }
    network = tiny(**options)
    sizes = [layer.kernel_size for layer in network.encoder]
    assert sizes == [5, 3, 3] and network.last.kernel_size == 5
    output = network(IMAGE)
    inner = network.encoder[-1]
    inner.set_weights([2.0 * w for w in inner.get_weights()])
    np.testing.assert_allclose(network(IMAGE), output, atol=2e-3)
    again = UNetGenerator.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again.build((None, 16, 16, 3))
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(again(IMAGE), network(IMAGE))
    assert [*UNetGenerator(filters=1, **options).dropped] == [0, 1, 2]


def test_every_skip_is_used():
    network = tiny()
    output = network(IMAGE)
    readers = [network.last, *reversed(network.decoder[1:])]
    for layer, reader in zip(network.encoder[:-1], readers, strict=True):
        # The next encoder layer sees the same. Only the skip shows it.
        kernel, *rest = reader.get_weights()
        cut = kernel.copy()
        cut[..., : layer.filters] = 0.0
        reader.set_weights([cut, *rest])
        assert np.abs(network(IMAGE) - output).max() > 1e-2
        reader.set_weights([kernel, *rest])


def test_batch_statistics_in_training_an_examples_own_otherwise():
    network = tiny()
    alone = np.concatenate([network(IMAGE[n : n + 1]) for n in range(3)])
    np.testing.assert_allclose(network(IMAGE), alone, atol=1e-5)
    trained = network(IMAGE, training=True)
    assert np.abs(trained - alone).max() > 1e-2
    np.testing.assert_allclose(
        network(IMAGE[:1], training=True), alone[:1], atol=1e-5
    )


def test_scales_of_batch_normalisation_start_about_one():
    network = tiny(filters=64, gamma_stddev=0.02)
    norm = network.encoder_norms[0]
    assert isinstance(norm, BatchNormalization)
    gamma = norm.get_weights()[0]
    assert 0.01 < gamma.std() < 0.03 and abs(gamma.mean() - 1.0) < 0.01


@pytest.mark.parametrize(
    ("levels", "dropped"), [(4, []), (6, [1]), (7, [1, 2]), (8, [1, 2, 3])]
)
def test_layers_that_drop_out(levels, dropped):
    network = UNetGenerator(filters=1, levels=levels)
    assert list(network.dropped) == dropped


def test_dropout_depends_on_its_seed_and_keeps_the_mean():
    network = tiny(filters=2, levels=6)
    image = RNG.uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    one, same, other = (
        network(image, training=True, seed=tf.constant([seed, 0]))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4
    assert np.abs(one - network(image)).max() > 1e-4
    values = network._drop(tf.ones((4, 16, 16, 8)), [3, 4]).numpy()
    assert set(np.unique(values)) == {0.0, 2.0}
    # 8192 draws: the deviation of the mean is 0.011.
    assert abs(values.mean() - 1.0) < 0.05


def test_any_multiple_of_the_stride():
    output = tiny()(np.zeros((1, 24, 8, 3), "float32"))
    assert output.shape == (1, 24, 8, 3) and output.dtype == tf.float32


@NORMS
def test_config_and_saved_weights_restore_the_function(tmp_path, normalization):
    network = tiny(normalization=normalization, affine=True, gamma_stddev=0.5)
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = UNetGenerator.from_config(network.get_config())
    again.build((None, 16, 16, 3))
    assert np.abs(again(IMAGE) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(again(IMAGE), expected)


def test_one_level_is_refused():
    with pytest.raises(ValueError, match="`levels` must be 2 or more. Got: 1"):
        UNetGenerator(levels=1)
