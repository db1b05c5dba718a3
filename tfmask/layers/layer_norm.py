"""Layer normalisation of images, as the papers write it."""

import keras
import tensorflow as tf

from tfmask.ops.precision import exact, moments, standardized


@keras.saving.register_keras_serializable(package="tfmask")
class LayerNormalization(keras.layers.Layer):
    """Normalises every example over height, width and channels together.

    `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with the
    biased variance, one gamma and one beta a channel: group normalisation
    with one group, not `keras.layers.LayerNormalization`, which looks at
    every pixel by itself.

    Args:
        epsilon: float; 1e-5, as in PyTorch.
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (B, H, W, C) float.

    Returns:
        (B, H, W, C) of the inputs' dtype.

    Paper: LOMIT, supplement.
    Differs from the authors' code: no. From MUNIT's code: that divides by
    an unbiased deviation plus epsilon.
    """

    def __init__(self, *, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(
            name="gamma", shape=shape, initializer="ones"
        )
        self.beta = self.add_weight(
            name="beta", shape=shape, initializer="zeros"
        )
        self.built = True

    def call(self, inputs):
        images = exact(inputs)
        outputs = standardized(
            images,
            *moments(images, (2, 1, 3)),
            self.epsilon,
            exact(self.gamma),
            exact(self.beta),
        )
        return tf.cast(outputs, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
