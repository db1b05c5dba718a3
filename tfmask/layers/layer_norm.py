"""Layer normalisation of images, as the papers write it."""

import keras
import tensorflow as tf

from tfmask.ops.precision import (
    exact,
    mean_and_deviation,
    moments,
    standardized,
)

_AXES = (2, 1, 3)


@keras.saving.register_keras_serializable(package="tfmask")
class LayerNormalization(keras.layers.Layer):
    """Normalises every example over height, width and channels together.

    `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with the biased
    variance, and one gamma and one beta for each channel. It is group
    normalisation with one group. `keras.layers.LayerNormalization` is
    different: it normalises every pixel by itself.

    `unbiased` is MUNIT's form, `y = gamma * (x - mean) / (s + epsilon) + beta`.
    s is the deviation from the unbiased variance. At the start, gamma is drawn
    from [0, 1) and is not 1.

    Args:
        epsilon: float; 1e-5, as in PyTorch.
        unbiased: bool.
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (B, H, W, C) float.

    Returns:
        (B, H, W, C) of the inputs' dtype.

    Paper: LOMIT, supplement; `unbiased`: Huang et al. 2018 (MUNIT),
    appendix B. Differs from the authors' code: no.
    """

    def __init__(self, *, epsilon=1e-5, unbiased=False, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.unbiased = unbiased

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(
            name="gamma",
            shape=shape,
            initializer=keras.initializers.RandomUniform(0.0, 1.0)
            if self.unbiased
            else "ones",
        )
        self.beta = self.add_weight(
            name="beta", shape=shape, initializer="zeros"
        )
        self.built = True

    def call(self, inputs):
        images = exact(inputs)
        epsilon = self.epsilon
        if self.unbiased:
            mean, deviation = mean_and_deviation(images, _AXES)
            variance, epsilon = tf.square(deviation + epsilon), 0.0
        else:
            mean, variance = moments(images, _AXES)
        outputs = standardized(
            images, mean, variance, epsilon, exact(self.gamma), exact(self.beta)
        )
        return tf.cast(outputs, inputs.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "unbiased": self.unbiased,
        }
