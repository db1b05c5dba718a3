"""Which layer the `normalization` option stands for."""

import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import (
    InstanceNormalization,
    ResidualBlock,
    normalization_layer,
    normalized,
)
from tfmask.layers.normalization import addons_member
from tfmask.ops.errors import UserError

IMAGE = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
HAS_ADDONS = importlib.util.find_spec("tensorflow_addons") is not None


def test_instance_takes_the_arguments():
    layer = normalization_layer("instance", affine=True, gamma_stddev=0.5)
    assert isinstance(layer, InstanceNormalization)
    assert layer.affine and layer.gamma_stddev == 0.5


def test_none_is_the_identity_without_weights():
    layer = normalization_layer("none", affine=True)
    np.testing.assert_array_equal(layer(IMAGE), IMAGE)
    assert not layer.weights


def test_a_callable_makes_a_new_layer_every_time():
    layers = [
        normalization_layer(keras.layers.LayerNormalization) for _ in range(2)
    ]
    assert layers[0] is not layers[1]
    assert isinstance(layers[0], keras.layers.LayerNormalization)


def test_unknown_names_are_answered_with_near_ones():
    with pytest.raises(UserError, match="Did you mean: instance?"):
        normalization_layer("instanse")


def test_batch_statistics_are_for_those_who_ask():
    with pytest.raises(UserError, match="Unknown normalization `batch`"):
        normalization_layer("batch")
    layer = normalization_layer("batch", batch=True, affine=False)
    both = np.concatenate([IMAGE, 3.0 + 2.0 * IMAGE])
    parts = normalized(layer, both, tf.constant(2))
    np.testing.assert_allclose(parts[:2], parts[2:], atol=1e-4)
    mean = IMAGE.mean((0, 1, 2))
    expected = (IMAGE - mean) / np.sqrt(IMAGE.var((0, 1, 2)) + 1e-5)
    np.testing.assert_allclose(parts[:2], expected, atol=1e-4)
    alone = normalized(normalization_layer("instance"), both)
    np.testing.assert_allclose(
        alone[:2], normalized(layer, both, 4)[:2], atol=1e-4
    )


@pytest.mark.skipif(HAS_ADDONS, reason="tensorflow-addons is installed")
def test_missing_addons_says_what_to_install():
    with pytest.raises(UserError, match="needs tensorflow-addons.*pip install"):
        normalization_layer("addons:InstanceNormalization")


@pytest.mark.skipif(not HAS_ADDONS, reason="needs tensorflow-addons")
class TestAddons:
    def test_layers_and_optimizers_are_found(self):
        import tensorflow_addons as addons

        layer = normalization_layer("addons:InstanceNormalization")
        assert isinstance(layer, addons.layers.InstanceNormalization)
        assert addons_member("optimizers", "LAMB") is addons.optimizers.LAMB

    def test_unknown_members_are_answered_with_near_ones(self):
        with pytest.raises(UserError, match="InstanceNormalization"):
            addons_member("layers", "InstanceNormalisation")

    def test_a_block_works_with_an_addons_layer(self):
        """The name and the class give the same network."""
        from tensorflow_addons.layers import InstanceNormalization as Theirs

        by_name, by_class = (
            ResidualBlock(4, normalization=normalization)
            for normalization in ("addons:InstanceNormalization", Theirs)
        )
        by_name.build(IMAGE.shape)
        by_class.build(IMAGE.shape)
        by_class.set_weights(by_name.get_weights())
        np.testing.assert_array_equal(by_name(IMAGE), by_class(IMAGE))

        ours = ResidualBlock(4, affine=True)
        ours.build(IMAGE.shape)
        ours.set_weights(by_name.get_weights())
        # Theirs has an epsilon of 1e-3, which is large beside the small
        # variances after kernels of deviation 0.02.
        assert np.abs(ours(IMAGE) - by_name(IMAGE)).max() > 1e-2
        for norm in (by_name.first_norm, by_name.second_norm):
            norm.epsilon = 1e-5
        np.testing.assert_allclose(ours(IMAGE), by_name(IMAGE), atol=1e-4)
