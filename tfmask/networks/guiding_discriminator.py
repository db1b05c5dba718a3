"""A PatchGAN discriminator that also says where it looks."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    leaky_relu,
    normalization_layer,
    post_hoc_attention,
)
from tfmask.networks.patch_discriminator import (
    PatchDiscriminator,
    build_chain,
)
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError, unknown_name
from tfmask.ops.precision import exact
from tfmask.ops.soft_masks import min_max

ATTENTIONS = ("post_hoc", "ram")
# The mask branch halves the map of the first layer twice.
_RAM_SMALLEST_SIDE = 8


@keras.saving.register_keras_serializable(package="tfmask")
class GuidingDiscriminator(keras.Model):
    """Scores of patches, and the attention behind them, in one pass.

    With `post_hoc` attention, the network is `PatchDiscriminator`. The
    attention comes from the activations a of the last layer before the scores.
    It is `min_max(mean over channels of |a|)`, for each image by itself. With
    `ram`, there is a trainable branch beside the layers after the first one. It
    makes a mask M with one number for each position and channel. The last layer
    scores `(1 + M) * a` (Eq. 3). The attention is the mean of M over channels.
    Only the scores teach the branch.

    Args:
        filters: int, channels of the first layer.
        strided_layers: int; 3 layers see 70x70 pixels.
        attention: "post_hoc" or "ram".
        minmax_ram: bool; min-max the mean of M, because it has little contrast.
        normalization: see `normalization_layer`.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float.

    Returns:
        `Judgement` with one map of scores, (B, h, w, 1), and the attention,
        (B, h + 1, w + 1, 1), in the size of the features. It is 0 if a post hoc
        map is flat.

    Raises:
        UserError: `attention` is unknown, or the network is built on images
            that are too small.

    Paper: GuideGAN, section 3.2, Eq. (2) and (3).
    Differs from the paper: the paper gives only the depth of the branch (two
    layers down, two convolutions, one up). Kernels and channels are our choice.
    """

    def __init__(
        self,
        *,
        filters=64,
        strided_layers=3,
        attention="post_hoc",
        minmax_ram=False,
        normalization="instance",
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if attention not in ATTENTIONS:
            raise unknown_name("attention", attention, ATTENTIONS)
        self.filters = filters
        self.strided_layers = strided_layers
        self.attention = attention
        self.minmax_ram = minmax_ram
        self.normalization = normalization
        self.kernel_initializer = kernel_initializer
        common = {
            "normalization": normalization,
            "kernel_initializer": kernel_initializer,
        }
        self.patches = PatchDiscriminator(
            filters=filters, strided_layers=strided_layers, **common
        )
        self.mask_branch = None
        if attention == "ram":
            channels = self.patches.convolutions[-2].filters
            self.mask_branch = MaskBranch(filters, channels, **common)

    @property
    def smallest_side(self):
        """Side in pixels of the smallest image that can be judged."""
        if self.mask_branch is None:
            return self.patches.smallest_side
        return max(self.patches.smallest_side, _RAM_SMALLEST_SIDE)

    def attention_size(self, size):
        """(h, w) of the attention for images of a (height, width)."""
        return self.patches.feature_size(size)

    def build(self, input_shape):
        sides = [side for side in input_shape[1:3] if side is not None]
        smallest = self.smallest_side
        if min(sides, default=smallest) < smallest:
            raise UserError(
                f"A discriminator with attention `{self.attention}` needs "
                f"images of at least {smallest} pixels a side. Got: "
                f"{input_shape[1]}x{input_shape[2]}."
            )
        self.patches.build(input_shape)
        if self.mask_branch is not None:
            self.mask_branch.build((None, None, None, self.filters))
        self.built = True

    def call(self, image):
        first = self.patches.features(image, last=1)
        features = self.patches.features(first, first=1)
        if self.mask_branch is None:
            judged = self.patches.score(features)
            return judged._replace(attention=post_hoc_attention(features))
        mask = self.mask_branch(first, size=tf.shape(features)[1:3])
        features = (1.0 + tf.cast(mask, features.dtype)) * features
        judged = self.patches.score(features)
        return judged._replace(attention=self._mean_mask(mask))

    def attend(self, image):
        """The attention alone, by the layers that it needs.

        Images with a side below `smallest_side` are enlarged first.
        """
        size = tf.maximum(tf.shape(image)[1:3], self.smallest_side)
        image = tf.image.resize(image, size, "bilinear")
        first = self.patches.features(image, last=1)
        if self.mask_branch is None:
            return post_hoc_attention(self.patches.features(first, first=1))
        size = self.attention_size(tf.unstack(size))
        return self._mean_mask(self.mask_branch(first, size=tf.stack(size)))

    def _mean_mask(self, mask):
        mean = tf.reduce_mean(mask, axis=-1, keepdims=True)
        return min_max(mean) if self.minmax_ram else mean

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class MaskBranch(keras.layers.Layer):
    """The trainable attention beside a discriminator's trunk.

    The layers are c4s2-2f, c4s2-4f, c3s1-4f, each normalised and followed by
    leaky ReLU. Then come c3s1 to the channels of the trunk, bilinear resizing
    to its size, and a sigmoid.

    Args:
        filters: int, f.
        channels: int, channels of the trunk's features.
        normalization: see `normalization_layer`.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (B, H, W, f) float, H and W at least 4.
        size: (2,) int tensor, h and w of the trunk's features.

    Returns:
        (B, h, w, channels) float32 in (0, 1).
    """

    def __init__(
        self,
        filters,
        channels,
        *,
        normalization="instance",
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.channels = channels
        self.normalization = normalization
        self.kernel_initializer = kernel_initializer
        self.convolutions = [
            Convolution(
                width,
                kernel,
                strides=strides,
                padding=1,
                kernel_initializer=kernel_initializer,
            )
            for width, kernel, strides in (
                (2 * filters, 4, 2),
                (4 * filters, 4, 2),
                (4 * filters, 3, 1),
                (channels, 3, 1),
            )
        ]
        self.norms = [normalization_layer(normalization) for _ in range(3)]

    def build(self, input_shape):
        build_chain(self.convolutions, self.norms, input_shape[-1])
        self.built = True

    def call(self, inputs, size):
        outputs = inputs
        for layer, norm in zip(self.convolutions[:-1], self.norms, strict=True):
            outputs = leaky_relu(norm(layer(outputs)))
        logits = self.convolutions[-1](outputs)
        logits = exact(logits)
        resized = tf.image.resize(logits, size, "bilinear")
        return tf.sigmoid(tf.cast(resized, logits.dtype))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
