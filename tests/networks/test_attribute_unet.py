"""AttGAN's and STGAN's generator: counts, connections, normalisation."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.networks import AttributeUNet

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (3, 16, 16, 3)).astype("float32")
CONDITION = np.array([[1, -1], [-1, -1], [1, 1]], "float32")
STGAN = {"shortcut_layers": 4, "inject_layers": 4, "transfer": True}
SMALL = {"shortcut_layers": 2, "inject_layers": 2, "transfer": True}


def tiny(**arguments):
    network = AttributeUNet(
        **{"attributes": 2, "filters": 4, "strided_layers": 3, **arguments}
    )
    network.build((None, 16, 16, 3))
    return network


def encoder_count():
    widths = [3, 64, 128, 256, 512, 1024]
    kernels = sum(16 * a * b for a, b in zip(widths, widths[1:], strict=False))
    return kernels + 2 * sum(widths[1:])


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_attgan():
    """Kernels, gamma and beta; the running statistics do not count."""
    decoder = [(1024 + 13, 1024), (1024 + 512 + 13, 512)]
    decoder += [(512, 256), (256, 128)]
    kernels = sum(16 * a * b for a, b in decoder) + 16 * 128 * 3 + 3
    expected = encoder_count() + kernels + 2 * (1024 + 512 + 256 + 128)
    network = AttributeUNet(attributes=13)
    network.build((None, 128, 128, 3))
    count = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    assert count == expected == 43_459_203


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_stgan():
    widths = [512, 256, 128, 64]
    units = 0
    state = 1024
    for width in widths:
        units += 16 * (state + 13) * width + width
        units += 3 * (9 * 2 * width * width + width)
        state = width
    decoder = [(1024 + 13, 1024), (1024 + 512 + 13, 512)]
    decoder += [(512 + 256 + 13, 256), (256 + 128 + 13, 128)]
    kernels = sum(16 * a * b for a, b in decoder)
    kernels += 16 * (128 + 64 + 13) * 3 + 3
    kernels += 2 * (1024 + 512 + 256 + 128)
    network = AttributeUNet(attributes=13, **STGAN)
    network.build((None, 128, 128, 3))
    count = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    assert count == encoder_count() + units + kernels


@pytest.mark.parametrize("arguments", [{}, SMALL])
def test_the_condition_and_the_image_change_the_output(arguments):
    network = tiny(**arguments)
    output = network(IMAGE, CONDITION)
    assert output.shape == IMAGE.shape and output.dtype == tf.float32
    assert np.abs(output).max() <= 1.0
    assert np.abs(output - network(IMAGE, -CONDITION)).max() > 1e-6
    assert np.abs(output - network(-IMAGE, CONDITION)).max() > 1e-6


def test_the_condition_enters_where_it_is_said():
    """Channels of each decoder layer and unit; AttGAN's and STGAN's."""

    def channels(network):
        layers = [*network.decoder, network.last]
        return [layer.kernel.shape[-1] for layer in layers]

    # Widths 4, 8, 16, condition 2.
    assert channels(tiny()) == [16 + 2, 16 + 8 + 2, 8]
    assert channels(tiny(inject_layers=2)) == [18, 26, 8 + 2]
    assert channels(tiny(shortcut_layers=0, inject_layers=0)) == [18, 16, 8]
    network = tiny(**SMALL)
    assert channels(network) == [18, 26, 8 + 4 + 2]
    assert [unit.upsampling.kernel.shape[-1] for unit in network.units] == [
        16 + 2,
        8 + 2,
    ]


def test_skips_reach_the_decoder_through_the_units():
    """A unit with closed gates does not pass the encoder's features on."""
    network = tiny(**SMALL)
    inner = network.units[-1]
    encoded = RNG.normal(size=(3, 8, 8, 4)).astype("float32")
    state = RNG.normal(size=(3, 4, 4, 10)).astype("float32")
    inner.update_gate.bias.assign(np.full(4, -50.0))
    one, other = (inner(f, state)[0] for f in (encoded, 0 * encoded))
    np.testing.assert_allclose(one, other, atol=1e-6)
    open_again = inner.update_gate.bias
    open_again.assign(np.full(4, 50.0))
    one, other = (inner(f, state)[0] for f in (encoded, 0 * encoded))
    assert np.abs(one - other).max() > 1e-3


def test_training_uses_the_batch_and_moves_the_statistics():
    network = tiny(momentum=0.0)
    before = network(IMAGE, CONDITION)
    trained = network(IMAGE, CONDITION, training=True)
    assert np.abs(before - trained).max() > 1e-4
    # Momentum 0: the running statistics are the last batch's.
    np.testing.assert_allclose(network(IMAGE, CONDITION), trained, atol=2e-2)
    # Without training, an image's result does not depend on the others.
    np.testing.assert_allclose(
        network(IMAGE[:1], CONDITION[:1]),
        network(IMAGE, CONDITION)[:1],
        atol=1e-5,
    )


def test_any_multiple_of_the_stride():
    output = tiny()(np.zeros((1, 24, 40, 3), "float32"), CONDITION[:1])
    assert output.shape == (1, 24, 40, 3)


@pytest.mark.parametrize("arguments", [{}, SMALL])
def test_config_and_saved_weights_restore_the_function(tmp_path, arguments):
    network = tiny(**arguments)
    network(IMAGE, CONDITION, training=True)
    expected = network(IMAGE, CONDITION)
    network.save_weights(tmp_path / "network.weights.h5")
    again = AttributeUNet.from_config(network.get_config())
    again.build((None, 16, 16, 3))
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(again(IMAGE, CONDITION), expected)


@pytest.mark.parametrize("name", ["shortcut_layers", "inject_layers"])
def test_too_many_connections_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}`.*below the 3"):
        tiny(**{name: 3})
