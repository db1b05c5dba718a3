"""CUT: unpaired translation with a contrastive loss of patches."""

from typing import NamedTuple

import tensorflow as tf

from tfmask.layers import glorot_normal_initializer
from tfmask.losses import lsgan_discriminator, lsgan_generator, patch_nce
from tfmask.methods.base import TranslationMethod, source_and_target
from tfmask.methods.cut import METHOD
from tfmask.methods.cut.networks import PatchProjection
from tfmask.methods.discriminator_first import DiscriminatorFirst
from tfmask.methods.players import Player, weighted
from tfmask.networks import PatchDiscriminator, ResNetGenerator, judge_pair
from tfmask.ops.change import change_map
from tfmask.ops.patches import random_order, vectors_at

# Numbers of the random streams. The places have one stream for each layer.
_FLIP, _PLACES = 70, 1000


class _Made(NamedTuple):
    """The tensors of one forward pass; B' is 2 B with `nce_identity`, else B.

    Attributes:
        real: (B, H, W, 3), images of the target.
        outputs: (B', H, W, 3), translations of the inputs and then of `real`.
        flipped: scalar bool; the mirrored images were translated. None: the
            options do not mirror images.
        keys: list of (B', h, w, C), features of the translated images, not
            mirrored.
    """

    real: tf.Tensor
    outputs: tf.Tensor
    flipped: tf.Tensor | None
    keys: list


class CUT(DiscriminatorFirst, TranslationMethod):
    """A generator, a discriminator, a contrast of patches (Park et al. 2020).

    Code and paper: `generator` is G. Its `encoder` is G_enc. `projection` has
    the H_l. `discriminator` is D. `adversarial` and `discriminator` are the
    players' parts of Eq. (1) in its least-squares form. `nce` is
    L_PatchNCE(G, H, X), Eq. (4), divided by the number of layers.
    `nce_identity` is L_PatchNCE(G, H, Y), divided in the same way.

    There is one direction, `config.direction`.

    Args:
        config: `CUTConfig`.
        **kwargs: see `TranslationMethod`.

    Differs from the paper, as the authors' code does: the loss is the mean over
    the layers, and `nce` and `nce_identity` each have half of `nce_weight`.
    Differs from the authors' code: the keys come from the forward pass of the
    generator. Their code computes them again. The patches of the identity are
    at the places of the other patches.
    """

    spec = METHOD
    players = {
        "generator": Player(("generator", "projection")),
        "discriminator": Player(("discriminator",), optimizer="discriminator"),
    }

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        common = {
            "kernel_initializer": glorot_normal_initializer(
                config.initializer_gain
            )
        }
        convolutional = {
            "normalization": config.normalization,
            "antialias": config.antialias,
            **common,
        }
        self.generator = ResNetGenerator(
            filters=config.filters,
            blocks=config.blocks,
            upsampling=config.upsampling,
            **convolutional,
        )
        self.projection = PatchProjection(
            self.generator.encoder.feature_channels(config.nce_layers),
            units=config.projection_units,
            **common,
        )
        self.discriminator = PatchDiscriminator(
            filters=config.discriminator_filters,
            strided_layers=config.discriminator_layers,
            **convolutional,
        )
        self.build_networks()

    @property
    def directions(self):
        return (self.config.direction,)

    def made_of(self, batch, training):
        """See `_Made`."""
        source, target = source_and_target(self.config.direction)
        inputs, real = batch[source]["image"], batch[target]["image"]
        if self.config.nce_identity:
            inputs = tf.concat([inputs, real], axis=0)
        layers, flipped = self.config.nce_layers, self._flipped(training)
        outputs, keys = self.generator.with_features(
            _mirrored(inputs, flipped), layers
        )
        if flipped is not None:
            # The features of a mirrored image are not the mirrored features.
            keys = tf.cond(
                flipped, lambda: self._features(inputs), lambda: keys
            )
        return _Made(real, outputs, flipped, keys)

    def _flipped(self, training):
        """Whether this step mirrors its inputs, a scalar bool; None: never."""
        if not self.config.flip_equivariance or not training:
            return None
        seed = [self.seed + _FLIP, self.step]
        return tf.random.stateless_uniform([], seed) < 0.5

    def _features(self, images):
        """The outputs of `nce_layers`. Later layers are not computed."""
        layers = self.config.nce_layers
        return self.generator.encoder.with_features(
            images, layers, stop=layers[-1]
        )[1]

    def player_losses(self, players, forward):
        terms = {
            "discriminator": self._discriminator_terms,
            "generator": self._generator_terms,
        }
        return {player: weighted(terms[player](forward)) for player in players}

    def _discriminator_terms(self, forward):
        def discriminator():
            fake = self._fake(forward)
            pair = judge_pair(self.discriminator, forward.real, fake)
            return lsgan_discriminator(*(judged.scores for judged in pair))

        return {"discriminator": (discriminator, 1.0)}

    def _generator_terms(self, forward):
        config = self.config
        contrast, weight = self._contrast(forward), config.nce_weight
        terms = {
            "adversarial": (
                lambda: lsgan_generator(
                    self.discriminator(self._fake(forward)).scores
                ),
                config.adversarial_weight,
            )
        }
        if not config.nce_identity:
            return terms | {"nce": (lambda: contrast, weight)}
        contrast, same = tf.split(contrast, 2)
        return terms | {
            "nce": (lambda: contrast, weight / 2),
            "nce_identity": (lambda: same, weight / 2),
        }

    def _fake(self, forward):
        """(B, H, W, 3), the translations of the inputs only."""
        if not self.config.nce_identity:
            return forward.outputs
        return tf.split(forward.outputs, 2)[0]

    def _contrast(self, forward):
        """(B',), the contrastive loss of patches, a mean over the layers."""
        queries = [
            _mirrored(features, forward.flipped)
            for features in self._features(forward.outputs)
        ]
        orders = [
            random_order(
                features.shape[1] * features.shape[2],
                [self.seed + _PLACES + number, self.step],
            )
            for number, features in enumerate(queries)
        ]
        sampled = [
            self.projection(
                [
                    vectors_at(maps, order, self.config.patches)
                    for maps, order in zip(features, orders, strict=True)
                ]
            )
            for features in (queries, forward.keys)
        ]
        layers = [
            patch_nce(*pair, self.config.temperature)
            for pair in zip(*sampled, strict=True)
        ]
        return tf.add_n(layers) / len(layers)

    def images_to_show(self, batch):
        """Input, size of the change and translation."""
        source, target = source_and_target(self.config.direction)
        image = batch[source]["image"]
        answer = self.translate({"image": image})
        return {
            f"real_{source}": image,
            f"mask_{source}": answer["mask"],
            f"fake_{target}": answer["image"],
        }

    def translate(self, inputs, direction=None):
        """The inference path.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: the only one of `directions`.

        Returns:
            dict with `image` (B, H, W, 3) float32 in [-1, 1] and `mask`
            (B, H, W, 1) float32 in [0, 1], the normalised change.
        """
        image = inputs["image"]
        translated = self.generator(image)
        return {"image": translated, "mask": change_map(image, translated)}


def _mirrored(images, flipped):
    """(B, H, W, C) mirrored left to right if a scalar bool is True."""
    if flipped is None:
        return images
    return tf.where(flipped, tf.reverse(images, [2]), images)
