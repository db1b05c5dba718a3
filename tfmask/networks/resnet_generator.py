"""The ResNet generator of CycleGAN and attention-guided translation."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    ResidualBlock,
    TransposedConvolution,
    UpsamplingConvolution,
    normalization_layer,
)
from tfmask.ops.arguments import constructor_arguments


@keras.saving.register_keras_serializable(package="tfmask")
class ResNetGenerator(keras.Model):
    """Image to image: two strided layers, residual blocks, two back up.

    c7s1-f, c3s2-2f, c3s2-4f, `blocks` residual blocks at 4f channels, two
    upsampling layers, a last convolution with tanh. Every layer but the
    last is normalised and followed by ReLU.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        padding_mode: "reflect" (CycleGAN) or "zero", for every layer of
            stride 1.
        alignment: "torch" pads strided layers on all four sides as PyTorch
            does, "same" as TensorFlow does.
        last_kernel: int, odd.
        activate_sum: bool; ReLU after the residual sums.
        upsampling: "transposed" or "resize" (nearest x2, then a 3x3
            convolution; no checkerboard).
        normalization: see `normalization_layer`.
        affine: bool; learned scale and offset of instance normalisation.
        gamma_stddev: float; deviation of the initial scale about 1.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H, W, 3) float32 in (-1, 1).

    Paper: CycleGAN, appendix 7.2; attention-guided, supplement.
    Differs from the papers: no; see the presets.

    Example:
        >>> network = ResNetGenerator(filters=4, blocks=1)
        >>> network(np.zeros((1, 16, 16, 3), "float32")).shape.as_list()
        [1, 16, 16, 3]
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=9,
        padding_mode="reflect",
        alignment="torch",
        last_kernel=7,
        activate_sum=False,
        upsampling="transposed",
        normalization="instance",
        affine=False,
        gamma_stddev=0.0,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if upsampling not in ("transposed", "resize"):
            raise ValueError(
                "`upsampling` must be transposed or resize. "
                f"Got: {upsampling!r}"
            )
        self.filters = filters
        self.blocks = blocks
        self.padding_mode = padding_mode
        self.alignment = alignment
        self.last_kernel = last_kernel
        self.activate_sum = activate_sum
        self.upsampling = upsampling
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer

        norm = {"affine": affine, "gamma_stddev": gamma_stddev}
        flat = {
            "padding_mode": padding_mode,
            "kernel_initializer": kernel_initializer,
        }
        strided = {
            "strides": 2,
            "padding": 1 if alignment == "torch" else "same",
            "kernel_initializer": kernel_initializer,
        }
        widths = (filters, 2 * filters, 4 * filters)
        self.encoder = [
            Convolution(widths[0], 7, padding=3, **flat),
            Convolution(widths[1], 3, **strided),
            Convolution(widths[2], 3, **strided),
        ]
        self.residual_blocks = [
            ResidualBlock(
                widths[2],
                activate_sum=activate_sum,
                normalization=normalization,
                **norm,
                **flat,
            )
            for _ in range(blocks)
        ]
        self.decoder = [
            self._upsampling_layer(width) for width in (widths[1], widths[0])
        ]
        self.norms = [
            normalization_layer(normalization, **norm) for _ in range(5)
        ]
        self.last = Convolution(
            3, last_kernel, padding=last_kernel // 2, **flat
        )

    def _upsampling_layer(self, filters):
        if self.upsampling == "resize":
            return UpsamplingConvolution(
                filters,
                3,
                padding=1,
                padding_mode=self.padding_mode,
                kernel_initializer=self.kernel_initializer,
            )
        return TransposedConvolution(
            filters,
            alignment=self.alignment,
            kernel_initializer=self.kernel_initializer,
        )

    def build(self, input_shape):
        channels = input_shape[-1]
        for layer, norm in zip(
            self.encoder + self.decoder, self.norms, strict=True
        ):
            if layer is self.decoder[0]:
                for block in self.residual_blocks:
                    block.build((None, None, None, channels))
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, image):
        layers = iter(zip(self.encoder + self.decoder, self.norms, strict=True))
        outputs = image
        for _ in self.encoder:
            layer, norm = next(layers)
            outputs = tf.nn.relu(norm(layer(outputs)))
        for block in self.residual_blocks:
            outputs = block(outputs)
        for layer, norm in layers:
            outputs = tf.nn.relu(norm(layer(outputs)))
        return tf.tanh(tf.cast(self.last(outputs), tf.float32))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
