"""`(1 + M) x`, GuideGAN, Eq. (4): an attention map for a generator."""

import keras
import tensorflow as tf

from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import unknown_name
from tfmask.ops.soft_masks import upsampled

TRANSFERS = ("multiply", "rgba")


def emphasized(values, attention):
    """Values as they are, and once more where the attention is.

    `y = (1 + M) * x`. A mask of ones doubles the values. A mask of zeros
    changes nothing.

    Args:
        values: (B, H, W, C) float, images or features.
        attention: (B, H, W, 1 or C) float in [0, 1], of the values' dtype.

    Returns:
        (B, H, W, C) float.

    Paper: Wang et al. 2017, Eq. (3), on features; GuideGAN, Eq. (4), on
    images. Differs from the papers: no.

    Examples:
        >>> float(emphasized(np.float32(3.0), np.float32(0.5)))
        4.5
    """
    return (1.0 + attention) * values


@keras.saving.register_keras_serializable(package="tfmask")
class AttentionTransfer(keras.layers.Layer):
    """An image and an attention map to what a generator translates.

    The map is resized to the image (bilinear, no antialiasing). It is a
    constant, so no gradient reaches it. `kind` says what happens then, with the
    attention M:

    - "multiply": `emphasized`. Ones double the image, zeros do not change it.
    - "rgba": there is a fourth channel, `alpha = scale * M + offset`. The
      default is `2 M - 1`, so ones are opaque in the range of the colours.

    Args:
        kind: "multiply" or "rgba".
        learnable_alpha: bool, for "rgba". Scale and offset are trained. They
            start at 2 and -1.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        attention: (B, h, w, 1) float in [0, 1], of any size.

    Returns:
        (B, H, W, `channels`) float: 3 channels in [-2, 2], or 4 channels.

    Raises:
        UserError: `kind` is unknown.
        ValueError: there is no alpha to learn.

    Paper: GuideGAN, Eq. (4) and (5). Eq. (5) repeats x_a but means the blue
    channel.
    Differs from the paper: the paper does not say how alpha depends on M.
    """

    def __init__(self, kind="multiply", *, learnable_alpha=False, **kwargs):
        super().__init__(**kwargs)
        if kind not in TRANSFERS:
            raise unknown_name("transfer", kind, TRANSFERS)
        if learnable_alpha and kind != "rgba":
            raise ValueError(
                "`learnable_alpha` needs the transfer `rgba`, which has an "
                f"alpha. Got: {kind!r}"
            )
        self.kind = kind
        self.learnable_alpha = learnable_alpha
        self.alpha_scale, self.alpha_offset = 2.0, -1.0

    @property
    def channels(self):
        """Channels of the output: 3 or 4."""
        return 4 if self.kind == "rgba" else 3

    def build(self, image_shape, attention_shape=None):
        if self.learnable_alpha:
            self.alpha_scale, self.alpha_offset = (
                self.add_weight(
                    name=name,
                    shape=(),
                    initializer=keras.initializers.Constant(start),
                )
                for name, start in (
                    ("alpha_scale", self.alpha_scale),
                    ("alpha_offset", self.alpha_offset),
                )
            )
        self.built = True

    def call(self, image, attention):
        attention = tf.stop_gradient(upsampled(attention, image))
        attention = tf.cast(attention, image.dtype)
        if self.kind == "multiply":
            return emphasized(image, attention)
        scale, offset = (
            tf.cast(value, image.dtype)
            for value in (self.alpha_scale, self.alpha_offset)
        )
        return tf.concat([image, scale * attention + offset], axis=-1)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
