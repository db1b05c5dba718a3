"""Encoders of how an image looks."""

import keras
import tensorflow as tf

from tfmask.layers import Convolution, kaiming_initializer, rectified
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import mean_over

SLOPE = 0.01
_STRIDED = {"strides": 2, "padding": 1}


def _convolution(filters, kernel_size, initializer=None, **options):
    return Convolution(
        filters,
        kernel_size,
        padding_mode="reflect",
        kernel_initializer=initializer or kaiming_initializer(),
        **options,
    )


@keras.saving.register_keras_serializable(package="tfmask")
class StyleHead(keras.layers.Layer):
    """Features of the style encoder's trunk to one code.

    The layers are two c4s2 with (leaky) ReLU, the mean over the image, and a
    linear layer.

    Args:
        filters: int, channels of the convolutions.
        size: int, how many numbers a code has.
        slope: float in [0, 1), slope of the ReLUs.
        kernel_initializer: config of a Keras initializer; None: He's.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, H, W, C) float.

    Returns:
        (B, size) float, unbounded.
    """

    def __init__(
        self,
        filters,
        *,
        size=8,
        slope=SLOPE,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.size = size
        self.slope = slope
        self.kernel_initializer = kernel_initializer
        self.first = _convolution(filters, 4, kernel_initializer, **_STRIDED)
        self.second = _convolution(filters, 4, kernel_initializer, **_STRIDED)
        self.code = keras.layers.Dense(
            size, kernel_initializer=kernel_initializer or kaiming_initializer()
        )

    def build(self, input_shape):
        self.first.build((None, None, None, input_shape[-1]))
        self.second.build((None, None, None, self.filters))
        self.code.build((None, self.filters))
        self.built = True

    def call(self, features):
        features = rectified(self.first(features), self.slope)
        features = rectified(self.second(features), self.slope)
        return self.code(mean_over(features, (2, 1)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


class StyleTrunk(keras.Model):
    """The first layers of every style encoder: c7s1-f, c4s2-2f, c4s2-4f.

    Each is followed by (leaky) ReLU. None is normalised, because normalisation
    would remove the look of an image. All padding is by reflection.

    Args:
        filters: int, f.
        slope: float in [0, 1), slope of the ReLUs.
        kernel_initializer: config of a Keras initializer; None: He's.
        **kwargs: arguments of `keras.Model`.
    """

    def __init__(self, *, filters, slope, kernel_initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.slope = slope
        self.kernel_initializer = kernel_initializer
        self.trunk = [
            _convolution(filters, 7, kernel_initializer, padding=3),
            _convolution(2 * filters, 4, kernel_initializer, **_STRIDED),
            _convolution(4 * filters, 4, kernel_initializer, **_STRIDED),
        ]

    def build(self, input_shape):
        channels = input_shape[-1]
        for layer in self.trunk:
            layer.build((None, None, None, channels))
            channels = layer.filters
        for head in self.heads:
            head.build((None, None, None, channels))
        self.built = True

    def features(self, image):
        """The trunk's features of an image: (B, H/4, W/4, 4f)."""
        for layer in self.trunk:
            image = rectified(layer(image), self.slope)
        return image

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class ImageStyleEncoder(StyleTrunk):
    """The style code of an image.

    Args:
        filters: int, f of `StyleTrunk`.
        size: int, how many numbers a code has.
        slope: float in [0, 1), slope of all ReLUs.
        kernel_initializer: config of a Keras initializer; None: He's.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float; H and W 16 or more.

    Returns:
        (B, size) float, unbounded.

    Paper: Huang et al. 2018 (MUNIT), section 5.1 and appendix B.
    Differs from the paper: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        size=8,
        slope=0.0,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(
            filters=filters,
            slope=slope,
            kernel_initializer=kernel_initializer,
            **kwargs,
        )
        self.size = size
        self.head = StyleHead(
            4 * filters,
            size=size,
            slope=slope,
            kernel_initializer=kernel_initializer,
        )

    @property
    def heads(self):
        return [self.head]

    def call(self, image):
        return self.head(self.features(image))


@keras.saving.register_keras_serializable(package="tfmask")
class StyleEncoder(StyleTrunk):
    """Style codes of an image's foreground and of its background.

    Both go through one trunk with leaky ReLU of slope 0.01. Then each goes
    through its own head.

    Args:
        filters: int, f.
        size: int, how many numbers a code has.
        tie_heads: bool; both have one head. The authors' code has this by
            accident.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        foreground: (B, H, W, C) float, the image, 0 outside of its mask. H and
            W are multiples of 16.
        background: (B, H, W, C) float, the image, 0 inside of its mask.

    Returns:
        (foreground code, background code), (B, size) float each.

    Paper: LOMIT, section 3.2. Differs from the paper: no. From the authors'
    code: the heads are separate.
    """

    def __init__(self, *, filters=64, size=8, tie_heads=False, **kwargs):
        super().__init__(filters=filters, slope=SLOPE, **kwargs)
        self.size = size
        self.tie_heads = tie_heads
        self.foreground_head = StyleHead(4 * filters, size=size)
        if not tie_heads:
            self.background_head = StyleHead(4 * filters, size=size)

    @property
    def heads(self):
        if self.tie_heads:
            return [self.foreground_head]
        return [self.foreground_head, self.background_head]

    def foreground(self, image):
        """(B, size) style of an image that is 0 outside of its mask."""
        return self.foreground_head(self.features(image))

    def background(self, image):
        """(B, size) style of an image that is 0 inside of its mask."""
        head = self.foreground_head if self.tie_heads else self.background_head
        return head(self.features(image))

    def call(self, foreground, background):
        # One call for both gives the same values with larger convolutions.
        features = self.features(tf.concat([foreground, background], axis=0))
        if self.tie_heads:
            return tuple(tf.split(self.foreground_head(features), 2))
        inside, outside = tf.split(features, 2)
        return self.foreground_head(inside), self.background_head(outside)
