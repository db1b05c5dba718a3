"""CUT's projection of patches."""

import keras
import tensorflow as tf

from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class PatchProjection(keras.Model):
    """Two dense layers for each feature map, and length 1.

    `v = W2 relu(W1 x + b1) + b2`, then `v / (|v| + 1e-7)`.

    Args:
        channels: tuple of ints, channels of each feature map.
        units: int, width of both layers.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        features: list of (B, N, C) float, vectors of each feature map.

    Returns:
        List of (B, N, units) float32, vectors of length 1.

    Paper: Park et al. 2020, H_l of section 3.
    Differs from the paper: no. From the authors' code: there it is made in the
    first step.
    """

    def __init__(self, channels, *, units=256, kernel_initializer=None, **kw):
        super().__init__(**kw)
        self.channels = tuple(channels)
        self.units = units
        self.kernel_initializer = kernel_initializer
        start = {"kernel_initializer": kernel_initializer or "glorot_uniform"}
        self.first = [
            keras.layers.Dense(units, activation="relu", **start)
            for _ in self.channels
        ]
        self.second = [
            keras.layers.Dense(units, **start) for _ in self.channels
        ]

    def build(self, input_shape):
        """Whatever the image's shape: the feature maps' channels are known."""
        for first, second, channels in zip(
            self.first, self.second, self.channels, strict=True
        ):
            first.build((None, None, channels))
            second.build((None, None, self.units))
        self.built = True

    def call(self, features):
        return [
            _unit(second(first(vectors)))
            for first, second, vectors in zip(
                self.first, self.second, features, strict=True
            )
        ]

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


def _unit(vectors):
    """Vectors (..., C) over their lengths, in float32."""
    vectors = exact(vectors)
    squares = tf.reduce_sum(tf.square(vectors), axis=-1, keepdims=True)
    # At 0 the root has no gradient.
    return vectors / (tf.sqrt(tf.maximum(squares, 1e-30)) + 1e-7)
