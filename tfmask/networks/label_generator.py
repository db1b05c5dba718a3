"""StarGAN's generator: an image and the attributes it should get."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    ResidualBlock,
    TransposedConvolution,
    normalization_layer,
    torch_initializer,
)
from tfmask.networks.label_planes import label_planes
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class LabelGenerator(keras.Model):
    """Image and attributes to image: StarGAN's.

    The attributes are constant planes beside the image. The layers are: 7x7 to
    f channels, `strided_layers` 4x4 of stride 2 (2f, 4f), `blocks` residual
    blocks, `strided_layers` transposed 4x4, and 7x7 with tanh. Every layer
    except the last has instance normalisation with scale and offset, and ReLU.
    There are no biases.

    Args:
        attributes: int, K.
        filters: int, f.
        blocks: int, residual blocks.
        strided_layers: int, halvings of the size before the blocks.
        normalization: see `normalization_layer`; with another one than
            "instance", convolutions have biases.
        padding_mode: "zero" or "reflect", for all layers except the transposed
            ones.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of
            2 to the power of `strided_layers`.
        attributes: (B, K) float.

    Returns:
        (B, H, W, 3) float32 in [-1, 1].

    Paper: StarGAN, table 4.
    Differs from the paper: no. From the authors' code: its instance
    normalisation also keeps running statistics, but nobody uses them for
    evaluation.
    """

    def __init__(
        self,
        *,
        attributes,
        filters=64,
        blocks=6,
        strided_layers=2,
        normalization="instance",
        padding_mode="zero",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.attributes = attributes
        self.filters = filters
        self.blocks = blocks
        self.strided_layers = strided_layers
        self.normalization = normalization
        self.padding_mode = padding_mode
        transposed = {
            # Instance normalisation removes a bias.
            "use_bias": normalization != "instance",
            "kernel_initializer": torch_initializer(),
        }
        flat = {**transposed, "padding_mode": padding_mode}
        strided = {"strides": 2, "padding": 1, **flat}
        widths = [filters * 2**level for level in range(strided_layers + 1)]
        self.convolutions = [
            Convolution(filters, 7, padding=3, **flat),
            *(Convolution(width, 4, **strided) for width in widths[1:]),
        ]
        self.residual_blocks = [
            ResidualBlock(
                widths[-1], affine=True, normalization=normalization, **flat
            )
            for _ in range(blocks)
        ]
        self.upsamplings = [
            TransposedConvolution(width, kernel_size=4, **transposed)
            for width in widths[-2::-1]
        ]
        self.norms = [
            normalization_layer(normalization, affine=True)
            for _ in range(2 * strided_layers + 1)
        ]
        self.last = Convolution(3, 7, padding=3, **flat)

    def build(self, input_shape):
        """`input_shape`: of the image, with or without the planes' count."""
        channels = 3 + self.attributes
        layers = (*self.convolutions, *self.upsamplings)
        for layer, norm in zip(layers, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        for block in self.residual_blocks:
            block.build((None, None, None, block.filters))
        self.last.build((None, None, None, self.filters))
        self.built = True

    def call(self, image, attributes):
        outputs = label_planes(image, attributes)
        count = len(self.convolutions)
        before, after = self.norms[:count], self.norms[count:]
        for layer, norm in zip(self.convolutions, before, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        for block in self.residual_blocks:
            outputs = block(outputs)
        for layer, norm in zip(self.upsamplings, after, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        return tf.tanh(exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
