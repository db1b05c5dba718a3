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

    c7s1-f, c4s2-2f, c4s2-4f, each with instance normalisation and ReLU,
    then residual blocks without an activation after the sum. All padding is
    by reflection.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        affine: bool; the normalisations learn a scale and an offset.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, C) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H/4, W/4, 4f) float, unbounded.

    Paper: LOMIT, supplement; without `affine` Huang et al. 2018 (MUNIT),
    appendix B. Differs from the papers: no.
    """

    def __init__(self, *, filters=64, blocks=4, affine=True, **kwargs):
        super().__init__(
            filters=filters,
            blocks=blocks,
            strided_kernel=4,
            strided_padding_mode="reflect",
            affine=affine,
            kernel_initializer=kaiming_initializer(),
            **kwargs,
        )


@keras.saving.register_keras_serializable(package="tfmask")
class ContentDecoder(keras.Model):
    """Content to an image four times as large.

    It has residual blocks, then two nearest upsamplings, each with a 5x5
    convolution, layer normalisation and ReLU, then a 7x7 convolution with tanh.
    All padding is by reflection.

    Args:
        filters: int, f; the content has 4f channels.
        blocks: int, residual blocks.
        normalization: see `ResidualBlock`, of the residual blocks.
        unbiased: bool, of `LayerNormalization` after the upsamplings.
        highway: layer of `HighwayDecoder`; its weights come first. Or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        content: (B, h, w, 4f) float.
        modulations: None, except for "adain". Then it is the list of the
            modulations of all blocks, see `ResidualBlock`.

    Returns:
        (B, 4h, 4w, 3) float32 in (-1, 1).

    Paper: Huang et al. 2018 (MUNIT), appendix B. Differs from the paper: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=4,
        normalization="instance",
        unbiased=True,
        highway=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.normalization = normalization
        self.unbiased = unbiased
        self.highway = highway
        self.residual_blocks = [
            ResidualBlock(
                4 * filters,
                normalization=normalization,
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
        self.norms = [LayerNormalization(unbiased=unbiased) for _ in range(2)]
        self.last = _convolution(3, 7, padding=3)

    def build(self, input_shape):
        channels = 4 * self.filters
        for block in self.residual_blocks:
            block.build((None, None, None, channels))
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, content, modulations=None):
        outputs = content
        modulations = modulations or [None] * self.blocks
        for block, each in zip(self.residual_blocks, modulations, strict=True):
            outputs = block(outputs, each)
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        return tf.tanh(exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class HighwayDecoder(ContentDecoder):
    """Content, a mask and two styles to an image.

    HAdaIN comes first, once. Then come the layers of `ContentDecoder`. The
    residual blocks also have layer normalisation.

    Args:
        filters: int, f; the content has 4f channels.
        blocks: int, residual blocks.
        style_size: int, S.
        hidden: int, width of HAdaIN's hidden layers.
        scale_form: see `StyleParameters`.
        deviation: see `highway_adain`.
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
        deviation="spatial",
        **kwargs,
    ):
        super().__init__(
            filters=filters,
            blocks=blocks,
            normalization="layer",
            unbiased=False,
            highway=HighwayAdaIN(
                4 * filters,
                style_size=style_size,
                hidden=hidden,
                scale_form=scale_form,
                deviation=deviation,
            ),
            **kwargs,
        )
        self.style_size = style_size
        self.hidden = hidden
        self.scale_form = scale_form
        self.deviation = deviation

    def build(self, input_shape):
        self.highway.build((None, None, None, 4 * self.filters))
        super().build(input_shape)

    def call(self, content, attention, foreground, background):
        return super().call(
            self.highway(content, attention, foreground, background)
        )
