"""Attention-GAN's network of masks."""

import keras
import tensorflow as tf

from tfmask.networks import ResNetGenerator


@keras.saving.register_keras_serializable(package="tfmask")
class AbsoluteAttention(ResNetGenerator):
    """Image to a soft map: `|tanh(z)|` of a generator of one channel.

    Args:
        **kwargs: see `ResNetGenerator`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H, W, 1) float32 in [0, 1]. No gradient passes at places with 0.

    Paper: Chen et al. 2018, section 3; A_X, A_Y.
    Differs from the paper: no. From the authors' code: there is no clipping.
    This changes nothing.

    Examples:
        >>> network = AbsoluteAttention(filters=4, blocks=1)
        >>> network(np.zeros((1, 16, 16, 3), "float32")).shape.as_list()
        [1, 16, 16, 1]
    """

    channels = 1

    def call(self, image):
        return tf.abs(super().call(image))
