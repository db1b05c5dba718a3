"""Encoder and decoder of the ResNet generators."""

import functools

import keras
import tensorflow as tf

from tfmask.layers import (
    BlurredUpsamplingConvolution,
    Convolution,
    ResidualAttention,
    ResidualBlock,
    TransposedConvolution,
    UpsamplingConvolution,
    blur_pool,
    normalization_layer,
    rectified,
)
from tfmask.layers.padding import reflect_pad
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.gradients import Recomputing
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class ResNetEncoder(Recomputing, keras.layers.Layer):
    """Image to features at a quarter of its size.

    The layers are c7s1-f, `ResidualAttention` if it has levels, c3s2-2f,
    c3s2-4f, then `blocks` residual blocks at 4f channels. Each convolution is
    normalised and followed by ReLU.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        strided_layers: int; each halves the size and doubles the channels.
        strided_kernel: 3 or 4.
        strided_padding_mode: "reflect" or "zero", for strided layers with the
            alignment "torch". "same" has zeros.
        padding_mode: "reflect" or "zero", for every layer of stride 1.
        alignment: "torch" pads strided layers on all four sides, as PyTorch.
            "same" pads as TensorFlow.
        antialias: bool; layers that halve have stride 1, and their results are
            blurred and halved (`blur_pool`).
        activate_sum: bool; ReLU after the residual sums.
        use_bias: bool; all convolutions have a bias.
        attention_levels: int, see `ResidualAttention`; 0: there is none.
        normalization: see `normalization_layer`.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        first_slope: float; leaky ReLU of this slope follows the first
            convolution, which is not normalised then (DRIT). None: the first
            convolution is like the others.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        image: (B, H, W, C) float; H and W multiples of 4.

    Returns:
        (B, H/4, W/4, 4f) float.
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=9,
        strided_layers=2,
        strided_kernel=3,
        strided_padding_mode="zero",
        padding_mode="reflect",
        alignment="torch",
        antialias=False,
        activate_sum=False,
        use_bias=True,
        attention_levels=0,
        normalization="instance",
        affine=False,
        gamma_stddev=0.0,
        first_slope=None,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.strided_layers = strided_layers
        self.strided_kernel = strided_kernel
        self.strided_padding_mode = strided_padding_mode
        self.padding_mode = padding_mode
        self.alignment = alignment
        self.antialias = antialias
        self.activate_sum = activate_sum
        self.use_bias = use_bias
        self.attention_levels = attention_levels
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.first_slope = first_slope
        self.kernel_initializer = kernel_initializer

        norm = {"affine": affine, "gamma_stddev": gamma_stddev}
        flat = {
            "padding_mode": padding_mode,
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
        }
        strided = {
            "strides": 1 if antialias else 2,
            "padding": 1 if alignment == "torch" else "same",
            "padding_mode": strided_padding_mode,
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
        }
        self.convolutions = [
            Convolution(filters, 7, padding=3, **flat),
            *(
                Convolution(filters * 2**number, strided_kernel, **strided)
                for number in range(1, strided_layers + 1)
            ),
        ]
        plain = first_slope is not None
        self.norms = [
            normalization_layer(
                "none" if plain and not number else normalization, **norm
            )
            for number in range(len(self.convolutions))
        ]
        self.residual_blocks = [
            ResidualBlock(
                filters * 2**strided_layers,
                activate_sum=activate_sum,
                normalization=normalization,
                **norm,
                **flat,
            )
            for _ in range(blocks)
        ]
        self.attention = None
        if attention_levels:
            self.attention = ResidualAttention(
                filters,
                levels=attention_levels,
                normalization=normalization,
                kernel_initializer=kernel_initializer,
            )

    def build(self, input_shape):
        channels = input_shape[-1]
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        for block in self.residual_blocks:
            block.build((None, None, None, channels))
        if self.attention is not None:
            self.attention.build((None, None, None, self.filters))
        self.built = True

    def call(self, image):
        front = [*self.convolutions, *self.norms]
        if self.attention is not None:
            front.append(self.attention)
        outputs = self.part(
            lambda image: self.with_features(
                image, (), stop=len(self._chain()) - self.blocks
            )[0],
            front,
            image,
        )
        for block in self.residual_blocks:
            outputs = block(outputs)
        return outputs

    def with_features(self, image, layers, stop=None):
        """The output of the last layer, and the outputs of some others.

        Args:
            image: see the call.
            layers: ints that grow, places in the chain of: the image padded
                by 3 pixels of reflection, then convolution, normalisation
                and ReLU of each convolution, with `antialias` the blur
                behind those that halve, and the residual blocks. So authors
                of contrastive methods count.
            stop: int, the last layer that is computed. None: all layers are
                computed.

        Returns:
            Tensor (B, h, w, c), and a list of such tensors, one for each of
            `layers`.
        """
        features = [reflect_pad(image, 3)] if 0 in layers else []
        outputs = image
        for number, function in enumerate(self._chain(), start=1):
            if stop is not None and number > stop:
                break
            outputs = function(outputs)
            if number in layers:
                features.append(outputs)
        return outputs, features

    def feature_channels(self, layers, channels=3):
        """Channels of `with_features`' layers, for images of so many."""
        widths = [channels]
        for layer, behind in zip(self.convolutions, self._behind, strict=True):
            widths += [layer.filters] * (3 + len(behind))
        widths += [self.convolutions[-1].filters] * self.blocks
        return [widths[number] for number in layers]

    @property
    def _behind(self):
        """For each convolution, the list of functions that follow its ReLU."""
        first = [] if self.attention is None else [self.attention]
        halving = [blur_pool] if self.antialias else []
        return [first, *[halving] * self.strided_layers]

    def _chain(self):
        """All layers, in the order in which they are called."""
        slope, chain = self.first_slope or 0.0, []
        for layer, norm, behind in zip(
            self.convolutions, self.norms, self._behind, strict=True
        ):
            rectifier = functools.partial(rectified, slope=slope)
            chain += [layer, norm, rectifier, *behind]
            slope = 0.0
        return [*chain, *self.residual_blocks]

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


