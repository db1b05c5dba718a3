"""Adam with its epsilon where PyTorch has it."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmask")
class PyTorchAdam(keras.optimizers.Adam):
    """Adam that adds epsilon to the bias-corrected deviation.

    Update t (from 1) of a weight, with m and v the running means of the
    gradient and its square, is

        m / (1 - beta_1^t) * rate / (sqrt(v / (1 - beta_2^t)) + epsilon)

    as in Algorithm 1 of Kingma and Ba. Keras and TensorFlow 1 add epsilon to
    sqrt(v) as it is ("epsilon hat" there), where at first it weighs 32 times
    as much. A gradient of 1e-6 makes the first update 0.99 of the rate
    here and 0.76 there, with beta_2 0.999 and epsilon 1e-8. State, its
    order, and arguments are those of `keras.optimizers.Adam`.
    """

    def update_step(self, gradient, variable, *rate):
        """One weight's update; Keras 3 passes the rate, Keras 2 does not."""
        update = tf.cast(self.iterations + 1, variable.dtype)
        powers = tf.pow(tf.cast(self.beta_2, variable.dtype), update)
        # Keras' own, m / (sqrt(v) + e) * rate * sqrt(1 - beta_2^t) / ..., is
        # the formula above when e is epsilon * sqrt(1 - beta_2^t).
        epsilon = self.epsilon
        self.epsilon = epsilon * tf.sqrt(1 - powers)
        try:
            super().update_step(gradient, variable, *rate)
        finally:
            self.epsilon = epsilon
