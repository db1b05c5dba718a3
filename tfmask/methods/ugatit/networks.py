"""U-GAT-IT's networks: class activations inside of both players."""

import keras
import tensorflow as tf

from tfmask.layers import (
    Convolution,
    LayerInstanceNormalization,
    ResidualBlock,
    UpsamplingConvolution,
    leaky_relu,
)
from tfmask.networks import Judgement
from tfmask.networks.resnet_parts import ResNetEncoder
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact, mean_over, sum_over


@keras.saving.register_keras_serializable(package="tfmask")
class ClassActivation(keras.layers.Layer):
    """Features weighted by what a classifier on them looks at.

    There are two linear classifiers without bias. One sees the means of the
    features over the image, the other sees their maxima. Each gives a logit.
    The features are multiplied by the weights of each classifier. Both results,
    side by side, go through a 1x1 convolution.

    Args:
        filters: int, channels of the features and of the result.
        slope: float, of the leaky ReLU at the end; 0 is ReLU.
        normalized: bool; the classifiers' weights are divided by their
            largest singular value, the length of the only row. The features are
            multiplied by the weights before this division, as in the authors'
            code.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        features: (B, H, W, filters) float.

    Returns:
        ((B, H, W, filters) float, (B, 2) float32 logits).

    Paper: Kim et al. 2020 (U-GAT-IT), section 2.1. Differs from the paper:
    no. From the authors' TensorFlow code: it has one classifier with a bias for
    means and maxima.
    """

    def __init__(
        self,
        filters,
        *,
        slope=0.0,
        normalized=False,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.slope = slope
        self.normalized = normalized
        self.kernel_initializer = kernel_initializer
        self.mix = Convolution(
            filters, 1, kernel_initializer=kernel_initializer
        )

    def build(self, input_shape):
        for name in ("of_means", "of_maxima"):
            weight = self.add_weight(
                name=name,
                shape=(self.filters,),
                initializer=keras.initializers.get(self.mix.kernel_initializer),
            )
            setattr(self, name, weight)
        self.mix.build((*input_shape[:-1], 2 * self.filters))
        self.built = True

    def call(self, features):
        pooled = (
            mean_over(features, (2, 1)),
            tf.reduce_max(exact(features), axis=(1, 2)),
        )
        logits, looks = [], []
        for values, own in zip(
            pooled, (self.of_means, self.of_maxima), strict=True
        ):
            weight = exact(own)
            looks.append(features * tf.cast(weight, features.dtype))
            if self.normalized:
                weight /= tf.norm(weight)
            logits.append(tf.linalg.matvec(values, weight))
        mixed = self.mix(tf.concat(looks, axis=-1))
        return leaky_relu(mixed, self.slope), tf.stack(logits, axis=-1)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class ActivationGenerator(keras.Model):
    """Image to image, with attention to what tells its domain.

    CycleGAN's encoder, `ClassActivation`, residual blocks whose
    normalisation gets scale and offset from the attended features (AdaLIN),
    and two nearest upsamplings with 3x3 convolutions. All padding is by
    reflection; only the attention's 1x1 convolution has a bias.

    Args:
        filters: int, f.
        blocks: int, residual blocks on either side of the attention.
        light: bool; scale and offset come from the features' means.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1]; H and W multiples of 4.

    Returns:
        (B, H, W, 3) float32 in (-1, 1).

    Raises:
        UserError: it is built without a size. A network that is not light needs
            a size.

    Paper: Kim et al. 2020, section 2.1. Differs from the paper: no. From the
    authors' code: images may have another size than the built one. Their
    features are resized (bilinear) for scale and offset, except if the network
    is light.
    """

    def __init__(
        self,
        *,
        filters=64,
        blocks=4,
        light=False,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.blocks = blocks
        self.light = light
        self.kernel_initializer = kernel_initializer
        options = {
            "use_bias": False,
            "padding_mode": "reflect",
            "kernel_initializer": kernel_initializer,
        }
        self.encoder = ResNetEncoder(
            filters=filters,
            blocks=blocks,
            strided_padding_mode="reflect",
            **options,
        )
        width = 4 * filters
        self.attention = ClassActivation(
            width, kernel_initializer=kernel_initializer
        )
        self.hidden = [self._dense() for _ in range(2)]
        self.scale, self.offset = self._dense(), self._dense()
        self.residual_blocks = [
            ResidualBlock(width, normalization="adalin", **options)
            for _ in range(blocks)
        ]
        self.upsamplings = [
            UpsamplingConvolution(filters * 2**number, 3, padding=1, **options)
            for number in (1, 0)
        ]
        self.norms = [LayerInstanceNormalization() for _ in range(2)]
        self.last = Convolution(3, 7, padding=3, **options)
        self.map_size = None

    def _dense(self):
        return keras.layers.Dense(
            4 * self.filters,
            use_bias=False,
            kernel_initializer=keras.initializers.get(
                self.kernel_initializer or self.attention.mix.kernel_initializer
            ),
        )

    def build(self, input_shape):
        _, height, width, _ = input_shape
        channels = 4 * self.filters
        self.encoder.build(input_shape)
        self.attention.build((None, None, None, channels))
        first = channels
        if not self.light:
            if None in (height, width):
                raise UserError(
                    "U-GAT-IT's full generator needs the size of its images. "
                    f"Got: {height}x{width}."
                )
            self.map_size = (height // 4, width // 4)
            first = channels * self.map_size[0] * self.map_size[1]
        for layer, size in zip(self.hidden, (first, channels), strict=True):
            layer.build((None, size))
        for layer in (self.scale, self.offset):
            layer.build((None, channels))
        for block in self.residual_blocks:
            block.build((None, None, None, channels))
        for layer, norm in zip(self.upsamplings, self.norms, strict=True):
            layer.build((None, None, None, channels))
            channels = layer.filters
            norm.build((None, None, None, channels))
        self.last.build((None, None, None, channels))
        self.built = True

    @property
    def mixtures(self):
        """The variables that must stay in [0, 1], one for each AdaLIN, LIN."""
        adaptive = [
            norm
            for block in self.residual_blocks
            for norm in (block.first_norm, block.second_norm)
        ]
        return [norm.rho for norm in (*adaptive, *self.norms)]

    def _modulation(self, features):
        """Scale and offset, (B, 4f) each."""
        if self.light:
            codes = mean_over(features, (2, 1))
        else:
            if features.shape[1:3] != self.map_size:
                features = tf.image.resize(features, self.map_size)
            size = self.hidden[0].kernel.shape[0]
            codes = tf.reshape(features, [-1, size])
        for layer in self.hidden:
            codes = tf.nn.relu(layer(codes))
        return self.scale(codes), self.offset(codes)

    def parts(self, image):
        """The generator's output for an image: translation and heat map.

        Args:
            image: see the call.

        Returns:
            (image (B, H, W, 3) float32 in (-1, 1), logits (B, 2) float32
            above 0 for the domain that it translates from, heat map
            (B, H/4, W/4, 1) float32, 0 or more).
        """
        outputs, logits = self.attention(self.encoder(image))
        heat = sum_over(outputs, (3,), keepdims=True)
        scale, offset = self._modulation(outputs)
        for block in self.residual_blocks:
            outputs = block(outputs, modulation=((scale, offset),) * 2)
        for layer, norm in zip(self.upsamplings, self.norms, strict=True):
            outputs = tf.nn.relu(norm(layer(outputs)))
        return tf.tanh(exact(self.last(outputs))), logits, heat

    def call(self, image):
        return self.parts(image)[0]

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class ActivationDiscriminator(keras.Model):
    """Scores patches, with attention to what tells real from translated.

    4x4 convolutions with spectral normalisation, padding by reflection and
    leaky ReLU 0.2: `strided_layers` of stride 2 to f, 2f, 4f, ... channels,
    one of stride 1; then `ClassActivation` and a 4x4 convolution to the
    score.

    Args:
        filters: int, f.
        strided_layers: int, 1 or more: 3 see small patches, 5 large ones.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        training: bool; power iterations run only in training.

    Returns:
        `Judgement` with one map of scores. Its `logits` (B, 2) are those of the
        class activation. They are above 0 for real images.

    Raises:
        UserError: the network is built on images that are too small for a
            score.

    Paper: Kim et al. 2020, section 2.2. Differs from the authors' PyTorch
    code: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        strided_layers=3,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.kernel_initializer = kernel_initializer
        options = {
            "padding": 1,
            "padding_mode": "reflect",
            "spectral_normalization": True,
            "kernel_initializer": kernel_initializer,
        }
        self.convolutions = [
            Convolution(
                filters * 2**number,
                4,
                strides=2 if number < strided_layers else 1,
                **options,
            )
            for number in range(strided_layers + 1)
        ]
        self.attention = ClassActivation(
            filters * 2**strided_layers,
            slope=0.2,
            normalized=True,
            kernel_initializer=kernel_initializer,
        )
        self.last = Convolution(1, 4, use_bias=False, **options)

    def build(self, input_shape):
        _, height, width, channels = input_shape
        smallest = 3 * 2**self.strided_layers
        if min(height or smallest, width or smallest) < smallest:
            raise UserError(
                f"A discriminator of {self.strided_layers} strided layers "
                f"needs images of at least {smallest} pixels a side. Got: "
                f"{height}x{width}. Take larger images or fewer layers."
            )
        for layer in self.convolutions:
            layer.build((None, None, None, channels))
            channels = layer.filters
        self.attention.build((None, None, None, channels))
        self.last.build((None, None, None, channels))
        self.built = True

    def call(self, image, training=False):
        outputs = image
        for layer in self.convolutions:
            outputs = leaky_relu(layer(outputs, training=training))
        outputs, logits = self.attention(outputs)
        scores = self.last(outputs, training=training)
        return Judgement([exact(scores)], logits=logits)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
