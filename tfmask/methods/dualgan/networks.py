"""DualGAN's critic: strided convolutions, one score or a map of scores."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    InstanceNormalization,
    leaky_relu,
    normal_initializer,
)
from tfmask.networks import Judgement
from tfmask.networks.patch_discriminator import build_chain
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class StridedCritic(keras.Model):
    """Scores an image as a whole, or its patches.

    A 5x5 convolution and `strided_layers` - 1 3x3 ones, all of stride 2, to
    f, 2f, 4f, 8f, 8f, ... channels, leaky ReLU 0.2; instance normalisation
    with scale and offset behind all but the first. Then a dense layer to one
    score, or a 3x3 convolution of stride 2 to a map of scores.

    Args:
        filters: int, f.
        strided_layers: int, 5 for 256 px.
        patch: bool; True gives the map.
        stddev: float, of initial kernels, and of scales about 1.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float; with `patch` False of the size that it was
            built on.

    Returns:
        `Judgement` with scores, (B, 1) or (B, h, w, 1).

    Raises:
        UserError: it is built on images whose sides are no multiples of its
            stride.

    Paper: Yi et al. 2017, section 3.2, which has patches of 70 pixels.
    Differs from the authors' code: scales are drawn from a normal cut at two
    deviations; kernels as there, those of convolutions cut, a dense one not.
    """

    def __init__(
        self,
        *,
        filters=64,
        strided_layers=5,
        patch=False,
        stddev=0.02,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.patch = patch
        self.stddev = stddev

        def convolution(width, size):
            return Convolution(
                width,
                size,
                strides=2,
                padding="same",
                kernel_initializer=normal_initializer(stddev, truncated=True),
            )

        self.convolutions = [
            convolution(filters * min(2**level, 8), 3 if level else 5)
            for level in range(strided_layers)
        ]
        self.norms = [
            InstanceNormalization(
                affine=True, epsilon=1e-6, gamma_stddev=stddev
            )
            for _ in self.convolutions[1:]
        ]
        self.last = (
            convolution(1, 3)
            if patch
            else keras.layers.Dense(
                1,
                kernel_initializer=keras.initializers.get(
                    normal_initializer(stddev)
                ),
            )
        )

    def build(self, input_shape):
        _, height, width, channels = input_shape
        stride = 2**self.strided_layers
        if height % stride or width % stride:
            raise UserError(
                f"A critic of {self.strided_layers} strided layers needs "
                f"images whose sides are multiples of {stride}. "
                f"Got: {height}x{width}. Take other images or fewer "
                "discriminator layers."
            )
        first, *others = self.convolutions
        build_chain([first], [], channels)
        build_chain(others, self.norms, first.filters)
        channels = self.convolutions[-1].filters
        if self.patch:
            self.last.build((None, None, None, channels))
        else:
            places = (height // stride) * (width // stride)
            self.last.build((None, places * channels))
        self.built = True

    def call(self, image):
        outputs = leaky_relu(self.convolutions[0](image))
        for layer, norm in zip(self.convolutions[1:], self.norms, strict=True):
            outputs = leaky_relu(norm(layer(outputs)))
        if not self.patch:
            outputs = tf.reshape(outputs, [-1, self.last.kernel.shape[0]])
        return Judgement([exact(self.last(outputs))])

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
