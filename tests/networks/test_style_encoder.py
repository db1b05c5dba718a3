"""The style encoder of whole images; LOMIT's has its own tests."""

import numpy as np
import pytest

from tfmask.networks import ImageStyleEncoder

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 32, 16, 3)).astype("float32")


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_munits():
    network = ImageStyleEncoder()
    network.build((None, 256, 256, 3))
    assert network.count_params() == 665_216 + 2_099_720


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_the_code_is_linear_in_the_mean_of_the_last_features(slope):
    network = ImageStyleEncoder(filters=2, size=5, slope=slope)
    code = network(IMAGE)
    features, head = network.features(IMAGE), network.head
    assert features.shape == (2, 8, 4, 8)
    for layer in (head.first, head.second):
        features = layer(features).numpy()
        features = np.where(features > 0, features, slope * features)
    kernel, bias = head.code.get_weights()
    expected = features.mean((1, 2)) @ kernel + bias
    np.testing.assert_allclose(code, expected, atol=1e-5)


def test_nothing_is_normalised():
    """Brightness and contrast are style."""
    network = ImageStyleEncoder(filters=2)
    code = network(IMAGE)
    assert np.abs(network(IMAGE + 1.0) - code).max() > 1e-3
    np.testing.assert_allclose(
        network(3.0 * IMAGE), 3.0 * code, rtol=1e-4, atol=1e-5
    )


def test_examples_of_a_batch_do_not_mix():
    network = ImageStyleEncoder(filters=2)
    np.testing.assert_allclose(
        network(IMAGE)[1:], network(IMAGE[1:]), atol=1e-5
    )


def test_config_makes_the_same():
    network = ImageStyleEncoder(filters=2, size=3, slope=0.1)
    again = ImageStyleEncoder.from_config(network.get_config())
    assert again.get_config() == network.get_config()
