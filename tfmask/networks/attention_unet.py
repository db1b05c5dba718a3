"""A U-Net that finds the mask: fine edges by skip connections."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    UpsamplingConvolution,
    normalization_layer,
)
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class AttentionUNet(keras.Model):
    """Image to a soft map of what should be translated.

    Every level has two 3x3 convolutions with f, 2f, 4f, ... channels. They are
    normalised and followed by ReLU. 2x2 maximum pooling leads to the next
    level. On the way up, each level has nearest upsampling and a 3x3
    convolution. Then the features of the level are added as channels, and
    another 3x3 convolution follows. At the end there are a 1x1 convolution and
    a sigmoid.

    Args:
        filters: int, f.
        levels: int, number of image sizes, 2 or more.
        normalization: see `normalization_layer`.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 2 to the
            power of `levels - 1`.

    Returns:
        (B, H, W, 1) float32 in (0, 1).

    Raises:
        ValueError: `levels` is below 2.

    Paper: the U-Net of Ronneberger et al. 2015, padded and normalised.
    Differs from the papers of the methods: the papers have no skip connections.

    Examples:
        >>> network = AttentionUNet(filters=2, levels=2)
        >>> network(np.zeros((1, 8, 16, 3), "float32")).shape.as_list()
        [1, 8, 16, 1]
    """

    def __init__(
        self,
        *,
        filters=16,
        levels=4,
        normalization="instance",
        affine=True,
        gamma_stddev=0.0,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if levels < 2:
            raise ValueError(f"`levels` must be 2 or more. Got: {levels}")
        self.filters = filters
        self.levels = levels
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer

        def layers(kind, count):
            return [
                kind(
                    width,
                    3,
                    padding=1,
                    padding_mode="reflect",
                    kernel_initializer=kernel_initializer,
                )
                for width in widths[:count]
            ]

        def norms(count):
            return [
                normalization_layer(
                    normalization, affine=affine, gamma_stddev=gamma_stddev
                )
                for _ in range(count)
            ]

        widths = [filters * 2**level for level in range(levels)]
        self.first, self.first_norms = (
            layers(Convolution, levels),
            norms(levels),
        )
        self.second = layers(Convolution, levels)
        self.second_norms = norms(levels)
        upwards = levels - 1
        self.up = layers(UpsamplingConvolution, upwards)
        self.up_norms = norms(upwards)
        self.merge = layers(Convolution, upwards)
        self.merge_norms = norms(upwards)
        self.last = Convolution(1, 1, kernel_initializer=kernel_initializer)

    def build(self, input_shape):
        def build(layer, norm, channels):
            layer.build((None, None, None, channels))
            norm.build((None, None, None, layer.filters))
            return layer.filters

        channels = input_shape[-1]
        for level in range(self.levels):
            channels = build(
                self.first[level], self.first_norms[level], channels
            )
            build(self.second[level], self.second_norms[level], channels)
        for level in reversed(range(self.levels - 1)):
            channels = build(self.up[level], self.up_norms[level], channels)
            build(self.merge[level], self.merge_norms[level], 2 * channels)
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, image):
        outputs, skipped = image, []
        for level in range(self.levels):
            if level:
                skipped.append(outputs)
                outputs = tf.nn.max_pool2d(outputs, 2, 2, "VALID")
            for layers, norms in (
                (self.first, self.first_norms),
                (self.second, self.second_norms),
            ):
                outputs = tf.nn.relu(norms[level](layers[level](outputs)))
        for level in reversed(range(self.levels - 1)):
            outputs = self.up[level](outputs)
            outputs = tf.nn.relu(self.up_norms[level](outputs))
            outputs = tf.concat([skipped.pop(), outputs], axis=-1)
            outputs = self.merge[level](outputs)
            outputs = tf.nn.relu(self.merge_norms[level](outputs))
        return tf.sigmoid(exact(self.last(outputs)))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
