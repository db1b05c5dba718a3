"""InstaGAN's generator: an image and a set of masks, translated together."""

import keras
import tensorflow as tf

from tfmask.networks.resnet_parts import ResNetDecoder, ResNetEncoder
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.instances import (
    first_if_none,
    fold,
    occupied,
    sum_valid,
    unfold,
)


@keras.saving.register_keras_serializable(package="tfmask")
class InstanceGenerator(keras.Model):
    """Translates an image and the masks of its instances.

    There is an encoder of the image, f_X, and an encoder of a mask, f_A. All
    masks share f_A. S is the sum of all f_A(a_n). The decoder of the image,
    g_X, sees `[f_X(x), S]`. The decoder of a mask, g_A, sees
    `[f_A(a_n), f_X(x), S]`. So the image does not depend on the order of the
    masks. The masks keep their order.

    Args:
        filters: int, channels of the encoders' first layers.
        blocks: int, residual blocks of each encoder.
        strided_layers: int, halvings of the size between image and blocks.
        upsampling: "transposed" or "resize", see `ResNetDecoder`.
        normalization: see `normalization_layer`.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.
        masks: (B, N, H, W, 1) float in [-1, 1], 1 inside. N is at least 1. A
            slot of -1 everywhere is empty.
        valid: (B, N) bool, slots that hold an instance. None: all slots that
            are not -1 everywhere.

    Returns:
        image: (B, H, W, 3) float32 in (-1, 1).
        masks: (B, N, H, W, 1) float32 in (-1, 1); -1 in empty slots.

    Paper: Mo, Cho, Shin 2019, section 2.1; layers of the official code.
    Differs from the paper: no. From the official code: it allows any batch
    size. An empty slot of one example never changes the result of another
    example.
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
        sizes = {
            "filters": filters,
            "blocks": blocks,
            "strided_layers": strided_layers,
        }
        widths = [filters * 2**n for n in reversed(range(strided_layers))]
        self.image_encoder = ResNetEncoder(**sizes, **common)
        self.mask_encoder = ResNetEncoder(**sizes, **common)
        self.image_decoder = ResNetDecoder(
            [2 * width for width in widths], upsampling=upsampling, **common
        )
        self.mask_decoder = ResNetDecoder(
            [3 * width for width in widths],
            channels=1,
            upsampling=upsampling,
            **common,
        )

    def build(self, input_shape):
        features = self.filters * 2**self.strided_layers
        self.image_encoder.build(input_shape)
        self.mask_encoder.build((*input_shape[:-1], 1))
        self.image_decoder.build((None, None, None, 2 * features))
        self.mask_decoder.build((None, None, None, 3 * features))
        self.built = True

    def call(self, image, masks, valid=None):
        valid = first_if_none(occupied(masks) if valid is None else valid)
        count = tf.shape(masks)[1]
        image_features = self.image_encoder(image)
        own = self.mask_encoder(fold(masks))
        total = sum_valid(unfold(own, count), valid)
        scene = tf.concat([image_features, total], axis=-1)
        translated = self.image_decoder(scene)
        around = tf.repeat(scene, count, axis=0)
        outlines = unfold(
            self.mask_decoder(tf.concat([own, around], axis=-1)), count
        )
        return translated, tf.where(
            valid[:, :, None, None, None],
            outlines,
            tf.cast(masks, outlines.dtype),
        )

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
