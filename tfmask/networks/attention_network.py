"""The network that finds the mask of attention-guided translation."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    ResidualBlock,
    UpsamplingConvolution,
    normalization_layer,
)
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class AttentionNetwork(keras.Model):
    """Image to a soft map of what should be translated.

    c7s2-f, c3s2-2f, residual blocks at 2f, then twice nearest upsampling
    and a convolution (2f, f), a last convolution and a sigmoid.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        decoder_kernels: three odd ints; (3, 3, 7) in the paper. The official
            code intends the same but runs (1, 1, 1). Then the map is constant
            on 4x4 pixels.
        normalization: see `normalization_layer`.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H, W, 1) float32 in (0, 1).

    Paper: Mejjati et al. 2018, supplement; `A_S`, `A_T`.
    Differs from the paper: the first stride is 2, not 1. Otherwise the map
    would have twice the size of the image. From the authors' code: the decoder
    kernels.
    """

    def __init__(
        self,
        *,
        filters=32,
        blocks=1,
        decoder_kernels=(3, 3, 7),
        normalization="instance",
        affine=True,
        gamma_stddev=0.02,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.decoder_kernels = tuple(decoder_kernels)
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer

        norm = {"affine": affine, "gamma_stddev": gamma_stddev}
        initializer = {"kernel_initializer": kernel_initializer}
        self.encoder = [
            Convolution(
                filters,
                7,
                strides=2,
                padding=3,
                padding_mode="reflect",
                **initializer,
            ),
            Convolution(
                2 * filters, 3, strides=2, padding="same", **initializer
            ),
        ]
        self.residual_blocks = [
            ResidualBlock(
                2 * filters,
                padding_mode="reflect",
                activate_sum=True,
                normalization=normalization,
                **norm,
                **initializer,
            )
            for _ in range(blocks)
        ]
        self.decoder = [
            layer(
                width,
                kernel,
                padding=kernel // 2,
                padding_mode="reflect",
                **initializer,
            )
            for layer, width, kernel in zip(
                (UpsamplingConvolution, UpsamplingConvolution, Convolution),
                (2 * filters, filters, 1),
                self.decoder_kernels,
                strict=True,
            )
        ]
        self.norms = [
            normalization_layer(normalization, **norm) for _ in range(4)
        ]

    def build(self, input_shape):
        channels = input_shape[-1]
        for position, layer in enumerate(self.encoder + self.decoder):
            if layer is self.decoder[0]:
                for block in self.residual_blocks:
                    block.build((None, None, None, channels))
            layer.build((None, None, None, channels))
            channels = layer.filters
            if position < len(self.norms):
                self.norms[position].build((None, None, None, channels))
        self.built = True

    def call(self, image):
        norms = iter(self.norms)
        outputs = image
        for layer in self.encoder:
            outputs = tf.nn.relu(next(norms)(layer(outputs)))
        for block in self.residual_blocks:
            outputs = block(outputs)
        for layer in self.decoder[:-1]:
            outputs = tf.nn.relu(next(norms)(layer(outputs)))
        outputs = self.decoder[-1](outputs)
        return tf.sigmoid(exact(outputs))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
