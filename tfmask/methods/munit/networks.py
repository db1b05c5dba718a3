"""MUNIT's auto-encoder of one domain."""

import keras
import tensorflow as tf

from tfmask.layers import StyleLayers
from tfmask.networks import ContentDecoder, ContentEncoder, ImageStyleEncoder
from tfmask.ops.arguments import constructor_arguments


@keras.saving.register_keras_serializable(package="tfmask")
class StyleAutoencoder(keras.Model):
    """Content and style of an image, and an image from both.

    The residual blocks of the decoder take the scale and offset of all their
    normalisations (AdaIN) from the style. The style goes through `StyleLayers`
    once for all of them.

    Args:
        filters: int, f; contents have 4f channels.
        blocks: int, residual blocks of the content encoder, and of the
            decoder.
        style_size: int, S.
        style_hidden: int, width of `StyleLayers`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4, and 16
            or more.

    Returns:
        (B, H, W, 3) float32 in (-1, 1): the image, decoded with its own
        style.

    Paper: Huang et al. 2018, section 5.1 and appendix B.
    Differs from the paper: no. From the authors' code: no.

    Examples:
        >>> network = StyleAutoencoder(filters=2, blocks=1)
        >>> image = np.zeros((1, 16, 16, 3), "float32")
        >>> [x.shape.as_list() for x in network.encode(image)]
        [[1, 4, 4, 8], [1, 8]]
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=4,
        style_size=8,
        style_hidden=256,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.style_size = style_size
        self.style_hidden = style_hidden
        self.content_encoder = ContentEncoder(
            filters=filters, blocks=blocks, affine=False
        )
        self.style_encoder = ImageStyleEncoder(filters=filters, size=style_size)
        # There is a pair for each of the two normalisations of a block.
        self.style_layers = StyleLayers(
            2 * 2 * blocks * 4 * filters, hidden=style_hidden
        )
        self.decoder = ContentDecoder(
            filters=filters, blocks=blocks, normalization="adain"
        )

    def build(self, input_shape):
        self.content_encoder.build(input_shape)
        self.style_encoder.build(input_shape)
        self.style_layers.build((None, self.style_size))
        self.decoder.build((None, None, None, 4 * self.filters))
        self.built = True

    def call(self, image):
        return self.decode(*self.encode(image))

    def encode(self, image):
        """(B, H/4, W/4, 4f) content and (B, S) style of an image."""
        return self.content_encoder(image), self.style_encoder(image)

    def decode(self, content, style):
        """An image of content and style.

        Args:
            content: (B, h, w, 4f) float, of either domain.
            style: (B, S) float, of this network's domain.

        Returns:
            (B, 4h, 4w, 3) float32 in (-1, 1).
        """
        return self.decoder(content, self.modulations(style))

    def modulations(self, style):
        """Scales and offsets of each block by a style, see `ResidualBlock`.

        Args:
            style: (B, S) float.

        Returns:
            list of `blocks` times two (scale, offset), (B, 4f) each.
        """
        values = tf.reshape(
            self.style_layers(style),
            [-1, self.blocks, 2, 2, 4 * self.filters],
        )
        return [
            [tuple(tf.unstack(norm, axis=1))[::-1] for norm in norms]
            for norms in (
                tf.unstack(block, axis=1)
                for block in tf.unstack(values, axis=1)
            )
        ]

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
