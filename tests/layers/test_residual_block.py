"""The residual block, layer by layer in NumPy."""

import numpy as np
import pytest
from direct_convolution import convolution, instance_normalization

from tfmask.layers import ResidualBlock

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(2, 6, 6, 3)).astype("float32")


@pytest.mark.parametrize("activate_sum", [False, True])
@pytest.mark.parametrize("padding_mode", ["zero", "reflect"])
def test_matches_its_formula(padding_mode, activate_sum):
    block = ResidualBlock(
        3, padding_mode=padding_mode, activate_sum=activate_sum
    )
    block.build(IMAGE.shape)
    kernels = [RNG.normal(size=(3, 3, 3, 3)) for _ in range(2)]
    # Norms have no weights here; biases vanish in them.
    block.first.set_weights([kernels[0], RNG.normal(size=3)])
    block.second.set_weights([kernels[1], RNG.normal(size=3)])
    mode = "reflect" if padding_mode == "reflect" else "constant"
    expected = convolution(IMAGE, kernels[0], 1, 1, 1, mode)
    expected = np.maximum(instance_normalization(expected), 0.0)
    expected = convolution(expected, kernels[1], 1, 1, 1, mode)
    expected = IMAGE + instance_normalization(expected)
    if activate_sum:
        expected = np.maximum(expected, 0.0)
    np.testing.assert_allclose(block(IMAGE), expected, atol=1e-4)


def test_without_weights_the_input_passes():
    block = ResidualBlock(3)
    block.build(IMAGE.shape)
    block.set_weights([0.0 * weight for weight in block.get_weights()])
    np.testing.assert_array_equal(block(IMAGE), IMAGE)


def test_biases_are_an_option():
    for use_bias, count in ((True, 4), (False, 2)):
        block = ResidualBlock(3, use_bias=use_bias)
        block.build(IMAGE.shape)
        assert len(block.weights) == count


def test_config_round_trip_keeps_the_function():
    block = ResidualBlock(
        3, padding_mode="zero", activate_sum=True, affine=True, gamma_stddev=0.1
    )
    expected = block(IMAGE)
    again = type(block).from_config(block.get_config())
    again.build(IMAGE.shape)
    again.set_weights(block.get_weights())
    assert again.get_config() == block.get_config()
    np.testing.assert_array_equal(again(IMAGE), expected)
