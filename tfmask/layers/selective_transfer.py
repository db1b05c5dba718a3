"""STGAN's gated skip connection."""

import keras
import tensorflow as tf

from tfmask.layers.convolution import Convolution, TransposedConvolution
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import unknown_name

PASSED_STATES = ("reset", "output", "upsampled")


@keras.saving.register_keras_serializable(package="tfmask")
class SelectiveTransferUnit(keras.layers.Layer):
    """Chooses what of the encoder's features the decoder gets.

    It is a convolutional GRU. Its state comes from the next deeper unit:
    `u = T(state)` has twice the size of the state. Then
    `r = sigmoid(W_r * [f, u])`, `z = sigmoid(W_z * [f, u])`,
    `n = tanh(W_h * [f, r u])`. The result is `(1 - z) u + z n`.

    Args:
        filters: int, channels of the features and of everything inside.
        kernel_size: int, odd, of W_r, W_z and W_h.
        passed_state: the state for the next unit: "reset" (`r u`, as in the
            paper), "output" (as in an ordinary GRU) or "upsampled" (`u`).
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        features: (B, H, W, filters) float, f.
        state: (B, H / 2, W / 2, C) float.

    Returns:
        output: (B, H, W, filters) float; state: float of the same shape.

    Raises:
        UserError: `passed_state` is unknown.

    Paper: STGAN (Liu et al. 2019), Eq. (2) to (6).
    Differs from the paper: no. From the authors' code: no.
    """

    def __init__(
        self,
        filters,
        *,
        kernel_size=3,
        passed_state="reset",
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if passed_state not in PASSED_STATES:
            raise unknown_name("passed state", passed_state, PASSED_STATES)
        self.filters = filters
        self.kernel_size = kernel_size
        self.passed_state = passed_state
        self.kernel_initializer = kernel_initializer
        self.upsampling = TransposedConvolution(
            filters, kernel_size=4, kernel_initializer=kernel_initializer
        )
        self.reset_gate, self.update_gate, self.information = (
            Convolution(
                filters,
                kernel_size,
                padding="same",
                kernel_initializer=kernel_initializer,
            )
            for _ in range(3)
        )

    def build(self, input_shape):
        """`input_shape`: of the state."""
        self.upsampling.build(input_shape)
        for layer in (self.reset_gate, self.update_gate, self.information):
            layer.build((None, None, None, 2 * self.filters))
        self.built = True

    def call(self, features, state):
        upsampled = self.upsampling(state)
        both = tf.concat([features, upsampled], axis=-1)
        reset = tf.sigmoid(self.reset_gate(both)) * upsampled
        update = tf.sigmoid(self.update_gate(both))
        chosen = tf.concat([features, reset], axis=-1)
        information = tf.tanh(self.information(chosen))
        output = (1.0 - update) * upsampled + update * information
        passed = {"reset": reset, "output": output, "upsampled": upsampled}
        return output, passed[self.passed_state]

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
