"""The discriminator of StarGAN and LOMIT, which also classifies."""

import keras
import tensorflow as tf

from tfmask.layers import Convolution, leaky_relu
from tfmask.networks.judgement import Judgement
from tfmask.networks.split_discriminator import SplitDiscriminator
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact

SLOPE = 0.01


@keras.saving.register_keras_serializable(package="tfmask")
class AttributeDiscriminator(SplitDiscriminator):
    """Scores patches of an image and classifies its attributes.

    A trunk of 4x4 convolutions of stride 2 and padding 1 (f, 2f, 4f, ...
    channels, leaky ReLU of slope 0.01, no normalisation), and two heads on its
    last features. One head is a 3x3 convolution to a map of scores. The other
    is a convolution over the whole last map to one logit for each attribute.

    Args:
        attributes: int, K.
        filters: int, f.
        strided_layers: int; the sides of the image are multiples of 2 to this
            power. 6 layers make 2x2 of 128 pixels, 5 layers make 2x2 of 64.
        padding_mode: "zero" (StarGAN) or "reflect" (LOMIT), for the trunk and
            the 3x3 head.
        head_bias: bool. False: the heads have no biases (StarGAN). True: both
            have biases (LOMIT).
        kernel_initializer: config of a Keras initializer, or None for the
            normal distribution of deviation 0.02 (LOMIT).
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float, square, in the size that the network was
            built on.

    Returns:
        `Judgement` with one map of scores, (B, H / 2^layers, W / 2^layers,
        1), and logits.

    Raises:
        UserError: the network is built on images that do not fit.

    Paper: StarGAN, table 5; LOMIT, supplement.
    Differs from the papers: no.
    """

    def __init__(
        self,
        *,
        attributes,
        filters=64,
        strided_layers=6,
        padding_mode="zero",
        head_bias=False,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.attributes = attributes
        self.filters = filters
        self.strided_layers = strided_layers
        self.padding_mode = padding_mode
        self.head_bias = head_bias
        self.kernel_initializer = kernel_initializer
        common = {
            "padding": 1,
            "padding_mode": padding_mode,
            "kernel_initializer": kernel_initializer,
        }
        self.convolutions = [
            Convolution(filters * 2**level, 4, strides=2, **common)
            for level in range(strided_layers)
        ]
        self.score_head = Convolution(1, 3, use_bias=head_bias, **common)
        # Its kernel is as large as the features. Only `build` knows their size.
        self.class_head = Convolution(
            attributes,
            0,
            use_bias=head_bias,
            kernel_initializer=kernel_initializer,
        )

    def build(self, input_shape):
        _, height, width, channels = input_shape
        stride = 2**self.strided_layers
        smallest = 2 * stride if self.padding_mode == "reflect" else stride
        if height != width or height % stride or height < smallest:
            raise UserError(
                f"A discriminator of {self.strided_layers} strided layers "
                f"needs square images whose side is a multiple of {stride}, "
                f"at least {smallest}. Got: {height}x{width}. Take other "
                "images or fewer discriminator layers."
            )
        for layer in self.convolutions:
            layer.build((None, None, None, channels))
            channels = layer.filters
        self.score_head.build((None, None, None, channels))
        self.class_head.kernel_size = height // stride
        self.class_head.build((None, None, None, channels))
        self.built = True

    def trunk_layer(self, level, inputs):
        return leaky_relu(self.convolutions[level](inputs), SLOPE)

    def heads(self, features):
        logits = exact(self.class_head(features))
        scores = exact(self.score_head(features))
        return Judgement([scores], tf.reshape(logits, [-1, self.attributes]))
