"""The discriminator of AttGAN and STGAN, with two fully connected heads."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    InstanceNormalization,
    glorot_initializer,
    leaky_relu,
)
from tfmask.networks.judgement import Judgement
from tfmask.networks.split_discriminator import SplitDiscriminator
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class DenseDiscriminator(SplitDiscriminator):
    """Scores a whole image and classifies its attributes.

    A trunk of 4x4 convolutions of stride 2 (f, 2f, 4f, ... channels) with
    instance normalisation (scale and offset) and leaky ReLU of slope 0.2,
    and two heads of two dense layers each.

    Args:
        attributes: int, K.
        filters: int, f.
        strided_layers: int; sides are multiples of 2 to this power.
        units: int, width of the heads' first layers.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float, in the size that the network was built on.

    Returns:
        `Judgement` with one score for each image, (B, 1), and logits.

    Raises:
        UserError: the network is built on images that do not fit.

    Paper: AttGAN (He et al. 2019), table 1; STGAN (Liu et al. 2019).
    Differs from the papers: no. From the authors' codes: no.
    """

    def __init__(
        self,
        *,
        attributes,
        filters=64,
        strided_layers=5,
        units=1024,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.attributes = attributes
        self.filters = filters
        self.strided_layers = strided_layers
        self.units = units
        initializer = {"kernel_initializer": glorot_initializer()}
        self.convolutions = [
            Convolution(
                filters * 2**level,
                4,
                strides=2,
                padding="same",
                use_bias=False,
                **initializer,
            )
            for level in range(strided_layers)
        ]
        self.norms = [
            InstanceNormalization(affine=True, epsilon=1e-6)
            for _ in self.convolutions
        ]
        self.score_layers, self.class_layers = (
            [
                keras.layers.Dense(width, **initializer)
                for width in (units, outputs)
            ]
            for outputs in (1, attributes)
        )

    def build(self, input_shape):
        _, height, width, channels = input_shape
        stride = 2**self.strided_layers
        if height % stride or width % stride:
            raise UserError(
                f"A discriminator of {self.strided_layers} strided layers "
                f"needs images whose sides are multiples of {stride}. "
                f"Got: {height}x{width}. Take other images or fewer "
                "discriminator layers."
            )
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        size = (height // stride) * (width // stride) * channels
        for first, second in (self.score_layers, self.class_layers):
            first.build((None, size))
            second.build((None, self.units))
        self.built = True

    def trunk_layer(self, level, inputs):
        return leaky_relu(self.norms[level](self.convolutions[level](inputs)))

    def heads(self, features):
        first = self.score_layers[0]
        flat = tf.reshape(features, [-1, first.kernel.shape[0]])
        score, logits = (
            exact(second(leaky_relu(first(flat))))
            for first, second in (self.score_layers, self.class_layers)
        )
        return Judgement([score], logits)
