"""The layers behind a style code, against the formula."""

import numpy as np
import pytest

from tfmask.layers import StyleLayers

RNG = np.random.default_rng(0)
STYLE = RNG.normal(size=(2, 8)).astype("float32")


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.2])
def test_three_layers_with_relus_between(slope):
    layer = StyleLayers(6, hidden=4, slope=slope)
    got = layer(STYLE)
    values = STYLE
    for number, dense in enumerate((layer.first, layer.second, layer.last)):
        kernel, bias = dense.get_weights()
        values = values @ kernel + bias
        if number < 2:
            values = np.where(values > 0, values, slope * values)
    np.testing.assert_allclose(got, values, atol=1e-5)
    assert got.numpy().min() < 0 < got.numpy().max()


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_munits():
    layer = StyleLayers(4096)
    layer.build((None, 8))
    assert layer.count_params() == 8 * 256 + 256 + 256 * 257 + 257 * 4096


def test_config_makes_the_same():
    layer = StyleLayers(6, hidden=4, slope=0.1)
    again = StyleLayers.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
