"""AttGAN's discriminator: counts, the split of its trunk, examples apart."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.networks import DenseDiscriminator
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 16, 3)).astype("float32")


def tiny(**arguments):
    return DenseDiscriminator(
        **{
            "attributes": 3,
            "filters": 4,
            "strided_layers": 3,
            "units": 5,
            **arguments,
        }
    )


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_at_128_px():
    widths = [3, 64, 128, 256, 512, 1024]
    trunk = sum(
        16 * a * b + 2 * b for a, b in zip(widths, widths[1:], strict=False)
    )
    first = 2 * (4 * 4 * 1024 * 1024 + 1024)
    network = DenseDiscriminator(attributes=13)
    network.build((None, 128, 128, 3))
    expected = trunk + first + 1024 + 1 + 1024 * 13 + 13
    assert network.count_params() == expected == 44_718_990


def test_one_score_and_one_logit_an_attribute():
    (scores,), logits, *_ = tiny()(IMAGE)
    assert scores.shape == (2, 1) and logits.shape == (2, 3)
    assert scores.dtype == logits.dtype == tf.float32


def test_the_trunk_splits_at_any_layer():
    network = tiny()
    expected = network(IMAGE)
    for layer in range(4):
        features = network.features(IMAGE, last=layer)
        assert features.shape[1] == 16 // 2**layer
        judged = network.heads(network.features(features, first=layer))
        np.testing.assert_array_equal(judged.scores[0], expected.scores[0])
        np.testing.assert_array_equal(judged.logits, expected.logits)


def test_examples_do_not_meet():
    network = tiny()
    (scores,), logits, *_ = network(IMAGE)
    alone = network(IMAGE[1:])
    np.testing.assert_allclose(alone.scores[0], scores[1:], atol=1e-5)
    np.testing.assert_allclose(alone.logits, logits[1:], atol=1e-5)


def test_features_are_normalised_before_the_leaky_relu():
    features = tiny().features(IMAGE, last=1).numpy()
    linear = np.where(features > 0, features, features / 0.2)
    np.testing.assert_allclose(linear.mean((1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(linear.std((1, 2)), 1.0, atol=1e-3)


def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = tiny()
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = DenseDiscriminator.from_config(network.get_config())
    again.build((None, 16, 16, 3))
    again.load_weights(tmp_path / "network.weights.h5")
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    for copy in (again, loaded):
        for one, other in zip(copy(IMAGE), expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="multiples of 8.*discriminator"):
        tiny().build((None, 16, 12, 3))
