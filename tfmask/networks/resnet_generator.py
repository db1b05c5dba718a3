"""The ResNet generator of CycleGAN and attention-guided translation."""

import keras

from tfmask.networks.resnet_parts import ResNetDecoder, ResNetEncoder
from tfmask.ops.arguments import constructor_arguments


@keras.saving.register_keras_serializable(package="tfmask")
class ResNetGenerator(keras.Model):
    """Image to image: two strided layers, residual blocks, two back up.

    The layers are c7s1-f, c3s2-2f, c3s2-4f, `blocks` residual blocks at 4f
    channels, two upsampling layers, and a last convolution with tanh. Every
    layer except the last is normalised and followed by ReLU.

    Attributes:
        channels: int, channels of the result.

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        strided_layers: int; the same number of upsampling layers follows the
            blocks.
        padding_mode: "reflect" (CycleGAN) or "zero", for every layer of
            stride 1.
        alignment: "torch" pads strided layers on all four sides, as PyTorch.
            "same" pads as TensorFlow.
        antialias: bool; strided layers have stride 1, and their results are
            blurred and halved.
        last_kernel: int, odd.
        activate_sum: bool; ReLU after the residual sums.
        attention_levels: int, levels of a `ResidualAttention` after the first
            layer. 0: there is none.
        upsampling: "transposed", "resize" (nearest x2, then a 3x3
            convolution; no checkerboard) or "blur" (bilinear x2, then a 3x3
            convolution).
        normalization: see `normalization_layer`.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H, W, 3) float32 in (-1, 1).

    Paper: CycleGAN, appendix 7.2; attention-guided, supplement.
    Differs from the papers: no, see the presets.

    Examples:
        >>> network = ResNetGenerator(filters=4, blocks=1)
        >>> network(np.zeros((1, 16, 16, 3), "float32")).shape.as_list()
        [1, 16, 16, 3]
    """

    channels = 3

    def __init__(
        self,
        *,
        filters=64,
        blocks=9,
        strided_layers=2,
        padding_mode="reflect",
        alignment="torch",
        antialias=False,
        last_kernel=7,
        activate_sum=False,
        attention_levels=0,
        upsampling="transposed",
        normalization="instance",
        affine=False,
        gamma_stddev=0.0,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.strided_layers = strided_layers
        self.padding_mode = padding_mode
        self.alignment = alignment
        self.antialias = antialias
        self.last_kernel = last_kernel
        self.activate_sum = activate_sum
        self.attention_levels = attention_levels
        self.upsampling = upsampling
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer

        common = {
            "padding_mode": padding_mode,
            "alignment": alignment,
            "normalization": normalization,
            "affine": affine,
            "gamma_stddev": gamma_stddev,
            "kernel_initializer": kernel_initializer,
        }
        self.encoder = ResNetEncoder(
            filters=filters,
            blocks=blocks,
            strided_layers=strided_layers,
            antialias=antialias,
            activate_sum=activate_sum,
            attention_levels=attention_levels,
            **common,
        )
        self.decoder = ResNetDecoder(
            [filters * 2**n for n in reversed(range(strided_layers))],
            channels=self.channels,
            last_kernel=last_kernel,
            upsampling=upsampling,
            **common,
        )

    def build(self, input_shape):
        self.encoder.build(input_shape)
        features = self.filters * 2**self.strided_layers
        self.decoder.build((None, None, None, features))
        self.built = True

    def call(self, image):
        return self.decoder(self.encoder(image))

    def with_features(self, image, layers):
        """The translation, and what some layers of the encoder give.

        Args:
            image: see the call.
            layers: ints, see `ResNetEncoder.with_features`.

        Returns:
            (B, H, W, 3) as in the call, and a list of tensors (B, h, w, c).
        """
        outputs, features = self.encoder.with_features(image, layers)
        return self.decoder(outputs), features

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
