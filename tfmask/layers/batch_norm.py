"""Batch normalisation over the global batch."""

import keras
import tensorflow as tf

from tfmask.ops.distribution import replica_mean
from tfmask.ops.precision import exact, mean_over, standardized

# A call computes with moving averages, or with the statistics of the batch, or
# with those and an update of the moving averages.
MODES = ("inference", "batch", "update")
# Weights stay float32 under mixed precision. In half precision, small steps of
# the averages would round to nothing. Keras 3 and Keras 2 have different names
# for this.
_EXACT = {
    "autocast" if hasattr(keras, "ops") else "experimental_autocast": False
}


@keras.saving.register_keras_serializable(package="tfmask")
class BatchNormalization(keras.layers.Layer):
    """Normalises every channel over all examples, on all replicas.

    `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with the biased
    variance. N replicas give the same result as one device on the same global
    batch. Several batches can go through one call, so that the convolutions
    around it are larger. Each part has its own statistics.

    Args:
        momentum: float; moving averages keep this share of their old value.
        epsilon: float; 1e-5, as in PyTorch (Keras has 1e-3).
        gamma_stddev: float; the scale starts as a normal about 1 with this
            deviation (0: exactly 1).
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (parts * B, H, W, C) float.
        parts: int or scalar tensor, batches one after another in `inputs`.
        mode: "inference" takes the moving averages. "batch" takes the
            statistics of each part. "update" takes them too, and moves the
            averages part by part; `parts` must then be an int.

    Returns:
        (parts * B, H, W, C) of the inputs' dtype.

    Paper: LOMIT, supplement.
    Differs from the authors' code: PyTorch's moving variance is unbiased. The
    difference is a factor n / (n - 1), with n in the thousands.
    """

    def __init__(
        self, *, momentum=0.9, epsilon=1e-5, gamma_stddev=0.0, **kwargs
    ):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon
        self.gamma_stddev = gamma_stddev

    def build(self, input_shape):
        def weight(name, initializer, trainable=True):
            return self.add_weight(
                name=name,
                shape=(input_shape[-1],),
                initializer=initializer,
                trainable=trainable,
                dtype=self.variable_dtype,
                **_EXACT,
            )

        scale = "ones"
        if self.gamma_stddev:
            scale = keras.initializers.RandomNormal(1.0, self.gamma_stddev)
        self.gamma = weight("gamma", scale)
        self.beta = weight("beta", "zeros")
        # All replicas change the averages in the same way.
        self.moving_mean = weight("moving_mean", "zeros", trainable=False)
        self.moving_variance = weight("moving_variance", "ones", False)
        self.built = True

    def call(self, inputs, parts=1, mode="inference"):
        if mode not in MODES:
            raise ValueError(
                f"`mode` must be one of {', '.join(MODES)}. Got: {mode!r}"
            )
        images = exact(inputs)
        shape = tf.shape(images)
        if mode == "inference":
            mean = tf.convert_to_tensor(self.moving_mean)
            variance = tf.convert_to_tensor(self.moving_variance)
        else:
            images = tf.reshape(
                images,
                tf.concat([[parts, shape[0] // parts], shape[1:]], axis=0),
            )
            mean, variance = _moments(images)
            if mode == "update":
                self._move(mean, variance, parts)
            spread = [parts, 1, 1, 1, inputs.shape[-1]]
            mean = tf.reshape(mean, spread)
            variance = tf.reshape(variance, spread)
        outputs = standardized(
            images,
            mean,
            variance,
            self.epsilon,
            exact(self.gamma),
            exact(self.beta),
        )
        outputs = tf.ensure_shape(tf.reshape(outputs, shape), inputs.shape)
        return tf.cast(outputs, inputs.dtype)

    def _move(self, mean, variance, parts):
        for average, values in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            moved = tf.convert_to_tensor(average)
            for part in range(parts):
                moved = moved + (1.0 - self.momentum) * (values[part] - moved)
            average.assign(tf.stop_gradient(moved))

    def get_config(self):
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "gamma_stddev": self.gamma_stddev,
        }


def _moments(values):
    """(parts, B, H, W, C) to mean and variance, (parts, C) each."""
    mean = replica_mean(mean_over(values, (3, 2, 1)))
    # This takes two passes, because E(x^2) - E(x)^2 loses digits in float32.
    centred = values - mean[:, None, None, None, :]
    squares = mean_over(tf.square(centred), (3, 2, 1))
    return mean, replica_mean(squares)
