"""Instance normalisation with the papers' epsilon."""

import keras
import tensorflow as tf

from tfmask.ops.precision import along_height, exact, normalized


@keras.saving.register_keras_serializable(package="tfmask")
class InstanceNormalization(keras.layers.GroupNormalization):
    """Normalises every channel of every example over height and width.

    `y = (x - mean) / sqrt(variance + epsilon)`, with the biased variance,
    then `gamma * y + beta` if `affine`. There are no running statistics. On a
    1x1 map the result is 0.

    Args:
        affine: bool; the layer learns a scale and an offset. The default is
            False, as in PyTorch.
        epsilon: float; 1e-5, as in PyTorch and the papers.
        gamma_stddev: float; the scale starts as a truncated normal
            about 1 with this deviation (0: exactly 1).
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (B, H, W, C) float.

    Returns:
        (B, H, W, C) of the inputs' dtype.

    Paper: Ulyanov et al. 2016.
    Differs from the paper: no. From the authors' code: Torch learns scale and
    offset by default, PyTorch does not. Here `affine` decides.

    Examples:
        >>> x = np.array([1.0, 3.0], "float32").reshape(1, 2, 1, 1)
        >>> InstanceNormalization()(x).numpy().ravel().round(3).tolist()
        [-1.0, 1.0]
    """

    def __init__(
        self, affine=False, *, epsilon=1e-5, gamma_stddev=0.0, **kwargs
    ):
        super().__init__(
            groups=-1,
            epsilon=epsilon,
            center=affine,
            scale=affine,
            gamma_initializer=(
                keras.initializers.TruncatedNormal(1.0, gamma_stddev)
                if gamma_stddev
                else "ones"
            ),
            **kwargs,
        )
        self.affine = affine
        self.gamma_stddev = gamma_stddev

    def call(self, inputs):
        # This is always in float32. Keras 2 would compute the moments in half
        # precision.
        images = exact(inputs)
        outputs = normalized(images, (2, 1), self.epsilon)
        if self.affine:
            scale = exact(self.gamma)[None, None, None]
            outputs *= along_height(scale, images)
            outputs += exact(self.beta)
        return tf.cast(outputs, inputs.dtype)

    def get_config(self):
        # The config has only our own arguments. GroupNormalization replaces
        # `groups` by the number of channels when it is built, so its config
        # fits only one width.
        return {
            **keras.layers.Layer.get_config(self),
            "affine": self.affine,
            "epsilon": self.epsilon,
            "gamma_stddev": self.gamma_stddev,
        }
