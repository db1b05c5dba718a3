"""The PatchGAN discriminator."""

import keras

from tfmask.layers import (
    Convolution,
    blur_pool,
    leaky_relu,
    normalization_layer,
    normalized,
)
from tfmask.networks.judgement import Judgement
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact


@keras.saving.register_keras_serializable(package="tfmask")
class PatchDiscriminator(keras.Model):
    """One score for every overlapping patch of an image.

    It has `strided_layers` strided 4x4 convolutions, one of stride 1, and a
    last one to a single channel. Between them is leaky ReLU 0.2. Channels
    double from `filters` up to eight times `filters`. 3 strided layers see
    70x70 pixels.

    Args:
        filters: int, channels of the first layer.
        strided_layers: int.
        padding: int, zeros on all four sides of every layer.
        antialias: bool; strided layers have stride 1, and their results are
            blurred and halved (`blur_pool`).
        normalize_first: bool; also normalise the first layer. Attention-guided
            translation does, CycleGAN does not.
        normalization: see `normalization_layer`; or "batch", whose layers
            come behind convolutions without a bias.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        spectral_normalization: bool, for every convolution.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, C) float.
        normalize: bool; False bypasses every normalisation layer
            (attention-guided, second stage).
        training: bool.
        parts: int, number of batches one after another in `image`. Batch
            normalisation keeps them apart.

    Returns:
        `Judgement` with one map of scores, (B, h, w, 1): 30x30 for 256x256
        with padding 1.

    Raises:
        UserError: the network is built on images that are too small for a
            score.

    Paper: CycleGAN, appendix 7.2; attention-guided, section 3.2.
    Differs from the papers: no.
    """

    def __init__(
        self,
        *,
        filters=64,
        strided_layers=3,
        padding=1,
        antialias=False,
        normalize_first=False,
        normalization="instance",
        affine=False,
        gamma_stddev=0.0,
        spectral_normalization=False,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.strided_layers = strided_layers
        self.padding = padding
        self.antialias = antialias
        self.normalize_first = normalize_first
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = kernel_initializer

        widths = [
            filters * min(2**level, 8) for level in range(strided_layers + 1)
        ]
        first_norm = 0 if normalize_first else 1
        self.convolutions = [
            Convolution(
                width,
                4,
                strides=2 if level < strided_layers and not antialias else 1,
                padding=padding,
                use_bias=(
                    normalization != "batch"
                    or not first_norm <= level <= strided_layers
                ),
                spectral_normalization=spectral_normalization,
                kernel_initializer=kernel_initializer,
            )
            for level, width in enumerate([*widths, 1])
        ]
        self.norms = [
            normalization_layer(
                normalization if level >= first_norm else "none",
                batch=True,
                affine=affine,
                gamma_stddev=gamma_stddev,
            )
            for level in range(strided_layers + 1)
        ]

    @property
    def smallest_side(self):
        """Side in pixels of the smallest image that gets a score."""
        side = 1
        for level, layer in reversed([*enumerate(self.convolutions)]):
            if self._blurs(level):
                side = max(2 * side - 1, 2)
            side = (side - 1) * layer.strides + 4 - 2 * self.padding
            side = max(side, 1)
        return side

    def feature_size(self, size):
        """(height, width) of `features` for images of a (height, width)."""
        for level, layer in enumerate(self.convolutions[:-1]):
            size = tuple(
                (side + 2 * self.padding - 4) // layer.strides + 1
                for side in size
            )
            if self._blurs(level):
                size = tuple((side + 1) // 2 for side in size)
        return size

    def _blurs(self, level):
        """Whether what a layer gives is blurred and halved."""
        return self.antialias and level < self.strided_layers

    def build(self, input_shape):
        _, height, width, channels = input_shape
        for side in (height, width):
            if side is not None and side < self.smallest_side:
                raise UserError(
                    f"A discriminator of {self.strided_layers} strided layers "
                    f"needs images of at least {self.smallest_side} pixels a "
                    f"side. Got: {height}x{width}. Take larger images or "
                    "fewer discriminator layers."
                )
        build_chain(self.convolutions, self.norms, channels)
        self.built = True

    def features(
        self,
        inputs,
        first=0,
        last=None,
        normalize=True,
        training=False,
        parts=1,
    ):
        """Runs the layers before the scores, or a part of them.

        Args:
            inputs: (B, H, W, C) float, the image or the result of an earlier
                part.
            first: int, layers that `inputs` went through already.
            last: int, layers that the result went through. None: all except the
                one that scores.
            normalize, training, parts: as in a call.

        Returns:
            (B, h, w, c) float, after the activation.
        """
        outputs = inputs
        layers = [*zip(self.convolutions[:-1], self.norms, strict=True)]
        for level in range(len(layers))[first:last]:
            layer, norm = layers[level]
            outputs = layer(outputs, training=training)
            if normalize:
                outputs = normalized(norm, outputs, parts)
            outputs = leaky_relu(outputs)
            if self._blurs(level):
                outputs = blur_pool(outputs)
        return outputs

    def score(self, features, training=False):
        """The last layer: `features` of all others to a `Judgement`."""
        scores = self.convolutions[-1](features, training=training)
        return Judgement([exact(scores)])

    def call(self, image, normalize=True, training=False, parts=1):
        features = self.features(
            image, normalize=normalize, training=training, parts=parts
        )
        return self.score(features, training=training)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


def build_chain(convolutions, norms, channels):
    """Builds layers that follow each other.

    Args:
        convolutions: list of `Convolution`.
        norms: list of layers. Each follows the convolution at its place. The
            last convolutions may have none.
        channels: int, channels of the inputs of the first one.
    """
    for position, layer in enumerate(convolutions):
        layer.build((None, None, None, channels))
        channels = layer.filters
        if position < len(norms):
            norms[position].build((None, None, None, channels))
