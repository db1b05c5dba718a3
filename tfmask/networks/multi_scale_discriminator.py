"""Patch discriminators on an image and on smaller copies of it."""

import keras

from tfmask.layers import Convolution, average_pool, leaky_relu
from tfmask.networks.judgement import Judgement
from tfmask.networks.patch_discriminator import build_chain
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class PatchScores(keras.layers.Layer):
    """Strided convolutions with leaky ReLU, then a 1x1 one to one channel.

    Nothing is normalised. Channels double from layer to layer.

    Args:
        filters: int, channels of the first layer.
        strided_layers: int.
        kernel_size: 3 or 4, for the strided convolutions.
        padding_mode: "reflect" or "zero", one pixel.
        slope: float, slope of leaky ReLU.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, C) float.

    Returns:
        (B, h, w, 1) float32, unbounded.
    """

    def __init__(
        self,
        filters,
        *,
        strided_layers=4,
        kernel_size=4,
        padding_mode="reflect",
        slope=0.2,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.kernel_size = kernel_size
        self.padding_mode = padding_mode
        self.slope = slope
        self.kernel_initializer = kernel_initializer
        self.convolutions = [
            Convolution(
                filters * 2**level,
                kernel_size,
                strides=2,
                padding=1,
                padding_mode=padding_mode,
                kernel_initializer=kernel_initializer,
            )
            for level in range(strided_layers)
        ]
        self.last = Convolution(1, 1, kernel_initializer=kernel_initializer)

    def build(self, input_shape):
        build_chain([*self.convolutions, self.last], [], input_shape[-1])
        self.built = True

    def call(self, image):
        outputs = image
        for layer in self.convolutions:
            outputs = leaky_relu(layer(outputs), self.slope)
        return exact(self.last(outputs))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class MultiScaleDiscriminator(keras.Model):
    """Scores of an image's patches, and of those of smaller copies.

    Every scale has its own `PatchScores`. A copy has half the size of the
    one before it (`average_pool`).

    Args:
        scales: int; with 1 it looks only at the image.
        filters, strided_layers, kernel_size: see `PatchScores`.
        padding_mode, slope, kernel_initializer: see `PatchScores`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float.
        training: bool; nothing depends on it.

    Returns:
        `Judgement` with one map of scores for each scale, the finest first:
        16x16, 8x8 and 4x4 for 256x256.

    Raises:
        UserError: the network is built on images that are too small for a
            score.

    Paper: MUNIT (Huang et al. 2018), appendix B. Differs from the paper: no.
    """

    def __init__(
        self,
        *,
        scales=3,
        filters=64,
        strided_layers=4,
        kernel_size=4,
        padding_mode="reflect",
        slope=0.2,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.scales = scales
        self.filters = filters
        self.strided_layers = strided_layers
        self.kernel_size = kernel_size
        self.padding_mode = padding_mode
        self.slope = slope
        self.kernel_initializer = kernel_initializer
        self.heads = [
            PatchScores(
                filters,
                strided_layers=strided_layers,
                kernel_size=kernel_size,
                padding_mode=padding_mode,
                slope=slope,
                kernel_initializer=kernel_initializer,
            )
            for _ in range(scales)
        ]

    def build(self, input_shape):
        smallest = 2 ** (self.strided_layers + self.scales - 1)
        for side in input_shape[1:3]:
            if side is not None and side < smallest:
                raise UserError(
                    f"A discriminator of {self.strided_layers} strided layers "
                    f"at {self.scales} scales needs images of at least "
                    f"{smallest} pixels a side. Got: {side}. Take larger "
                    "images, or fewer discriminator layers or scales."
                )
        for head in self.heads:
            head.build((None, None, None, input_shape[-1]))
        self.built = True

    def call(self, image, training=False):
        scores = []
        for number, head in enumerate(self.heads):
            if number:
                image = average_pool(image)
            scores.append(head(image))
        return Judgement(scores)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
