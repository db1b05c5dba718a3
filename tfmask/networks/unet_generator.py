"""The U-Net generator of pix2pix and DualGAN."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    TransposedConvolution,
    leaky_relu,
    normalization_layer,
    normalized,
)
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.distribution import replica_uniform
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class UNetGenerator(keras.Model):
    """Image to image: halved down to a few pixels and doubled up again.

    Encoder: `levels` 4x4 convolutions of stride 2 to f, 2f, 4f, 8f, 8f, ...
    channels. All except the first follow leaky ReLU 0.2. All except the first
    and the last are normalised. Decoder: `levels` transposed 4x4 convolutions,
    each after ReLU. All except the last are normalised. The last one ends with
    tanh. After each, the output of the encoder in that size is concatenated;
    its channels come first. The inner layers of the decoder with 8f channels
    have dropout, except the innermost one: 3 of 8 levels, 2 of 7. DualGAN has
    other kernels and a norm in the innermost level. It has the same number of
    layers with dropout, from the innermost one on.

    Args:
        filters: int, f.
        channels: int, channels of the output.
        activation: "tanh" or None. None returns the values before tanh.
        levels: int, 2 or more: 8 for 256 px, 7 for 128 px.
        dropout: float in [0, 1), share of dropped values.
        normalization: see `normalization_layer`; or "batch", with which only
            the last convolution has a bias.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        kernel_initializer: config of a Keras initializer or None.
        kernel_sizes: (int, int), for the outermost level and for the others.
            Odd ones are padded as in TensorFlow's "same".
        normalize_innermost: bool; also normalise the last layer of the encoder.
        epsilon: float, of instance normalisation.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float in [-1, 1]; H and W multiples of 2 to the
            power of `levels`.
        training: bool; matters to batch normalisation alone. True takes the
            statistics of the batch, over all replicas, False those of every
            example by itself: what a batch of 1 does in training and, in
            the authors' code, in testing.
        seed: (2,) int tensor, of this call's dropout; None: nothing is
            dropped.

    Returns:
        (B, H, W, `channels`) float32, with tanh in [-1, 1].

    Raises:
        ValueError: `levels` is below 2, or `activation` is another one.

    Paper: pix2pix (Isola et al. 2017), section 6.1.1.
    Differs from the paper: no norm in the innermost level, where batch 1
    would leave nothing (the authors' erratum). From the authors' code: the
    dropout lies where the PyTorch code has it; Torch's is one layer further
    in.

    Examples:
        >>> network = UNetGenerator(filters=2, levels=3)
        >>> network(np.zeros((1, 16, 8, 3), "float32")).shape.as_list()
        [1, 16, 8, 3]
    """

    def __init__(
        self,
        *,
        filters=64,
        channels=3,
        activation="tanh",
        levels=8,
        dropout=0.5,
        normalization="batch",
        affine=False,
        gamma_stddev=0.0,
        kernel_initializer=None,
        kernel_sizes=(4, 4),
        normalize_innermost=False,
        epsilon=1e-5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if levels < 2:
            raise ValueError(f"`levels` must be 2 or more. Got: {levels}")
        if activation not in ("tanh", None):
            raise ValueError(
                f"`activation` must be 'tanh' or None. Got: {activation!r}"
            )
        self.filters = filters
        self.channels = channels
        self.activation = activation
        self.levels = levels
        self.dropout = dropout
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer
        self.kernel_sizes = tuple(kernel_sizes)
        self.normalize_innermost = normalize_innermost
        self.epsilon = epsilon

        def norm():
            return normalization_layer(
                normalization,
                batch=True,
                affine=affine,
                gamma_stddev=gamma_stddev,
                epsilon=epsilon,
            )

        outer, inner = self.kernel_sizes
        common = {
            "use_bias": normalization != "batch",
            "kernel_initializer": kernel_initializer,
        }
        widths = [filters * min(2**level, 8) for level in range(levels)]
        self.encoder = [
            Convolution(
                width,
                inner if level else outer,
                strides=2,
                padding="same",
                **common,
            )
            for level, width in enumerate(widths)
        ]
        normalized_widths = widths[1:] if normalize_innermost else widths[1:-1]
        self.encoder_norms = [norm() for _ in normalized_widths]
        self.decoder = [
            TransposedConvolution(
                width, kernel_size=inner, alignment="same", **common
            )
            for width in reversed(widths[:-1])
        ]
        self.decoder_norms = [norm() for _ in self.decoder]
        self.last = TransposedConvolution(
            channels,
            kernel_size=outer,
            alignment="same",
            kernel_initializer=kernel_initializer,
        )
        # The decoder's layers that drop out, from the innermost one.
        first = 0 if normalize_innermost else 1
        self.dropped = range(first, first + levels - 5)

    def build(self, input_shape):
        channels = input_shape[-1]
        for layer in self.encoder:
            layer.build((None, None, None, channels))
            channels = layer.filters
        for layer, norm in zip(
            self.encoder[1:], self.encoder_norms, strict=False
        ):
            norm.build((None, None, None, layer.filters))
        for layer, norm in zip(self.decoder, self.decoder_norms, strict=True):
            layer.build((None, None, None, channels))
            norm.build((None, None, None, layer.filters))
            channels = 2 * layer.filters
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, image, training=False, seed=None):
        parts = 1 if training else tf.shape(image)[0]
        # Kept for the decoder as leaky ReLU leaves them: its ReLU makes the
        # same of both, and a convolution's bias before two readers upsets
        # TensorFlow's graph optimizer ("remapper failed").
        outputs = leaky_relu(self.encoder[0](image))
        skipped = [outputs]
        for layer, norm in zip(
            self.encoder[1:-1], self.encoder_norms, strict=False
        ):
            outputs = leaky_relu(normalized(norm, layer(outputs), parts))
            skipped.append(outputs)
        outputs = self.encoder[-1](outputs)
        if self.normalize_innermost:
            outputs = normalized(self.encoder_norms[-1], outputs, parts)
        for level, (layer, norm) in enumerate(
            zip(self.decoder, self.decoder_norms, strict=True)
        ):
            outputs = normalized(norm, layer(tf.nn.relu(outputs)), parts)
            if seed is not None and level in self.dropped:
                outputs = self._drop(outputs, seed + [level, 0])
            outputs = tf.concat([skipped.pop(), outputs], axis=-1)
        outputs = exact(self.last(tf.nn.relu(outputs)))
        return tf.tanh(outputs) if self.activation else outputs

    def _drop(self, values, seed):
        """Zeros at random; the rest is scaled up to keep the mean."""
        drawn = replica_uniform(values, seed, values.shape[1:])
        keep = tf.cast(drawn >= self.dropout, values.dtype)
        return values * keep / (1.0 - self.dropout)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
