"""CycleGAN's networks on four channels: an image and the one mask of it."""

import keras
import tensorflow as tf

from tfmask.networks.patch_discriminator import PatchDiscriminator
from tfmask.networks.resnet_parts import ResNetDecoder, ResNetEncoder
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.instances import occupied, stacked, unstacked


@keras.saving.register_keras_serializable(package="tfmask")
class ConcatenatedGenerator(keras.Model):
    """Translates an image and one mask as the four channels of one image.

    CycleGAN's ResNet generator; called as `InstanceGenerator` is.

    Args:
        filters: int, channels of the first layer.
        blocks: int, residual blocks.
        strided_layers: int, halvings of the size between image and blocks.
        upsampling: "transposed" or "resize", see `ResNetDecoder`.
        normalization: see `normalization_layer`.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.
        mask: (B, 1, H, W, 1) float in [-1, 1], 1 inside; -1 everywhere is
            empty.
        valid: (B, 1) bool, whether there is a mask; None: where it is not
            -1 everywhere.

    Returns:
        image: (B, H, W, 3) float32 in (-1, 1).
        mask: (B, 1, H, W, 1) float32 in (-1, 1); -1 where it is empty.

    Paper: "CycleGAN+Seg" of Mo, Cho, Shin 2019, section 3.
    Differs from the paper: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=9,
        strided_layers=2,
        upsampling="transposed",
        normalization="instance",
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.strided_layers = strided_layers
        self.upsampling = upsampling
        self.normalization = normalization
        self.kernel_initializer = kernel_initializer
        common = {
            "normalization": normalization,
            "kernel_initializer": kernel_initializer,
        }
        self.encoder = ResNetEncoder(
            filters=filters,
            blocks=blocks,
            strided_layers=strided_layers,
            **common,
        )
        self.decoder = ResNetDecoder(
            [filters * 2**n for n in reversed(range(strided_layers))],
            channels=4,
            upsampling=upsampling,
            **common,
        )

    def build(self, input_shape):
        self.encoder.build((*input_shape[:-1], 4))
        features = self.filters * 2**self.strided_layers
        self.decoder.build((None, None, None, features))
        self.built = True

    def call(self, image, mask, valid=None):
        valid = occupied(mask) if valid is None else valid
        made = self.decoder(self.encoder(stacked(image, mask)))
        translated, outline = unstacked(made)
        return translated, tf.where(
            valid[:, :, None, None, None],
            outline,
            tf.cast(mask, outline.dtype),
        )

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class ConcatenatedDiscriminator(keras.Model):
    """Patch scores of an image and one mask as the four channels of one.

    CycleGAN's PatchGAN; called as `InstanceDiscriminator` is.

    Args:
        filters: int, channels of the first layer.
        strided_layers: int.
        normalization: see `normalization_layer`.
        spectral_normalization: bool, for every convolution.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        mask: (B, 1, H, W, 1) float in [-1, 1].
        training: bool; power iterations run in training only.

    Returns:
        (B, h, w, 1) float32, unbounded.

    Paper: "CycleGAN+Seg" of Mo, Cho, Shin 2019, section 3.
    Differs from the paper: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        strided_layers=3,
        normalization="instance",
        spectral_normalization=False,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.normalization = normalization
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = kernel_initializer
        self.patches = PatchDiscriminator(
            filters=filters,
            strided_layers=strided_layers,
            normalization=normalization,
            spectral_normalization=spectral_normalization,
            kernel_initializer=kernel_initializer,
        )

    def build(self, input_shape):
        self.patches.build((*input_shape[:-1], 4))
        self.built = True

    def call(self, image, mask, training=False):
        return self.patches(stacked(image, mask), training=training)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
