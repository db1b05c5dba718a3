"""LOMIT's co-segmentation, `m1 = A(g(c2) c1)`: masks from two contents."""

import keras
import tensorflow as tf

from tfmask.layers import (
    BatchNormalization,
    Convolution,
    InstanceNormalization,
    LayerNormalization,
    kaiming_initializer,
)
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import unknown_name
from tfmask.ops.precision import exact, mean_over

NORMS = {
    "batch": BatchNormalization,
    "instance": lambda: InstanceNormalization(True),
    "layer": LayerNormalization,
}


@keras.saving.register_keras_serializable(package="tfmask")
class CoSegmentation(keras.Model):
    """The mask of a content, as another image's content asks for it.

    `m = A(g(other) * content)`. The gate g turns the mean of the other content
    into one factor in (0, 1) for each channel (two fully connected layers, tanh
    and sigmoid). A is 3x3 convolutions, each normalised and with ReLU, then a
    1x1 convolution with sigmoid.

    Args:
        channels: int, C.
        depth: int, number of 3x3 convolutions.
        normalization: "batch" (as in the paper, over all replicas), "instance"
            or "layer".
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        content: (parts * B, h, w, C) float.
        other: (parts * B, h', w', C) float, aligned with `content`.
        parts: int, number of batches one after another. Each part has its own
            statistics.
        mode: "inference", "batch" or "update", see `BatchNormalization`.

    Returns:
        (parts * B, h, w, 1) float32 in (0, 1).

    Raises:
        UserError: `normalization` is unknown.

    Paper: LOMIT, section 3.1. Differs from the paper: no. From the authors'
    code: it takes moving averages at inference.
    """

    def __init__(self, channels, *, depth=6, normalization="batch", **kwargs):
        super().__init__(**kwargs)
        if normalization not in NORMS:
            raise unknown_name("mask_norm", normalization, NORMS)
        self.channels = channels
        self.depth = depth
        self.normalization = normalization
        start = {"kernel_initializer": kaiming_initializer()}
        self.gate_hidden = keras.layers.Dense(2 * channels, **start)
        self.gate_output = keras.layers.Dense(channels, **start)
        self.convolutions = [
            Convolution(channels, 3, padding=1, padding_mode="reflect", **start)
            for _ in range(depth)
        ]
        self.norms = [NORMS[normalization]() for _ in range(depth)]
        self.last = Convolution(1, 1, **start)

    def build(self, input_shape):
        self.gate_hidden.build((None, self.channels))
        self.gate_output.build((None, 2 * self.channels))
        shape = (None, None, None, self.channels)
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            layer.build(shape)
            norm.build(shape)
        self.last.build(shape)
        self.built = True

    def gate(self, content):
        """(B, h, w, C) content to (B, C) factors in (0, 1)."""
        mean = mean_over(content, (2, 1))
        return tf.sigmoid(self.gate_output(tf.tanh(self.gate_hidden(mean))))

    def call(self, content, other, parts=1, mode="inference"):
        outputs = content * self.gate(other)[:, None, None, :]
        how = {}
        if self.normalization == "batch":
            how = {"parts": parts, "mode": mode}
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs), **how))
        return tf.sigmoid(exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
