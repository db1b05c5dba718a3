"""The U-Net of attention: its size, its range, what it sees."""

import keras
import numpy as np
import pytest

from tfmask.networks import AttentionUNet

pytestmark = pytest.mark.both_stacks

IMAGE = np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, 3))
IMAGE = IMAGE.astype("float32")


def kernels(*channels):
    """Parameters of 3x3 convolutions with their norms' scale and offset."""
    return sum(9 * a * b + 3 * b for a, b in channels)


def test_parameters_by_hand():
    network = AttentionUNet(filters=8, levels=3)
    network.build((None, 16, 24, 3))
    down = kernels((3, 8), (8, 8), (8, 16), (16, 16), (16, 32), (32, 32))
    up = kernels((32, 16), (32, 16), (16, 8), (16, 8))
    assert network.count_params() == down + up + 8 + 1


def test_map_has_the_input_size_and_is_soft():
    mask = AttentionUNet(filters=4, levels=4)(IMAGE[:, :, :16]).numpy()
    assert mask.shape == (2, 16, 16, 1)
    assert mask.dtype == np.float32
    assert 0 < mask.min() < mask.max() < 1


def test_skip_connections_carry_single_pixels():
    network = AttentionUNet(
        filters=4, levels=2, normalization="none",
        kernel_initializer={
            "class_name": "RandomNormal",
            "config": {"stddev": 0.5},
        },
    )  # fmt: skip
    changed = IMAGE.copy()
    changed[0, 8, 12] += 0.5
    moved = np.abs(network(changed) - network(IMAGE))[..., 0]
    assert moved[1].max() == 0
    assert moved[0, 8, 12] > 0
    assert moved[0, 0, 0] == 0  # far away


def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = AttentionUNet(filters=4, levels=2)
    expected = network(IMAGE)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert isinstance(loaded, AttentionUNet)
    np.testing.assert_array_equal(loaded(IMAGE), expected)


def test_one_level_is_no_u():
    with pytest.raises(ValueError, match="`levels`"):
        AttentionUNet(levels=1)
