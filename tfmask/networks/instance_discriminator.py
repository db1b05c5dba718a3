"""InstaGAN's discriminator: scores of an image together with its masks."""

import keras
import tensorflow as tf

from tfmask.layers import Convolution, leaky_relu, normalization_layer
from tfmask.networks.judgement import Judgement
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.instances import (
    first_if_none,
    fold,
    occupied,
    sum_valid,
    unfold,
)
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class PatchFeatures(keras.layers.Layer):
    """Strided 4x4 convolutions, leaky ReLU 0.2; all but the first normalised.

    Args:
        filters: int, channels of the first layer; they double up to
            eight times that.
        strided_layers: int.
        normalization: see `normalization_layer`.
        spectral_normalization: bool.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, C) float.
        training: bool; power iterations run only in training.

    Returns:
        (B, h, w, filters * 2 ** (strided_layers - 1)) float.
    """

    def __init__(
        self,
        filters,
        strided_layers,
        *,
        normalization="instance",
        spectral_normalization=True,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.normalization = normalization
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = kernel_initializer
        self.convolutions = [
            Convolution(
                filters * min(2**level, 8),
                4,
                strides=2,
                padding=1,
                spectral_normalization=spectral_normalization,
                kernel_initializer=kernel_initializer,
            )
            for level in range(strided_layers)
        ]
        self.norms = [
            normalization_layer(normalization if level else "none")
            for level in range(strided_layers)
        ]

    def build(self, input_shape):
        channels = input_shape[-1]
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.built = True

    def call(self, image, training=False):
        outputs = image
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            outputs = leaky_relu(norm(layer(outputs, training=training)))
        return outputs

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class InstanceDiscriminator(keras.Model):
    """Patch scores of an image and the set of its masks.

    f_DX gives the features of the image. f_DA gives the features of a mask; all
    masks share it. The features of the masks are added. Then come two 4x4
    convolutions of stride 1 to one score for each patch.

    Args:
        filters: int, channels of the first layers.
        strided_layers: int.
        normalization: see `normalization_layer`.
        spectral_normalization: bool, for every convolution.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        masks: (B, N, H, W, 1) float in [-1, 1]. A mask of -1 everywhere is
            empty.
        valid: (B, N) bool, slots that hold an instance. None: all slots that
            are not -1 everywhere.
        training: bool; power iterations run only in training.

    Returns:
        `Judgement` with one map of scores, (B, h, w, 1): 23x23 for 200x200.

    Paper: Mo, Cho, Shin 2019, section 2.1; layers of the official code.
    Differs from the paper: no. From the official code: there is one power
    iteration for each training call. There is not one for every instance, and
    none in the update of the generators.
    """

    def __init__(
        self,
        *,
        filters=64,
        strided_layers=3,
        normalization="instance",
        spectral_normalization=True,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.normalization = normalization
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = kernel_initializer
        features = {
            "normalization": normalization,
            "spectral_normalization": spectral_normalization,
            "kernel_initializer": kernel_initializer,
        }
        self.image_features = PatchFeatures(filters, strided_layers, **features)
        self.mask_features = PatchFeatures(filters, strided_layers, **features)
        last = self.image_features.convolutions[-1].filters
        score = {
            "padding": 1,
            "spectral_normalization": spectral_normalization,
            "kernel_initializer": kernel_initializer,
        }
        self.mixing = Convolution(4 * last, 4, **score)
        self.norm = normalization_layer(normalization)
        self.score = Convolution(1, 4, **score)

    def build(self, input_shape):
        self.image_features.build(input_shape)
        self.mask_features.build((*input_shape[:-1], 1))
        last = self.image_features.convolutions[-1].filters
        self.mixing.build((None, None, None, 2 * last))
        self.norm.build((None, None, None, 4 * last))
        self.score.build((None, None, None, 4 * last))
        self.built = True

    def call(self, image, masks, valid=None, training=False):
        valid = first_if_none(occupied(masks) if valid is None else valid)
        count = tf.shape(masks)[1]
        own = self.mask_features(fold(masks), training=training)
        features = tf.concat(
            [
                self.image_features(image, training=training),
                sum_valid(unfold(own, count), valid),
            ],
            axis=-1,
        )
        outputs = self.norm(self.mixing(features, training=training))
        outputs = self.score(leaky_relu(outputs), training=training)
        return Judgement([exact(outputs)])

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
