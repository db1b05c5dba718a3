"""The generator of AttGAN and STGAN: an encoder, a decoder, labels between."""

import keras
import tensorflow as tf

from tfmask.layers import (
    BatchNormalization,
    Convolution,
    SelectiveTransferUnit,
    TransposedConvolution,
    glorot_initializer,
    leaky_relu,
)
from tfmask.networks.label_planes import label_planes
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class AttributeUNet(keras.Model):
    """Image and condition to image, with skip connections.

    Encoder: 4x4 convolutions of stride 2 (f, 2f, 4f, ... channels), batch
    normalisation, leaky ReLU. Decoder: transposed 4x4 convolutions with batch
    normalisation and ReLU, the last with tanh. The condition is concatenated as
    constant planes to the last features of the encoder, and after the first
    `inject_layers` decoder layers. After the first `shortcut_layers` decoder
    layers, the features of the encoder in that size are concatenated. With
    `transfer`, each of these first passes a `SelectiveTransferUnit`. The state
    of the units starts from the last features with the condition. It gets the
    condition again at each level.

    Args:
        attributes: int, K.
        filters: int, f.
        strided_layers: int; sides are multiples of 2 to this power.
        shortcut_layers: int, below `strided_layers`: 1 (AttGAN), 4 (STGAN).
        inject_layers: int, below `strided_layers`: 1 (AttGAN), 4 (STGAN).
        transfer: bool; False (AttGAN), True (STGAN).
        transfer_kernel: int, kernel size of the units.
        transfer_state: `passed_state` of the units.
        momentum: float, of the batch normalisations' running statistics.
        kernel_initializer: config of a Keras initializer, or None for
            Glorot's uniform one.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        condition: (B, K) float.
        training: bool; True normalises by the statistics of the batch (over
            all replicas), False by the running ones.

    Returns:
        (B, H, W, 3) float32 in [-1, 1].

    Raises:
        ValueError: there are more connections than layers of the decoder.

    Paper: AttGAN (He et al. 2019), table 1; STGAN (Liu et al. 2019), fig. 3.
    Differs from the papers: no. From the authors' codes: no.
    """

    def __init__(
        self,
        *,
        attributes,
        filters=64,
        strided_layers=5,
        shortcut_layers=1,
        inject_layers=1,
        transfer=False,
        transfer_kernel=3,
        transfer_state="reset",
        momentum=0.999,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, count in (
            ("shortcut_layers", shortcut_layers),
            ("inject_layers", inject_layers),
        ):
            if not 0 <= count < strided_layers:
                raise ValueError(
                    f"`{name}` must be 0 or more and below the "
                    f"{strided_layers} strided layers. Got: {count}"
                )
        self.attributes = attributes
        self.filters = filters
        self.strided_layers = strided_layers
        self.shortcut_layers = shortcut_layers
        self.inject_layers = inject_layers
        self.transfer = transfer
        self.transfer_kernel = transfer_kernel
        self.transfer_state = transfer_state
        self.momentum = momentum
        self.kernel_initializer = kernel_initializer
        initializer = {
            "kernel_initializer": kernel_initializer or glorot_initializer()
        }
        widths = [filters * 2**level for level in range(strided_layers)]
        self.encoder = [
            Convolution(
                width,
                4,
                strides=2,
                padding="same",
                use_bias=False,
                **initializer,
            )
            for width in widths
        ]
        self.encoder_norms = [self._norm() for _ in widths]
        self.units = [
            SelectiveTransferUnit(
                width,
                kernel_size=transfer_kernel,
                passed_state=transfer_state,
                **initializer,
            )
            for width in (reversed(widths[:-1]) if transfer else ())
        ]
        self.decoder = [
            TransposedConvolution(
                width, kernel_size=4, use_bias=False, **initializer
            )
            for width in reversed(widths[1:])
        ]
        self.decoder_norms = [self._norm() for _ in self.decoder]
        self.last = TransposedConvolution(3, kernel_size=4, **initializer)

    def _norm(self):
        return BatchNormalization(momentum=self.momentum, epsilon=1e-3)

    def build(self, input_shape):
        """`input_shape`: of the image."""
        channels = input_shape[-1]
        for layer, norm in zip(self.encoder, self.encoder_norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        state = channels + self.attributes
        for unit in self.units:
            unit.build((None, None, None, state))
            state = unit.filters + self.attributes
        channels += self.attributes
        for level, (layer, norm) in enumerate(
            zip(self.decoder, self.decoder_norms, strict=True)
        ):
            layer.build((None, None, None, channels))
            norm.build((None, None, None, layer.filters))
            channels = layer.filters
            if level < self.shortcut_layers:
                channels += self.encoder[-2 - level].filters
            if level < self.inject_layers:
                channels += self.attributes
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, image, condition, training=False):
        mode = "update" if training else "inference"
        encoded = []
        outputs = image
        for layer, norm in zip(self.encoder, self.encoder_norms, strict=True):
            outputs = leaky_relu(norm(layer(outputs), mode=mode))
            encoded.append(outputs)
        *skipped, outputs = encoded
        outputs = state = label_planes(outputs, condition)
        shortcuts = list(reversed(skipped))
        for level, unit in enumerate(self.units):
            shortcuts[level], state = unit(shortcuts[level], state)
            state = label_planes(state, condition)
        for level, (layer, norm) in enumerate(
            zip(self.decoder, self.decoder_norms, strict=True)
        ):
            outputs = tf.nn.relu(norm(layer(outputs), mode=mode))
            if level < self.shortcut_layers:
                outputs = tf.concat([outputs, shortcuts[level]], axis=-1)
            if level < self.inject_layers:
                outputs = label_planes(outputs, condition)
        return tf.tanh(exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
