"""AttentionGAN's generator: contents, attention maps and their blend."""

import keras
import tensorflow as tf

from tfmask.networks.resnet_parts import ResNetDecoder, ResNetEncoder
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class AttentionDecoder(ResNetDecoder):
    """Features to scores of attention maps: `ResNetDecoder` without tanh.

    Args:
        widths: (int, int), channels of the two upsampling layers.
        **kwargs: see `ResNetDecoder`; `channels` is the number of maps.

    Call arguments:
        features: (B, H, W, C) float.

    Returns:
        (B, 4H, 4W, channels) float32, unbounded.
    """

    def call(self, features):
        outputs = features
        for layer, norm in zip(self.upsamplings, self.norms, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        return exact(self.last(outputs))


@keras.saving.register_keras_serializable(package="tfmask")
class AttentionGenerator(keras.Model):
    """Image to image: several contents, blended by attention maps.

    There are one encoder (c7s1-f, c3s2-2f, c3s2-4f, `blocks` residual blocks)
    and two decoders of two upsampling layers each. One decoder ends in a 7x7
    convolution and tanh and paints the contents C. The other ends in a 1x1
    convolution and a softmax over the maps A. The last map keeps the input x:

    `y = sum over i < maps of A_i * C_i + A_maps * x`

    Args:
        filters: int, f.
        blocks: int, residual blocks.
        maps: int, number of attention maps, 2 or more.
        copy_input: bool. False: the last map also has a painted content.
        upsampling: "transposed" or "resize" (nearest x2, then a 3x3
            convolution; no checkerboard).
        normalization: see `normalization_layer`.
        affine: bool; instance normalisation learns a scale and an offset.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H, W, 3) float32 in [-1, 1]: y of `parts`.

    Paper: Tang et al. 2021, its second scheme.
    Differs from the paper: no. From the authors' code: it returns 30
    tensors.

    Examples:
        >>> network = AttentionGenerator(filters=4, blocks=1)
        >>> network(np.zeros((1, 16, 16, 3), "float32")).shape.as_list()
        [1, 16, 16, 3]
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=9,
        maps=10,
        copy_input=True,
        upsampling="transposed",
        normalization="instance",
        affine=False,
        kernel_initializer=None,
        **kwargs,
    ):
        # `call` gets the image unchanged, not in half precision.
        super().__init__(**{"autocast": False, **kwargs})
        self.filters = filters
        self.blocks = blocks
        self.maps = maps
        self.copy_input = copy_input
        self.upsampling = upsampling
        self.normalization = normalization
        self.affine = affine
        self.kernel_initializer = kernel_initializer

        common = {
            "normalization": normalization,
            "affine": affine,
            "kernel_initializer": kernel_initializer,
        }
        decoder = {
            "widths": (2 * filters, filters),
            "upsampling": upsampling,
            **common,
        }
        self.encoder = ResNetEncoder(filters=filters, blocks=blocks, **common)
        self.content_decoder = ResNetDecoder(
            channels=3 * (maps - copy_input), **decoder
        )
        self.attention_decoder = AttentionDecoder(
            channels=maps, last_kernel=1, **decoder
        )

    def build(self, input_shape):
        self.encoder.build(input_shape)
        features = (None, None, None, 4 * self.filters)
        self.content_decoder.build(features)
        self.attention_decoder.build(features)
        self.built = True

    def call(self, image):
        return self.parts(image)[0]

    def parts(self, image, region=None):
        """The blend and what it is made of.

        Args:
            image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.
            region: (B, H, W, 1) float in [0, 1]. It replaces one minus the last
                map. The other maps share it in the same way as their own sum.

        Returns:
            y: (B, H, W, 3) float32 in [-1, 1].
            attention: (B, H, W, maps) float32 in [0, 1], of sum 1.
            contents: (B, H, W, 3 * maps) float32 in [-1, 1], one image after
                the other. If the input is copied, it is the last.
        """
        features = self.encoder(image)
        contents = self.content_decoder(features)
        # This is always in float32, so copied pixels do not change at all.
        image = tf.cast(image, contents.dtype)
        if self.copy_input:
            contents = tf.concat([contents, image], axis=-1)
        scores = self.attention_decoder(features)
        if region is None:
            attention = tf.nn.softmax(scores)
        else:
            foreground = region * tf.nn.softmax(scores[..., :-1])
            attention = tf.concat([foreground, 1.0 - region], axis=-1)
        shares = tf.split(attention, self.maps, axis=-1)
        images = tf.split(contents, self.maps, axis=-1)
        blend = tf.add_n(
            [share * image for share, image in zip(shares, images, strict=True)]
        )
        return blend, attention, contents

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
