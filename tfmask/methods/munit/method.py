"""MUNIT: several translations of one image, by content and style."""

import functools
from typing import NamedTuple

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import (
    domain_invariant,
    l1,
    lsgan_discriminator,
    lsgan_generator,
)
from tfmask.methods.answers import answers_to_show, random_codes
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.munit import METHOD
from tfmask.methods.munit.features import GivenFeatures
from tfmask.methods.munit.networks import StyleAutoencoder
from tfmask.methods.players import Player, Term, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import MultiScaleDiscriminator
from tfmask.ops.change import change_map
from tfmask.ops.distribution import replica_normal
from tfmask.ops.precision import exact

# Random streams of styles: each round of a step has its own.
_STREAMS = {"discriminator": 50, "generator": 60}


class Views(NamedTuple):
    """The tensors of one domain in a generator's update, (B, ...) each.

    Attributes:
        image: its real images.
        content: their content.
        style: their style.
        drawn: the random style of the translations into it.
        same: the images, decoded with their own content and style.
        fake: the images of the other domain, translated into it.
    """

    image: tf.Tensor
    content: tf.Tensor
    style: tf.Tensor
    drawn: tf.Tensor
    same: tf.Tensor
    fake: tf.Tensor


class MUNIT(TwoDomains, TranslationMethod):
    """An auto-encoder and a multi-scale discriminator for each domain.

    The content of an image and a style of the other domain make a translation.
    In training the style is drawn from N(0, 1).

    Code and paper: `generator_a` is E_1^c, E_1^s and G_1. `generator_b` is the
    same for the second domain. `discriminator_a` and `discriminator_b` are D_1
    and D_2. `reconstruction_a` is L_recon^x1 of Eq. (1). `content_a` is
    L_recon^c1 of Eq. (2). `style_b` is L_recon^s2 of Eq. (3). `adversarial_b`
    is L_GAN^x2 of Eq. (4) in its least-squares form. `cycle_a` is the
    style-augmented cycle consistency, and `perceptual_b` the domain-invariant
    perceptual loss of section 5.1.

    Args:
        config: `MUNITConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: Huang et al. 2018. It does not differ from the paper.
    docs/methods/munit.md says how it differs from the authors' code.
    """

    spec = METHOD
    multiple = 16  # for the strides of the style encoder; others need 4
    players = {
        "discriminator": Player(
            ("discriminator_a", "discriminator_b"), optimizer="discriminator"
        ),
        "generator": Player(("generator_a", "generator_b")),
    }
    rounds = (("discriminator",), ("generator",))
    pools = {}

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        generator = {
            "filters": config.filters,
            "blocks": config.blocks,
            "style_size": config.style_size,
            "style_hidden": config.style_hidden,
        }
        discriminator = {
            "scales": config.discriminator_scales,
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "kernel_initializer": normal_initializer(),
        }
        self.generator_a = StyleAutoencoder(**generator)
        self.generator_b = StyleAutoencoder(**generator)
        self.discriminator_a = MultiScaleDiscriminator(**discriminator)
        self.discriminator_b = MultiScaleDiscriminator(**discriminator)
        self.build_networks()

    @property
    def views(self):
        return self.config.discriminator_views

    @functools.cached_property
    def features(self):
        """`GivenFeatures` of the perceptual loss, opened when it is used."""
        # This is outside of the graph of the step. Otherwise the graph would
        # own its variables.
        with tf.init_scope():
            return GivenFeatures(
                self.config.perceptual_features, self.image_size
            )

    def judge(self, domain, image, training=False):
        """See `TwoDomains`. These discriminators judge alike in training."""
        return self.networks[f"discriminator_{domain}"](image)

    def pooled(self, domain, fake, training, *query):
        """The fakes of this step. MUNIT has no pool of older ones."""
        return tf.stop_gradient(fake)

    def drawn_styles(self, player, images):
        """Random styles of a step.

        Args:
            player: the player of the round. Each player has its own styles.
            images: dict of domain to (B, H, W, 3).

        Returns:
            dict of domain to (B, S), the styles of its translations.
        """
        stream, size = self.seed + _STREAMS[player], self.config.style_size
        return {
            domain: replica_normal(
                exact(images[domain]),
                tf.stack([stream + number, self.step]),
                [size],
            )
            for number, domain in enumerate(("a", "b"))
        }

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        terms = {
            "discriminator": self._discriminator_terms,
            "generator": self._generator_terms,
        }
        return {
            player: terms[player](
                real, self.drawn_styles(player, real), training
            )
            for player in players
        }

    def _discriminator_terms(self, real, drawn, training):
        losses = {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            content = self.networks[f"generator_{source}"].content_encoder
            fake = self.networks[f"generator_{target}"].decode(
                content(real[source]), drawn[target]
            )
            judged = self.judge_pair(target, real[target], fake, training)
            loss = lsgan_discriminator(*(j.scores for j in judged))
            losses[f"discriminator_{target}"] = Term(
                # The official code does not halve this loss.
                tf.reduce_mean(loss),
                2.0 * self.config.adversarial_weight,
            )
        return losses

    def _generator_terms(self, real, drawn, training):
        codes = {
            domain: self.networks[f"generator_{domain}"].encode(real[domain])
            for domain in ("a", "b")
        }
        views = {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            content, style = codes[target]
            # One call for both gives the same values with larger convolutions.
            both = self.networks[f"generator_{target}"].decode(
                tf.concat([content, codes[source][0]], axis=0),
                tf.concat([style, tf.cast(drawn[target], style.dtype)], axis=0),
            )
            views[target] = Views(
                real[target], content, style, drawn[target], *tf.split(both, 2)
            )
        losses = {}
        for direction in DIRECTIONS:
            losses |= self._direction_terms(direction, views, training)
        return losses

    def _direction_terms(self, direction, views, training):
        """Terms of one direction, and of its source's reconstruction."""
        config = self.config
        source, target = source_and_target(direction)
        own, fake = views[source], views[target].fake
        network = self.networks[f"generator_{target}"]
        content, style = network.encode(fake)

        def cycled():
            back = self.networks[f"generator_{source}"]
            return back.decode(content, own.style)

        return weighted(
            {
                f"adversarial_{target}": (
                    lambda: lsgan_generator(
                        self.judge(target, self.viewed(fake, training)).scores
                    ),
                    config.adversarial_weight,
                ),
                f"reconstruction_{source}": (
                    lambda: l1(own.same, own.image),
                    config.reconstruction_weight,
                ),
                f"style_{target}": (
                    lambda: l1(style, views[target].drawn),
                    config.style_weight,
                ),
                f"content_{source}": (
                    lambda: l1(content, own.content),
                    config.content_weight,
                ),
                f"cycle_{source}": (
                    lambda: l1(cycled(), own.image),
                    config.cycle_weight,
                ),
                f"perceptual_{target}": (
                    lambda: domain_invariant(
                        self.features(fake), self.features(own.image)
                    ),
                    config.perceptual_weight,
                ),
            }
        )

    def translate(self, inputs, direction="a_to_b"):
        """An image's content in a style of the other domain.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1], sides
                multiples of 16; and perhaps `style_seed` (B,) int, the number
                of the random style (0 if it is missing), or `exemplar` (B, H',
                W', 3) float in [-1, 1] of the other domain, with sides of 16
                pixels or more. Then the result has its style.
            direction: "a_to_b" or "b_to_a".

        Returns:
            dict with `image` (B, H, W, 3) float32 in (-1, 1) and `mask`
            (B, H, W, 1) float32 in [0, 1], the normalised change.
        """
        source, target = source_and_target(direction)
        image, exemplar = inputs["image"], inputs.get("exemplar")
        network = self.networks[f"generator_{target}"]
        if exemplar is None:
            style = random_codes(inputs, self.config.style_size)
        else:
            style = network.style_encoder(exemplar)
        content = self.networks[f"generator_{source}"].content_encoder(image)
        translated = network.decode(content, style)
        return {"image": translated, "mask": change_map(image, translated)}

    def images_to_show(self, batch):
        return answers_to_show(self, batch)
