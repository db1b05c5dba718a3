"""The encoder of what an image shows, and the decoder of its styles."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    HighwayAdaIN,
    LayerNormalization,
    ResidualBlock,
    UpsamplingConvolution,
    kaiming_initializer,
)
from tfmask.networks.resnet_parts import ResNetEncoder
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


def _convolution(filters, kernel_size, **options):
    return Convolution(
        filters,
        kernel_size,
        padding_mode="reflect",
        kernel_initializer=kaiming_initializer(),
        **options,
    )


@keras.saving.register_keras_serializable(package="tfmask")
class ContentEncoder(ResNetEncoder):
    """Image to content at a quarter of its size.

    c7s1-f, c4s2-2f, c4s2-4f, each with instance normalisation (learned
    scale and offset) and ReLU, then residual blocks without an activation
    after the sum. All padding is by reflection.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, C) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H/4, W/4, 4f) float, unbounded.

    Paper: LOMIT, supplement. Differs from the paper: no.
    """

    def __init__(self, *, filters=64, blocks=4, **kwargs):
        super().__init__(
            filters=filters,
            blocks=blocks,
            strided_kernel=4,
            strided_padding_mode="reflect",
            affine=True,
            kernel_initializer=kaiming_initializer(),
            **kwargs,
        )


@keras.saving.register_keras_serializable(package="tfmask")
class HighwayDecoder(keras.Model):
    """Content, a mask and two styles to an image.

    HAdaIN once, then residual blocks with layer normalisation, two nearest
    upsamplings each with a 5x5 convolution, layer normalisation and ReLU,
    and a 7x7 convolution with tanh. All padding is by reflection.

    Args:
        filters: int, f; the content has 4f channels.
        blocks: int, residual blocks.
        style_size: int, S.
        hidden: int, width of HAdaIN's hidden layers.
        scale_form: see `StyleParameters`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        content: (B, h, w, 4f) float.
        attention: (B, h, w, 1) float in [0, 1].
        foreground: (B, S) float, style where the attention is 1.
        background: (B, S) float, style elsewhere.

    Returns:
        (B, 4h, 4w, 3) float32 in (-1, 1).

    Paper: LOMIT, supplement. Differs from the paper: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=4,
        style_size=8,
        hidden=256,
        scale_form="exponential",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.style_size = style_size
        self.hidden = hidden
        self.scale_form = scale_form
        self.highway = HighwayAdaIN(
            4 * filters,
            style_size=style_size,
            hidden=hidden,
            scale_form=scale_form,
        )
        self.residual_blocks = [
            ResidualBlock(
                4 * filters,
                normalization="layer",
                kernel_initializer=kaiming_initializer(),
            )
            for _ in range(blocks)
        ]
        self.convolutions = [
            UpsamplingConvolution(
                width,
                5,
                padding=2,
                padding_mode="reflect",
                kernel_initializer=kaiming_initializer(),
            )
            for width in (2 * filters, filters)
        ]
        self.norms = [LayerNormalization() for _ in range(2)]
        self.last = _convolution(3, 7, padding=3)

    def build(self, input_shape):
        channels = 4 * self.filters
        self.highway.build((None, None, None, channels))
        for block in self.residual_blocks:
            block.build((None, None, None, channels))
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, content, attention, foreground, background):
        outputs = self.highway(content, attention, foreground, background)
        for block in self.residual_blocks:
            outputs = block(outputs)
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        return tf.tanh(exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
