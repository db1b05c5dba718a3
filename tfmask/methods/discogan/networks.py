"""DiscoGAN's generator and discriminator: DCGAN's layers, no skips."""

import keras
import tensorflow as tf

from tfmask.layers import (
    BatchNormalization,
    Convolution,
    TransposedConvolution,
    leaky_relu,
    torch_initializer,
)
from tfmask.networks import Judgement
from tfmask.networks.patch_discriminator import build_chain
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact


def _halving(filters, levels):
    """Convolutions that halve, f, 2f, 4f, 8f, 8f, ...; norms but the first."""
    convolutions = [
        Convolution(
            filters * min(2**level, 8),
            4,
            strides=2,
            padding=1,
            use_bias=False,
            kernel_initializer=torch_initializer(),
        )
        for level in range(levels)
    ]
    norms = [BatchNormalization() for _ in convolutions[1:]]
    return convolutions, norms


def _build(convolutions, norms, channels):
    """Builds `_halving`'s layers and those that follow without a norm."""
    first, *others = convolutions
    build_chain([first], [], channels)
    build_chain(others, norms, first.filters)


def _unit(image):
    """[-1, 1] to the [0, 1] that the authors' networks see."""
    return 0.5 * image + 0.5


@keras.saving.register_keras_serializable(package="tfmask")
class BottleneckGenerator(keras.Model):
    """Image to image: halved to a small map and doubled up again, no skips.

    Encoder: `levels` 4x4 convolutions of stride 2 to f, 2f, 4f, 8f, 8f, ...
    channels, leaky ReLU 0.2. Decoder: as many transposed 4x4 convolutions,
    ReLU, at the end a sigmoid. Batch normalisation behind all but the first
    and the last. No biases.

    Args:
        filters: int, f.
        levels: int, 2 or more.
        bottleneck: int, channels of a layer between encoder and decoder. Its
            4x4 kernel sees the whole map of a 64 px image. 0: there is none.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 2 to the
            power of `levels`, and with a bottleneck at least four times
            that.
        mode: mode of `BatchNormalization`: "inference" for moving averages,
            "batch", or "update".

    Returns:
        (B, H, W, 3) float32 in [-1, 1].

    Raises:
        UserError: the network is built on images that are too small.

    Paper: Kim et al. 2017, section 3.2.
    Differs from the paper: no. From the authors' code: images in [-1, 1] are
    converted to its [0, 1] and back; the layer behind the bottleneck is a
    convolution with padding 3, which is its transposed one with the kernel
    turned; moving averages at inference, see `DiscoGAN`.

    Examples:
        >>> network = BottleneckGenerator(filters=2, levels=2)
        >>> network(np.zeros((1, 16, 8, 3), "float32")).shape.as_list()
        [1, 16, 8, 3]
    """

    def __init__(self, *, filters=64, levels=4, bottleneck=0, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.levels = levels
        self.bottleneck = bottleneck
        self.encoder, self.encoder_norms = _halving(filters, levels)
        *inner, deepest = (layer.filters for layer in self.encoder)
        options = {
            "use_bias": False,
            "kernel_initializer": torch_initializer(),
        }
        self.squeeze = [
            Convolution(width, 4, padding=padding, **options)
            for width, padding in ((bottleneck, 0), (deepest, 3))
            if bottleneck
        ]
        self.squeeze_norms = [BatchNormalization() for _ in self.squeeze]
        self.decoder = [
            TransposedConvolution(width, kernel_size=4, **options)
            for width in reversed(inner)
        ]
        self.decoder_norms = [BatchNormalization() for _ in self.decoder]
        self.last = TransposedConvolution(3, kernel_size=4, **options)

    def build(self, input_shape):
        _, height, width, channels = input_shape
        smallest = 4 * 2**self.levels if self.bottleneck else 1
        if min(height or smallest, width or smallest) < smallest:
            raise UserError(
                f"A generator of {self.levels} levels with a bottleneck needs "
                f"images of at least {smallest} pixels a side. "
                f"Got: {height}x{width}."
            )
        _build(self.encoder, self.encoder_norms, channels)
        deepest = self.encoder[-1].filters
        build_chain(self.squeeze, self.squeeze_norms, deepest)
        build_chain([*self.decoder, self.last], self.decoder_norms, deepest)
        self.built = True

    def call(self, image, mode="inference"):
        outputs = leaky_relu(self.encoder[0](_unit(image)))
        for layer, norm in zip(
            self.encoder[1:], self.encoder_norms, strict=True
        ):
            outputs = leaky_relu(norm(layer(outputs), mode=mode))
        activations = (leaky_relu, tf.nn.relu)
        for layer, norm, activation in zip(
            self.squeeze, self.squeeze_norms, activations, strict=False
        ):
            outputs = activation(norm(layer(outputs), mode=mode))
        for layer, norm in zip(self.decoder, self.decoder_norms, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs), mode=mode))
        # 2 sigmoid(x) - 1.
        return tf.tanh(0.5 * exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class FeatureDiscriminator(keras.Model):
    """Scores an image, and gives the features on the way.

    `levels` 4x4 convolutions of stride 2 to f, 2f, 4f, 8f, 8f, ... channels,
    batch normalisation behind all but the first, leaky ReLU 0.2, and a 4x4
    one without padding to the score. No biases.

    Args:
        filters: int, f.
        levels: int, 2 or more: 4 give one score of a 64 px image.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        parts: int, number of batches one after another in `image`. Batch
            normalisation keeps them apart.

    Returns:
        `Judgement` with one map of logits, (B, h, w, 1), and the features of
        all layers but the first, (B, h, w, c) float32 after the activation.

    Raises:
        UserError: it is built on images that are too small for a score.

    Paper: Kim et al. 2017, section 3.2.
    Differs from the paper: no. From the authors' code: logits, the sigmoid
    is in the loss; larger images get several scores.
    """

    def __init__(self, *, filters=64, levels=4, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.levels = levels
        self.convolutions, self.norms = _halving(filters, levels)
        self.last = Convolution(
            1, 4, use_bias=False, kernel_initializer=torch_initializer()
        )

    def build(self, input_shape):
        _, height, width, channels = input_shape
        smallest = 4 * 2**self.levels
        if min(height or smallest, width or smallest) < smallest:
            raise UserError(
                f"A discriminator of {self.levels} levels needs images of at "
                f"least {smallest} pixels a side. Got: {height}x{width}. Take "
                "larger images or fewer discriminator levels."
            )
        _build([*self.convolutions, self.last], self.norms, channels)
        self.built = True

    def call(self, image, parts=1):
        outputs = leaky_relu(self.convolutions[0](_unit(image)))
        features = []
        for layer, norm in zip(self.convolutions[1:], self.norms, strict=True):
            outputs = norm(layer(outputs), parts=parts, mode="batch")
            outputs = leaky_relu(outputs)
            features.append(exact(outputs))
        return Judgement([exact(self.last(outputs))], features=features)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
