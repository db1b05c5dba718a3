"""LOMIT's highway AdaIN, Eq. (3) and (4): two styles, one mask."""

import keras
import tensorflow as tf

from tfmask.layers.modulation import modulated
from tfmask.layers.style_layers import StyleLayers
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import (
    exact,
    mean_and_deviation,
    mean_over,
    standardized,
)

SLOPE = 0.01
DEVIATIONS = ("spatial", "rows")
_EPSILON = 1e-5


def highway_adain(
    features, attention, foreground, background, deviation="spatial"
):
    """Gives normalised features one style inside a mask, another outside.

    `m (gf n(c) + bf) + (1 - m) (gb n(c) + bb)`, where n(c) has mean 0 and
    variance 1 in every channel of every example. It is computed in one pass, as
    `n(c) [m gf + (1 - m) gb] + [m bf + (1 - m) bb]`.

    Args:
        features: (B, H, W, C) float, c.
        attention: (B, H, W, 1) float in [0, 1], m.
        foreground: (gf, bf), scale and offset, (B, C) float each.
        background: (gb, bb), likewise.
        deviation: "spatial" or "rows". "rows" is the authors' code: n(c)
            divides by the deviation, over the rows, of each row's deviation.
            The variance is then not 1.

    Returns:
        (B, H, W, C) of the features' dtype.

    Paper: LOMIT, Eq. (3) and (4).
    Differs from the paper: no. "rows" differs from it, as the authors' code.

    Examples:
        >>> c = np.array([1.0, 3.0], "float32").reshape(1, 2, 1, 1)
        >>> m = np.array([1.0, 0.0], "float32").reshape(1, 2, 1, 1)
        >>> one, ten = np.full((1, 1), 1.0), np.full((1, 1), 10.0)
        >>> y = highway_adain(c, m, (one, ten), (ten, one))
        >>> y.numpy().ravel().round(2).tolist()
        [9.0, 11.0]
    """
    attention = exact(attention)

    def blend(inside, outside):
        inside, outside = (
            exact(values)[:, None, None, :] for values in (inside, outside)
        )
        return outside + attention * (inside - outside)

    scale, offset = (
        blend(inside, outside)
        for inside, outside in zip(foreground, background, strict=True)
    )
    if deviation == "spatial":
        return modulated(features, scale, offset)
    content = exact(features)
    mean = mean_over(content, (2, 1), keepdims=True)
    _, of_rows = mean_and_deviation(content, (2,))
    _, divisor = mean_and_deviation(of_rows, (1,))
    variance = tf.square(divisor + _EPSILON)
    outputs = standardized(content, mean, variance, 0.0) * scale + offset
    return tf.cast(outputs, features.dtype)


@keras.saving.register_keras_serializable(package="tfmask")
class StyleParameters(StyleLayers):
    """A style code to scale and offset of every channel.

    It uses `StyleLayers` with leaky ReLUs of slope 0.01. The first half of
    their output is the offset. The second half is v.

    Args:
        channels: int, C.
        hidden: int, width of the hidden layers.
        scale_form: "exponential" or "linear". "exponential" is `exp(v / 2)` as
            in the authors' code; it is always above 0. "linear" is v as in
            MUNIT.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        style: (B, S) float.

    Returns:
        (scale, offset), (B, C) float each.
    """

    def __init__(
        self, channels, *, hidden=256, scale_form="exponential", **kwargs
    ):
        if scale_form not in ("exponential", "linear"):
            raise ValueError(
                "`scale_form` must be exponential or linear. "
                f"Got: {scale_form!r}"
            )
        super().__init__(2 * channels, hidden=hidden, slope=SLOPE, **kwargs)
        self.channels = channels
        self.scale_form = scale_form

    def call(self, style):
        values = super().call(style)
        offset, scale = tf.split(values, 2, axis=-1)
        if self.scale_form == "exponential":
            scale = tf.exp(0.5 * scale)
        return scale, offset


@keras.saving.register_keras_serializable(package="tfmask")
class HighwayAdaIN(keras.layers.Layer):
    """`highway_adain` with parameters learned from two style codes.

    Args:
        channels: int, C.
        style_size: int, S.
        hidden: int, width of the parameters' hidden layers.
        scale_form: see `StyleParameters`.
        deviation: see `highway_adain`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, H, W, C) float.
        attention: (B, H, W, 1) float in [0, 1].
        foreground: (B, S) float, style where the attention is 1.
        background: (B, S) float, style elsewhere.

    Returns:
        (B, H, W, C) of the features' dtype.

    Paper: LOMIT, Eq. (3) and (4).
    """

    def __init__(
        self,
        channels,
        *,
        style_size=8,
        hidden=256,
        scale_form="exponential",
        deviation="spatial",
        **kwargs,
    ):
        if deviation not in DEVIATIONS:
            raise ValueError(
                f"`deviation` must be spatial or rows. Got: {deviation!r}"
            )
        super().__init__(**kwargs)
        self.channels = channels
        self.style_size = style_size
        self.hidden = hidden
        self.scale_form = scale_form
        self.deviation = deviation
        options = {"hidden": hidden, "scale_form": scale_form}
        self.foreground = StyleParameters(channels, **options)
        self.background = StyleParameters(channels, **options)

    def build(self, input_shape):
        self.foreground.build((None, self.style_size))
        self.background.build((None, self.style_size))
        self.built = True

    def call(self, features, attention, foreground, background):
        return highway_adain(
            features,
            attention,
            self.foreground(foreground),
            self.background(background),
            self.deviation,
        )

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
