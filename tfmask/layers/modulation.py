"""Normalised features with a scale and an offset from elsewhere.

Three forms are `n(x) * scale + offset`: adaptive instance normalisation
(MUNIT), the same mixed with layer normalisation (AdaLIN of U-GAT-IT), and
highway adaptive instance normalisation (LOMIT). They make scale and offset in
different ways.
"""

import keras
import tensorflow as tf

from tfmask.ops.precision import exact, normalized

_EPSILON = 1e-5


def modulated(features, scale, offset, rho=None, *, unbiased=False):
    """`n(x) * scale + offset`.

    Args:
        features: (B, H, W, C) float, x.
        scale: (B, C) float, or (B, H, W, C) if it depends on the place.
        offset: the same forms.
        rho: None or (C,) float in [0, 1]. With None, n is instance
            normalisation. Else n is `rho` times instance normalisation plus `1
            - rho` times layer normalisation.
        unbiased: bool; both divide by the root of the unbiased variance plus
            1e-5. False: of the biased variance.

    Returns:
        (B, H, W, C) of the features' dtype.
    """
    content = exact(features)
    outputs = normalized(content, (2, 1), _EPSILON, unbiased)
    if rho is not None:
        layer = normalized(content, (2, 1, 3), _EPSILON, unbiased)
        outputs = layer + exact(rho) * (outputs - layer)
    scale, offset = (
        values[:, None, None, :] if values.shape.rank == 2 else values
        for values in (exact(scale), exact(offset))
    )
    return tf.cast(outputs * scale + offset, features.dtype)


@keras.saving.register_keras_serializable(package="tfmask")
class AdaptiveNormalization(keras.layers.Layer):
    """`modulated` in a normalisation's place: AdaIN, or AdaLIN.

    Args:
        linear: bool; the layer learns rho, one for each channel (AdaLIN). rho
            starts at 0.9. The method must keep it in [0, 1].
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (B, H, W, C) float.
        scale: (B, C) float.
        offset: (B, C) float.

    Returns:
        (B, H, W, C) of the inputs' dtype.

    Paper: Huang et al. 2018 (MUNIT), section 5.1; Kim et al. 2020
    (U-GAT-IT), Eq. (1). Differs from the papers: no. With `linear` the variance
    is unbiased, as in U-GAT-IT's PyTorch code. Its TensorFlow code has the
    biased one.
    """

    def __init__(self, linear=False, **kwargs):
        super().__init__(**kwargs)
        self.linear = linear
        self.rho = None

    def build(self, input_shape):
        if self.linear:
            self.rho = self.add_weight(
                name="rho",
                shape=(input_shape[-1],),
                initializer=keras.initializers.Constant(0.9),
            )
        self.built = True

    def call(self, inputs, scale, offset):
        return modulated(inputs, scale, offset, self.rho, unbiased=self.linear)

    def get_config(self):
        return {**super().get_config(), "linear": self.linear}


@keras.saving.register_keras_serializable(package="tfmask")
class LayerInstanceNormalization(keras.layers.Layer):
    """Layer and instance normalisation, mixed as each channel learns (LIN).

    It is AdaLIN with a learned scale (1 at first) and offset (0). rho starts at
    0, so it starts as layer normalisation. The method must keep rho in [0, 1].

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (B, H, W, C) float.

    Returns:
        (B, H, W, C) of the inputs' dtype.

    Paper: Kim et al. 2020 (U-GAT-IT), section 2.1.1, "LIN". Differs from
    the authors' PyTorch code: no.
    """

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.rho = self.add_weight(name="rho", shape=shape, initializer="zeros")
        self.gamma = self.add_weight(
            name="gamma", shape=shape, initializer="ones"
        )
        self.beta = self.add_weight(
            name="beta", shape=shape, initializer="zeros"
        )
        self.built = True

    def call(self, inputs):
        scale, offset = (
            tf.convert_to_tensor(values)[None]
            for values in (self.gamma, self.beta)
        )
        return modulated(inputs, scale, offset, self.rho, unbiased=True)