def upsampling_layer(
    upsampling,
    filters,
    *,
    padding_mode="reflect",
    alignment="torch",
    kernel_initializer=None,
):
    """A layer that doubles height and width.

    Args:
        upsampling: see `ResNetDecoder`.
        filters: int, output channels.
        padding_mode, alignment, kernel_initializer: see `ResNetEncoder`.

    Raises:
        ValueError: `upsampling` is unknown.
    """
    options = {"kernel_initializer": kernel_initializer}
    if upsampling == "resize":
        return UpsamplingConvolution(
            filters, 3, padding=1, padding_mode=padding_mode, **options
        )
    if upsampling == "blur":
        return BlurredUpsamplingConvolution(filters, 3, padding=1, **options)
    if upsampling == "transposed":
        return TransposedConvolution(filters, alignment=alignment, **options)
    raise ValueError(
        f"`upsampling` must be transposed, resize or blur. Got: {upsampling!r}"
    )


@keras.saving.register_keras_serializable(package="tfmask")
class ResNetDecoder(Recomputing, keras.layers.Layer):
    """Features to an image four times as large, with tanh.

    It has two upsampling layers, each normalised and followed by ReLU, and a
    last convolution with tanh.

    Args:
        widths: (int, int), channels of the two upsampling layers.
        channels: int, channels of the image.
        last_kernel: int, odd.
        upsampling: "transposed", "resize" (nearest x2, then a 3x3
            convolution; no checkerboard) or "blur" (`blur_upsample`, then a
            3x3 convolution padded by zeros).
        padding_mode, alignment, normalization: see `ResNetEncoder`.
        affine, gamma_stddev, kernel_initializer: see `ResNetEncoder`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, H, W, C) float.

    Returns:
        (B, 4H, 4W, channels) float32 in [-1, 1].
    """

    def __init__(
        self,
        widths,
        *,
        channels=3,
        last_kernel=7,
        upsampling="transposed",
        padding_mode="reflect",
        alignment="torch",
        normalization="instance",
        affine=False,
        gamma_stddev=0.0,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.widths = tuple(widths)
        self.channels = channels
        self.last_kernel = last_kernel
        self.upsampling = upsampling
        self.padding_mode = padding_mode
        self.alignment = alignment
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer

        self.upsamplings = [
            upsampling_layer(
                upsampling,
                width,
                padding_mode=padding_mode,
                alignment=alignment,
                kernel_initializer=kernel_initializer,
            )
            for width in self.widths
        ]
        self.norms = [
            normalization_layer(
                normalization, affine=affine, gamma_stddev=gamma_stddev
            )
            for _ in self.widths
        ]
        self.last = Convolution(
            channels,
            last_kernel,
            padding=last_kernel // 2,
            padding_mode=padding_mode,
            kernel_initializer=kernel_initializer,
        )

    def build(self, input_shape):
        channels = input_shape[-1]
        for layer, norm in zip(self.upsamplings, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, features):
        def whole(outputs):
            for layer, norm in zip(self.upsamplings, self.norms, strict=True):
                outputs = tf.nn.relu(norm(layer(outputs)))
            return tf.tanh(exact(self.last(outputs)))

        layers = [*self.upsamplings, *self.norms, self.last]
        return self.part(whole, layers, features)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
