"""Contents and attributes to images, in DRIT's two ways."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    InstanceNormalization,
    LayerNormalization,
    ResidualBlock,
    StyleLayers,
    torch_initializer,
)
from tfmask.networks.resnet_parts import ResNetDecoder, upsampling_layer
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact

_MIXING_BLOCKS = 4


def beside(features, code):
    """Features and a code that is repeated at every place.

    Args:
        features: (B, h, w, C) float.
        code: (B, S) float.

    Returns:
        (B, h, w, C + S) of the features' dtype.
    """
    shape = tf.shape(features)
    everywhere = tf.broadcast_to(
        tf.cast(code, features.dtype)[:, None, None],
        tf.stack([shape[0], shape[1], shape[2], code.shape[-1]]),
    )
    return tf.concat([features, everywhere], axis=-1)


@keras.saving.register_keras_serializable(package="tfmask")
class ConcatenatingDecoder(keras.Model):
    """Content and an attribute code to an image: the code beside features.

    The code is concatenated before the residual blocks, before each of two
    transposed convolutions (layer normalisation, ReLU), and before a last
    1x1 convolution with tanh.

    Args:
        filters: int, f; the content has 4f channels.
        blocks: int, residual blocks.
        size: int, numbers of a code.
        upsampling: "transposed" or "resize", see `ResNetDecoder`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        content: (B, h, w, 4f) float, behind the block that both domains
            share.
        code: (B, size) float.

    Returns:
        (B, 4h, 4w, 3) float32 in (-1, 1).

    Paper: DRIT (Lee et al. 2018), section 3.4. Differs from the authors'
    code: biases start at 0.
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=3,
        size=8,
        upsampling="transposed",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.size = size
        self.upsampling = upsampling
        width = 4 * filters + size
        half = (width + size) // 2
        self.residual_blocks = [ResidualBlock(width) for _ in range(blocks)]
        self.upsamplings = [
            upsampling_layer(upsampling, width)
            for width in (half, (half + size) // 2)
        ]
        self.norms = [LayerNormalization() for _ in self.upsamplings]
        self.last = Convolution(3, 1)

    def build(self, input_shape):
        channels = 4 * self.filters + self.size
        for block in self.residual_blocks:
            block.build((None, None, None, channels))
        for layer, norm in zip(self.upsamplings, self.norms, strict=True):
            layer.build((None, None, None, channels + self.size))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.last.build((None, None, None, channels + self.size))
        self.built = True

    def call(self, content, code):
        outputs = beside(content, code)
        for block in self.residual_blocks:
            outputs = block(outputs)
        for layer, norm in zip(self.upsamplings, self.norms, strict=True):
            outputs = tf.nn.relu(norm(layer(beside(outputs, code))))
        return tf.tanh(exact(self.last(beside(outputs, code))))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class MixingBlock(keras.layers.Layer):
    """A residual block that mixes a code into every place.

    Twice: a 3x3 convolution with instance normalisation, the code beside it,
    and two 1x1 convolutions, each with ReLU. The input is added at the end.

    Args:
        filters: int, channels of input, code and result.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (B, H, W, filters) float.
        code: (B, filters) float.

    Returns:
        (B, H, W, filters) float.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.convolutions = [
            Convolution(filters, 3, padding=1, padding_mode="reflect")
            for _ in range(2)
        ]
        self.norms = [InstanceNormalization() for _ in range(2)]
        self.wide = [Convolution(2 * filters, 1) for _ in range(2)]
        self.narrow = [Convolution(filters, 1) for _ in range(2)]

    def build(self, input_shape):
        for layers, channels in (
            (self.convolutions, self.filters),
            (self.norms, self.filters),
            (self.wide, 2 * self.filters),
            (self.narrow, 2 * self.filters),
        ):
            for layer in layers:
                layer.build((None, None, None, channels))
        self.built = True

    def call(self, inputs, code):
        outputs = inputs
        for convolution, norm, wide, narrow in zip(
            self.convolutions, self.norms, self.wide, self.narrow, strict=True
        ):
            outputs = beside(norm(convolution(outputs)), code)
            outputs = tf.nn.relu(narrow(tf.nn.relu(wide(outputs))))
        return inputs + outputs

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class MixingDecoder(keras.Model):
    """Content and an attribute code to an image: the code mixed in.

    Fully connected layers make four codes of one code, one for each
    `MixingBlock`. Then come two transposed convolutions (layer normalisation,
    ReLU) and a 1x1 convolution with tanh.

    Args:
        filters: int, f; the content has 4f channels.
        hidden: int, width of the fully connected layers.
        size: int, numbers of a code.
        upsampling: "transposed" or "resize", see `ResNetDecoder`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        content: (B, h, w, 4f) float.
        code: (B, size) float.

    Returns:
        (B, 4h, 4w, 3) float32 in (-1, 1).

    Paper: DRIT++ (Lee et al. 2020), section 3.5, feature-wise transformation.
    Differs from the authors' code: biases start at 0.
    """

    def __init__(
        self,
        *,
        filters=64,
        hidden=256,
        size=8,
        upsampling="transposed",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.hidden = hidden
        self.size = size
        self.upsampling = upsampling
        self.style_layers = StyleLayers(
            _MIXING_BLOCKS * 4 * filters,
            hidden=hidden,
            kernel_initializer=torch_initializer(),
        )
        self.mixing_blocks = [
            MixingBlock(4 * filters) for _ in range(_MIXING_BLOCKS)
        ]
        self.decoder = ResNetDecoder(
            (2 * filters, filters),
            last_kernel=1,
            upsampling=upsampling,
            normalization="layer",
        )

    def build(self, input_shape):
        self.style_layers.build((None, self.size))
        for block in self.mixing_blocks:
            block.build((None, None, None, 4 * self.filters))
        self.decoder.build((None, None, None, 4 * self.filters))
        self.built = True

    def call(self, content, code):
        codes = tf.split(self.style_layers(code), _MIXING_BLOCKS, axis=-1)
        outputs = content
        for block, each in zip(self.mixing_blocks, codes, strict=True):
            outputs = block(outputs, each)
        return self.decoder(outputs)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
