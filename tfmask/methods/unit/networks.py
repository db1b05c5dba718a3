"""UNIT's encoders and decoders: a branch a domain, blocks that both share."""

import keras
import tensorflow as tf

from tfmask.layers import ResidualBlock, leaky_relu
from tfmask.networks.resnet_parts import ResNetDecoder, ResNetEncoder
from tfmask.ops.arguments import constructor_arguments

SLOPE = 0.01
_ZEROS = {"padding_mode": "zero"}


@keras.saving.register_keras_serializable(package="tfmask")
class BranchEncoder(ResNetEncoder):
    """A domain's images to features at a quarter of their size.

    c7s1-f with leaky ReLU of slope 0.01 and without normalisation, c3s2-2f
    and c3s2-4f with instance normalisation and ReLU, residual blocks. All
    padding is by zeros.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, C) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H/4, W/4, 4f) float.

    Paper: Liu et al. 2017, appendix. Differs from the authors' code of 2017:
    biases begin at 0.
    """

    def __init__(self, filters, blocks, *, kernel_initializer=None, **kwargs):
        super().__init__(
            filters=filters,
            blocks=blocks,
            kernel_initializer=kernel_initializer,
            **_ZEROS,
            **kwargs,
        )

    def call(self, image):
        first, *strided = self.convolutions
        # The first norm has no weights and is not used.
        outputs = leaky_relu(first(image), SLOPE)
        for layer, norm in zip(strided, self.norms[1:], strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        for block in self.residual_blocks:
            outputs = block(outputs)
        return outputs


@keras.saving.register_keras_serializable(package="tfmask")
class BranchDecoder(ResNetDecoder):
    """Features to a domain's images, four times as large.

    Residual blocks, two transposed 3x3 convolutions with instance
    normalisation and ReLU, a 1x1 convolution and tanh. All padding is by
    zeros.

    Args:
        filters: int, f; the features have 4f channels.
        blocks: int, residual blocks.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, h, w, 4f) float.

    Returns:
        (B, 4h, 4w, 3) float32 in [-1, 1].

    Paper: Liu et al. 2017, appendix. Differs from the authors' code of 2017:
    biases begin at 0.
    """

    def __init__(self, filters, blocks, *, kernel_initializer=None, **kwargs):
        super().__init__(
            (2 * filters, filters),
            last_kernel=1,
            kernel_initializer=kernel_initializer,
            **_ZEROS,
            **kwargs,
        )
        self.filters = filters
        self.blocks = blocks
        self.before = ResidualBlocks(
            4 * filters, blocks, kernel_initializer=kernel_initializer
        )

    def build(self, input_shape):
        self.before.build(input_shape)
        super().build(input_shape)

    def call(self, features):
        return super().call(self.before(features))


@keras.saving.register_keras_serializable(package="tfmask")
class ResidualBlocks(keras.layers.Layer):
    """Residual blocks padded by zeros, one after another.

    Args:
        filters: int, channels.
        blocks: int; 0 changes nothing.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, h, w, filters) float.

    Returns:
        (B, h, w, filters) float.
    """

    def __init__(self, filters, blocks, *, kernel_initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.kernel_initializer = kernel_initializer
        self.residual_blocks = [
            ResidualBlock(
                filters, kernel_initializer=kernel_initializer, **_ZEROS
            )
            for _ in range(blocks)
        ]

    def build(self, input_shape):
        for block in self.residual_blocks:
            block.build((None, None, None, self.filters))
        self.built = True

    def call(self, features):
        for block in self.residual_blocks:
            features = block(features)
        return features

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
