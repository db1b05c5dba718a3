"""The residual attention module, and the units that it is made of."""

import keras
import tensorflow as tf

from tfmask.layers.attention_transfer import emphasized
from tfmask.layers.convolution import Convolution
from tfmask.layers.normalization import normalization_layer
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact
from tfmask.ops.soft_masks import upsampled


@keras.saving.register_keras_serializable(package="tfmask")
class BottleneckUnit(keras.layers.Layer):
    """A residual unit whose activations come before its convolutions.

    `y = x + c1-f(r(c3-f/4(r(c1-f/4(r(x))))))`. r is normalisation and ReLU.
    Convolutions have no bias. The normalisation has an offset.

    Args:
        filters: int, f: channels of input and output.
        normalization: see `normalization_layer`.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (B, H, W, filters) float.

    Returns:
        (B, H, W, filters) float.

    Paper: He et al. 2016, "Identity Mappings in Deep Residual Networks".
    """

    def __init__(
        self,
        filters,
        *,
        normalization="instance",
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.normalization = normalization
        self.kernel_initializer = kernel_initializer
        narrow = max(filters // 4, 1)
        self.norms = [
            normalization_layer(normalization, affine=True) for _ in range(3)
        ]
        self.convolutions = [
            Convolution(
                width,
                kernel,
                padding=kernel // 2,
                use_bias=False,
                kernel_initializer=kernel_initializer,
            )
            for width, kernel in ((narrow, 1), (narrow, 3), (filters, 1))
        ]

    def build(self, input_shape):
        channels = input_shape[-1]
        for norm, layer in zip(self.norms, self.convolutions, strict=True):
            norm.build((None, None, None, channels))
            layer.build((None, None, None, channels))
            channels = layer.filters
        self.built = True

    def call(self, inputs):
        outputs = inputs
        for norm, layer in zip(self.norms, self.convolutions, strict=True):
            outputs = layer(tf.nn.relu(norm(outputs)))
        return inputs + outputs

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class ResidualAttention(keras.layers.Layer):
    """Features, emphasised by a mask that is found in a coarser look at them.

    After one unit, there are two branches: the trunk T and the mask M. The
    trunk is two units. The mask branch goes down `levels` times. Each time it
    has a max-pooling of 3x3 and stride 2, and a unit. At the bottom there is
    one more unit. Then the branch goes up again. At each level it is resized
    bilinearly to the features of this level on the way down. These features
    pass through a unit and are added. A unit follows. At last the branch is
    resized to the size of the trunk. Then come normalisation, ReLU and c1, all
    this twice, and a sigmoid. The output is `emphasized(T, M)`, then one more
    unit.

    Every unit is a `BottleneckUnit`. In the paper's letters, p = 1, t = 2 and r
    = 1.

    Args:
        filters: int, channels of input and output.
        levels: int, number of poolings, 1 or more.
        normalization: see `normalization_layer`.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, H, W, filters) float, of any size.

    Returns:
        (B, H, W, filters) float.

    Raises:
        ValueError: `levels` is below 1.

    Paper: Wang et al. 2017, "Residual Attention Network for Image
    Classification", Eq. (3) and (4), its mixed attention.
    Differs from the paper and the authors' code: it has instance normalisation
    in place of batch normalisation. It resizes by the centres of pixels, not by
    their corners.
    """

    def __init__(
        self,
        filters,
        *,
        levels=3,
        normalization="instance",
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if levels < 1:
            raise ValueError(f"`levels` must be 1 or more. Got: {levels}")
        self.filters = filters
        self.levels = levels
        self.normalization = normalization
        self.kernel_initializer = kernel_initializer

        def units(count):
            return [
                BottleneckUnit(
                    filters,
                    normalization=normalization,
                    kernel_initializer=kernel_initializer,
                )
                for _ in range(count)
            ]

        (self.first,) = units(1)
        self.trunk = units(2)
        self.down = units(levels)
        (self.bottom,) = units(1)
        # These are the skips of the levels between bottom and trunk, the
        # largest first.
        self.skips = units(levels - 1)
        self.up = units(levels - 1)
        (self.last,) = units(1)
        self.score_norms = [
            normalization_layer(normalization, affine=True) for _ in range(2)
        ]
        self.scores = [
            Convolution(
                filters,
                1,
                use_bias=False,
                kernel_initializer=kernel_initializer,
            )
            for _ in range(2)
        ]

    def build(self, input_shape):
        shape = (None, None, None, self.filters)
        for layer in (
            self.first,
            *self.trunk,
            *self.down,
            self.bottom,
            *self.skips,
            *self.up,
            self.last,
            *self.score_norms,
            *self.scores,
        ):
            layer.build(shape)
        self.built = True

    def call(self, features):
        return self.last(emphasized(*self.parts(features)))

    def parts(self, features):
        """The trunk and the mask.

        Args:
            features: (B, H, W, filters) float.

        Returns:
            T: (B, H, W, filters) float.
            M: (B, H, W, filters) float in (0, 1), of T's dtype.
        """
        features = self.first(features)
        trunk = features
        for unit in self.trunk:
            trunk = unit(trunk)

        sizes, coarse = [], features
        for unit in self.down:
            sizes.append(coarse)
            # This is TensorFlow's padding. For even sides it is also Caffe's.
            coarse = unit(tf.nn.max_pool2d(coarse, 3, 2, "SAME"))
        coarse = self.bottom(coarse)
        for skip, unit in zip(
            reversed(self.skips), reversed(self.up), strict=True
        ):
            level = sizes.pop()
            coarse = unit(self._resized(coarse, level) + skip(level))
        mask = self._resized(coarse, trunk)
        for norm, layer in zip(self.score_norms, self.scores, strict=True):
            mask = layer(tf.nn.relu(norm(mask)))
        return trunk, tf.cast(tf.sigmoid(exact(mask)), trunk.dtype)

    def _resized(self, maps, like):
        # Resizing always gives float32.
        return tf.cast(upsampled(maps, like), like.dtype)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
