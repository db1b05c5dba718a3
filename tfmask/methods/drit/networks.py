"""DRIT's own attribute encoder and content discriminator."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    leaky_relu,
    normal_initializer,
    torch_initializer,
)
from tfmask.networks.judgement import Judgement
from tfmask.networks.patch_discriminator import build_chain
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact, mean_over

SLOPE = 0.01
_CONTENT_LAYERS = 3
_KERNEL, _LAST_KERNEL = 7, 4


def _convolution(filters, kernel_size, **options):
    return Convolution(
        filters,
        kernel_size,
        padding_mode="reflect",
        kernel_initializer=normal_initializer(),
        **options,
    )


def halved(features):
    """Means of 2x2 pixels; a last odd row or column is left out."""
    return tf.nn.avg_pool2d(features, 2, 2, "VALID")


@keras.saving.register_keras_serializable(package="tfmask")
class PooledBlock(keras.layers.Layer):
    """A residual block with its activations first, which halves the size.

    `pool(conv(lrelu(conv(lrelu(x))))) + conv1(pool(x))`, leaky ReLU of slope
    0.2, nothing normalised.

    Args:
        filters: int, channels of the result.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (B, H, W, C) float.

    Returns:
        (B, H // 2, W // 2, filters) float.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.second = _convolution(filters, 3, padding=1)
        self.shortcut = _convolution(filters, 1)

    def build(self, input_shape):
        channels = input_shape[-1]
        self.first = _convolution(channels, 3, padding=1)
        for layer in (self.first, self.second, self.shortcut):
            layer.build((None, None, None, channels))
        self.built = True

    def call(self, inputs):
        outputs = self.second(leaky_relu(self.first(leaky_relu(inputs))))
        return halved(outputs) + self.shortcut(halved(inputs))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class AttributeEncoder(keras.Model):
    """The distribution of an image's attributes: BicycleGAN's encoder.

    c4s2-f, three `PooledBlock`s of 2f, 3f and 4f, the mean over the image and
    two linear layers.

    Args:
        filters: int, f.
        size: int, how many numbers a code has.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float in [-1, 1]; H and W 16 or more.

    Returns:
        (mean, log_variance), (B, size) float each, unbounded.

    Paper: DRIT (Lee et al. 2018), section 3.4. Differs from the authors'
    code: biases of convolutions start at 0.
    """

    def __init__(self, *, filters=64, size=8, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.size = size
        self.first = _convolution(filters, 4, strides=2, padding=1)
        self.blocks = [PooledBlock(n * filters) for n in (2, 3, 4)]
        dense = {"kernel_initializer": torch_initializer()}
        self.mean = keras.layers.Dense(size, **dense)
        self.log_variance = keras.layers.Dense(size, **dense)

    def build(self, input_shape):
        build_chain([self.first, *self.blocks], [], input_shape[-1])
        for layer in (self.mean, self.log_variance):
            layer.build((None, 4 * self.filters))
        self.built = True

    def call(self, image):
        features = self.first(image)
        for block in self.blocks:
            features = block(features)
        pooled = mean_over(leaky_relu(features), (2, 1))
        return self.mean(pooled), self.log_variance(pooled)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class ContentDiscriminator(keras.Model):
    """Which domain a content comes from.

    Strided 7x7 convolutions, a 4x4 one without padding and a 1x1 one to one
    channel, leaky ReLU of slope 0.01 between them. Nothing is normalised.

    Args:
        filters: int, channels.
        strided_layers: int, see `content_layers`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        content: (B, h, w, C) float.

    Returns:
        `Judgement` with one map of scores: 1x1 for contents of 54x54 (images
        of 216 px, the authors' size), 2x2 for 64x64; 3x3 for 16x16 with one
        strided layer.

    Paper: DRIT (Lee et al. 2018), section 3.1. Differs from the paper: there is
    no normalisation, as in the authors' code. In that code, a comparison of two
    words is never true.
    """

    def __init__(self, *, filters=256, strided_layers=3, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.convolutions = [
            *(
                _convolution(filters, _KERNEL, strides=2, padding=1)
                for _ in range(strided_layers)
            ),
            _convolution(filters, _LAST_KERNEL),
            _convolution(1, 1),
        ]

    def build(self, input_shape):
        build_chain(self.convolutions, [], input_shape[-1])
        self.built = True

    def call(self, content):
        outputs = content
        for layer in self.convolutions[:-1]:
            outputs = leaky_relu(layer(outputs), SLOPE)
        return Judgement([exact(self.convolutions[-1](outputs))])

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


def content_layers(image_size):
    """Strided layers of the content discriminator for images of a size.

    The last kernel needs four places on each side. The number is the largest
    that leaves them, and at most three, as in the authors' code: 3 from 212 px
    on, 2 from 100, 1 from 44, none below. If the result is larger than one
    place, there are several scores, and their mean counts. The authors' code
    runs only at 212 px and above.

    Args:
        image_size: (height, width).

    Returns:
        int.

    Raises:
        UserError: the images are too small for a score.
    """
    side, layers = min(image_size) // 4, 0
    if side < _LAST_KERNEL:
        raise UserError(
            "DRIT's content discriminator needs images of at least "
            f"{4 * _LAST_KERNEL} pixels a side. Got: {image_size}"
        )
    while layers < _CONTENT_LAYERS:
        side = (side + 2 - _KERNEL) // 2 + 1
        if side < _LAST_KERNEL:
            break
        layers += 1
    return layers


def large_enough(images):
    """Extends images to sides of 16 or more by mirroring at bottom and right.

    With smaller sides, the attribute encoders would have no pixel left.

    Args:
        images: (B, H, W, C).

    Returns:
        (B, H', W', C), the sides are 16 or more.
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    sides = [[0, tf.maximum(16 - side, 0)] for side in (height, width)]
    return tf.pad(images, [[0, 0], *sides, [0, 0]], "SYMMETRIC")
