"""CycleGAN's networks on four channels: an image and the one mask of it."""

import keras
import tensorflow as tf

from tfmask.networks.patch_discriminator import PatchDiscriminator
from tfmask.networks.resnet_generator import ResNetGenerator
from tfmask.ops.instances import occupied, stacked, unstacked


@keras.saving.register_keras_serializable(package="tfmask")
class ConcatenatedGenerator(ResNetGenerator):
    """Translates an image and one mask as the four channels of one image.

    It is CycleGAN's generator. Its calls are like those of `InstanceGenerator`.

    Args:
        **kwargs: see `ResNetGenerator`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.
        masks: (B, 1, H, W, 1) float in [-1, 1], 1 inside. A mask of -1
            everywhere is empty.
        valid: (B, 1) bool, True if there is a mask. None: there is a mask if it
            is not -1 everywhere.

    Returns:
        image: (B, H, W, 3) float32 in (-1, 1).
        masks: (B, 1, H, W, 1) float32 in (-1, 1); -1 if it is empty.

    Paper: "CycleGAN+Seg" of Mo, Cho, Shin 2019, section 3.
    Differs from the paper: no.
    """

    channels = 4

    def build(self, input_shape):
        super().build((*input_shape[:-1], self.channels))

    def call(self, image, masks, valid=None):
        valid = occupied(masks) if valid is None else valid
        translated, outlines = unstacked(super().call(stacked(image, masks)))
        return translated, tf.where(
            valid[:, :, None, None, None],
            outlines,
            tf.cast(masks, outlines.dtype),
        )


@keras.saving.register_keras_serializable(package="tfmask")
class ConcatenatedDiscriminator(PatchDiscriminator):
    """Patch scores of an image and one mask as the four channels of one.

    It is CycleGAN's PatchGAN. Its calls are like those of
    `InstanceDiscriminator`.

    Args:
        **kwargs: see `PatchDiscriminator`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        masks: (B, 1, H, W, 1) float in [-1, 1].
        training: bool; power iterations run only in training.

    Returns:
        `Judgement` with one map of scores, (B, h, w, 1).

    Paper: "CycleGAN+Seg" of Mo, Cho, Shin 2019, section 3.
    Differs from the paper: no.
    """

    def build(self, input_shape):
        super().build((*input_shape[:-1], 4))

    def call(self, image, masks, training=False):
        return super().call(stacked(image, masks), training=training)
