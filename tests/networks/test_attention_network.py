"""The attention network: sizes of the sheet, decoders, configs."""

import keras
import numpy as np
import pytest

from tfmask.layers import normal_initializer
from tfmask.networks import AttentionNetwork

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 24, 3)).astype("float32")


def tiny(**arguments):
    """Kernels large enough for a map that is not 0.5 everywhere."""
    return AttentionNetwork(
        filters=4, kernel_initializer=normal_initializer(0.3), **arguments
    )


@pytest.mark.parametrize(
    ("kernels", "count"), [((3, 3, 7), 154_689), ((1, 1, 1), 104_001)]
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(kernels, count):
    network = AttentionNetwork(decoder_kernels=kernels)
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


@pytest.mark.parametrize("kernels", [(3, 3, 7), (1, 1, 1)])
def test_map_has_the_input_size_and_is_soft(kernels):
    attention = tiny(decoder_kernels=kernels)(IMAGE).numpy()
    assert attention.shape == (2, 16, 24, 1)
    assert attention.dtype == np.float32
    assert 0 < attention.min() < attention.max() < 1
    assert attention.std() > 0.01


def test_decoder_of_1x1_kernels_is_constant_on_blocks_of_4x4():
    attention = tiny(decoder_kernels=(1, 1, 1))(IMAGE).numpy()
    blocks = attention.reshape(2, 4, 4, 6, 4)
    np.testing.assert_array_equal(blocks, blocks[:, :, :1, :, :1] + 0 * blocks)
    assert len(np.unique(blocks[0])) > 12


def test_papers_decoder_sees_single_pixels():
    attention = tiny()(IMAGE).numpy().reshape(2, 4, 4, 6, 4)
    assert (attention.std((2, 4)) > 0).all()


def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = tiny(blocks=2, decoder_kernels=(1, 3, 5))
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = AttentionNetwork.from_config(network.get_config())
    again.build((None, 16, 24, 3))
    assert np.abs(again(IMAGE) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(again(IMAGE), expected)

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert isinstance(loaded, AttentionNetwork)
    np.testing.assert_array_equal(loaded(IMAGE), expected)


def test_three_decoder_kernels_are_needed():
    with pytest.raises(ValueError, match="zip"):
        tiny(decoder_kernels=(3, 3))
