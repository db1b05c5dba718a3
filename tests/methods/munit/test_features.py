"""Features that the user has: files of Keras, SavedModels, and what is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import batch

from tfmask.methods.munit.config import MUNITConfig
from tfmask.methods.munit.features import GivenFeatures
from tfmask.methods.munit.method import MUNIT
from tfmask.ops.errors import UserError

pytestmark = [
    pytest.mark.both_stacks,
    # Of Keras 2.15.
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5"),
]

SIZE = (16, 16)
IMAGE = batch(side=16)["a"]["image"]


def network(last=None):
    layers = [
        keras.layers.Input((None, None, 3)),
        keras.layers.Rescaling(1 / 100),
        keras.layers.Conv2D(4, 3, strides=2, activation="tanh"),
    ]
    return keras.Sequential(layers + ([last] if last else []))


@pytest.fixture(params=["features.keras", "features.h5", "saved_model"])
def stored_network(request, tmp_path):
    """(path, the network that lies there)."""
    layers, path = network(), str(tmp_path / request.param)
    if request.param == "saved_model":
        module = tf.Module()
        module.layers = layers  # the owner of the variables
        serve = tf.function(
            lambda image: {"features": layers(image)},
            input_signature=[tf.TensorSpec((None, None, None, 3))],
        )
        tf.saved_model.save(module, path, signatures=serve)
    else:
        layers.save(path)
    return path, layers


def test_it_gets_rgb_pixels_from_0_to_255(stored_network):
    path, layers = stored_network
    features = GivenFeatures(path, SIZE)
    expected = layers(127.5 * (IMAGE + 1.0))
    np.testing.assert_allclose(features(IMAGE), expected, atol=1e-5)


def perceptual(path):
    """A tiny method that compares features of the network at `path`."""
    config = MUNITConfig(
        filters=2,
        blocks=1,
        discriminator_filters=2,
        discriminator_layers=1,
        discriminator_scales=1,
        perceptual_weight=1.0,
        perceptual_features=path,
    )
    return MUNIT(config, image_size=SIZE)


def test_generators_learn_from_it_and_nobody_owns_it(tmp_path):
    network().save(tmp_path / "features.keras")
    method = perceptual(str(tmp_path / "features.keras"))
    count = len(method.weights)
    with tf.GradientTape() as tape:
        losses = method.compute_losses(batch(side=16), ("generator",))
        value = losses["generator"]["perceptual_b"].value
    kernel = method.generator_b.decoder.last.kernel
    assert np.abs(tape.gradient(value, kernel)).max() > 0
    assert len(method.weights) == count


def test_a_step_opens_it_out_of_its_graph(tmp_path):
    network().save(tmp_path / "features.keras")
    method = perceptual(str(tmp_path / "features.keras"))
    values = [
        tf.function(lambda: tf.reduce_sum(method.features(IMAGE)))()
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*values)


def test_nobody_opens_it_but_the_loss():
    """So that a run can be evaluated where the network is not."""
    method = perceptual("not_there.keras")
    method.translate({"image": IMAGE})
    with pytest.raises(UserError, match="`not_there.keras` is not there"):
        method.compute_losses(batch(side=16), ("generator",))


def test_features_without_places_are_refused(tmp_path):
    path = str(tmp_path / "pooled.keras")
    network(keras.layers.GlobalAveragePooling2D()).save(path)
    with pytest.raises(UserError, match=r"feature maps.*\(1, 4\)"):
        GivenFeatures(path, SIZE)


def test_a_file_that_is_no_network_is_named(tmp_path):
    path = tmp_path / "broken.keras"
    path.write_text("no network")
    with pytest.raises(UserError, match=r"`.*broken.keras` is neither"):
        GivenFeatures(str(path), SIZE)
    with pytest.raises(UserError, match="is neither"):
        GivenFeatures(str(tmp_path), SIZE)
