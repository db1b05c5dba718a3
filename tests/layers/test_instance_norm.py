"""Instance normalisation: by hand, by NumPy, by tensorflow-addons."""

import numpy as np
import pytest
import tensorflow as tf
from direct_convolution import instance_normalization

from tfmask.layers import InstanceNormalization

RNG = np.random.default_rng(0)
IMAGE = (3.0 + 2.0 * RNG.normal(size=(2, 6, 5, 3))).astype("float32")


def test_matches_numpy_per_example_and_channel():
    np.testing.assert_allclose(
        InstanceNormalization()(IMAGE), instance_normalization(IMAGE), atol=1e-5
    )


def test_epsilon_is_the_papers_and_inside_the_root():
    pair = np.array([0.001, -0.001], "float32").reshape(1, 2, 1, 1)
    output = InstanceNormalization()(pair).numpy().ravel()
    root = 0.001 / np.sqrt(1e-6 + 1e-5)  # the variance is 1e-6
    np.testing.assert_allclose(output, [root, -root], rtol=1e-4)


def test_a_single_pixel_becomes_zero():
    np.testing.assert_array_equal(
        InstanceNormalization()(np.full((1, 1, 1, 2), 7.0, "float32")), 0.0
    )


def test_scale_and_offset_belong_to_channels():
    layer = InstanceNormalization(affine=True)
    layer.build(IMAGE.shape)
    scale, offset = np.array([1.0, 2.0, -1.0]), np.array([0.0, 5.0, 1.0])
    layer.set_weights([scale, offset])
    np.testing.assert_allclose(
        layer(IMAGE), scale * instance_normalization(IMAGE) + offset, atol=1e-5
    )


def test_weights_exist_only_when_affine():
    for affine, count in ((False, 0), (True, 2)):
        layer = InstanceNormalization(affine)
        layer.build((None, None, None, 3))
        assert len(layer.trainable_variables) == count


def test_initial_scale_is_random_about_one_where_asked():
    layer = InstanceNormalization(affine=True, gamma_stddev=0.02)
    layer.build((None, None, None, 500))
    scale, offset = layer.get_weights()
    assert scale.mean() == pytest.approx(1.0, abs=0.005)
    assert 0.01 < scale.std() < 0.02  # cut at two deviations
    assert not offset.any()


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_images_are_normalised_in_float32(dtype):
    """A mean of 300 squared is above float16's range."""
    half = dtype.removeprefix("mixed_")
    image = tf.cast(300.0 + 4.0 * RNG.normal(size=(1, 32, 32, 2)), half)
    exact = tf.cast(image, tf.float32).numpy()
    output = InstanceNormalization(affine=True, dtype=dtype)(image)
    assert output.dtype == image.dtype
    resolution = 2.0**-10 if half == "float16" else 2.0**-7
    np.testing.assert_allclose(
        tf.cast(output, tf.float32),
        instance_normalization(exact),
        atol=4 * resolution,
    )


def test_config_of_a_built_layer_fits_another_width():
    layer = InstanceNormalization(affine=True, epsilon=1e-3, gamma_stddev=0.1)
    layer.build((None, None, None, 3))
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    wide = RNG.normal(size=(1, 4, 4, 7)).astype("float32")
    again.build(wide.shape)
    again.set_weights([np.ones(7), np.zeros(7)])
    np.testing.assert_allclose(
        again(wide), instance_normalization(wide, 1e-3), atol=1e-5
    )


@pytest.mark.parametrize("affine", [False, True])
def test_addons_layer_agrees(affine):
    addons = pytest.importorskip("tensorflow_addons")
    theirs = addons.layers.InstanceNormalization(
        epsilon=1e-5, center=affine, scale=affine
    )
    ours = InstanceNormalization(affine)
    theirs.build(IMAGE.shape)
    ours.build(IMAGE.shape)
    if affine:
        weights = [RNG.normal(size=3), RNG.normal(size=3)]
        theirs.set_weights(weights)
        ours.set_weights(weights)
    np.testing.assert_allclose(ours(IMAGE), theirs(IMAGE), atol=1e-5)
