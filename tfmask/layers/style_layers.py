"""The layers that make numbers of a style code."""

import keras
import tensorflow as tf

from tfmask.layers.convolution import kaiming_initializer
from tfmask.layers.leaky_relu import leaky_relu
from tfmask.ops.arguments import constructor_arguments


def rectified(features, slope):
    """Leaky ReLU of a slope, or ReLU where that is 0."""
    return leaky_relu(features, slope) if slope else tf.nn.relu(features)


@keras.saving.register_keras_serializable(package="tfmask")
class StyleLayers(keras.layers.Layer):
    """Three fully connected layers with (leaky) ReLUs between them.

    Args:
        size: int, how many numbers a result has.
        hidden: int, width of the hidden layers.
        slope: float in [0, 1), the slope of the ReLUs. The default is 0, as in
            MUNIT and DRIT.
        kernel_initializer: config of a Keras initializer. None: the one of He.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        style: (B, S) float.

    Returns:
        (B, size) float, unbounded.

    Paper: Huang et al. 2018 (MUNIT), section 5.1. Differs from the paper: no.
    """

    def __init__(
        self, size, *, hidden=256, slope=0.0, kernel_initializer=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.size = size
        self.hidden = hidden
        self.slope = slope
        self.kernel_initializer = kernel_initializer
        dense = {
            "kernel_initializer": kernel_initializer or kaiming_initializer()
        }
        self.first = keras.layers.Dense(hidden, **dense)
        self.second = keras.layers.Dense(hidden, **dense)
        self.last = keras.layers.Dense(size, **dense)

    def build(self, input_shape):
        self.first.build((None, input_shape[-1]))
        self.second.build((None, self.hidden))
        self.last.build((None, self.hidden))
        self.built = True

    def call(self, style):
        values = rectified(self.first(style), self.slope)
        return self.last(rectified(self.second(values), self.slope))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
