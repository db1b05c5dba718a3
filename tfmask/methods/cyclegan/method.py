"""CycleGAN: unpaired translation with cycle consistency."""

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import l1, lsgan_discriminator, lsgan_generator
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.cyclegan import METHOD
from tfmask.methods.players import Term, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import PatchDiscriminator, ResNetGenerator
from tfmask.ops.change import change_map


class CycleGAN(TwoDomains, TranslationMethod):
    """Two generators and two discriminators (Zhu et al. 2017).

    Code and paper: `generator_a_to_b` is G. `generator_b_to_a` is F.
    `discriminator_a` is D_X. `discriminator_b` is D_Y. `cycle_a` and `cycle_b`
    are the terms of Eq. (2). `identity_a` and `identity_b` are the terms of
    section 5.2. `adversarial_b` is L_GAN(G, D_Y) in its least-squares form.

    Args:
        config: `CycleGANConfig`.
        **kwargs: see `TranslationMethod`.

    Differs from the paper: identity terms are on, as in both official codes.
    Differs from the authors' code: generators and discriminators learn from one
    forward pass. This gives the same gradients, because in their code neither
    player sees the new weights of the other in a step.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.make_networks()
        self.build_networks()
        self.make_pools(config.pool_size, 3)

    def make_networks(self):
        """Makes all networks as attributes. A subclass can have more."""
        config = self.config
        discriminator = {
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "spectral_normalization": (
                config.discriminator_spectral_normalization
            ),
            **self.common,
        }
        self.generator_a_to_b = self.make_generator()
        self.generator_b_to_a = self.make_generator()
        self.discriminator_a = PatchDiscriminator(**discriminator)
        self.discriminator_b = PatchDiscriminator(**discriminator)

    @property
    def common(self):
        """Arguments of all networks."""
        return {
            "normalization": self.config.normalization,
            "affine": self.config.affine_normalization,
            "kernel_initializer": normal_initializer(
                self.config.initializer_stddev
            ),
        }

    def make_generator(self, **parts):
        """A new generator. A subclass can have another kind, image to image.

        Args:
            **parts: further arguments of `ResNetGenerator`.
        """
        return ResNetGenerator(
            filters=self.config.filters,
            blocks=self.config.blocks,
            upsampling=self.config.upsampling,
            **self.common,
            **parts,
        )

    @property
    def views(self):
        return self.config.discriminator_views

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        losses = {player: {} for player in players}
        fake, same = {}, {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            generator = self.networks[f"generator_{direction}"]
            if self.config.identity_weight:
                # One call for both gives the same values with larger
                # convolutions.
                both = tf.concat([real[source], real[target]], axis=0)
                fake[target], same[target] = tf.split(generator(both), 2)
            else:
                fake[target] = generator(real[source])
        if "generator" in players:
            for direction in DIRECTIONS:
                losses["generator"] |= self._generator_terms(
                    direction, real, fake, same, training
                )
        if "discriminator" in players:
            losses["discriminator"] = self.discriminator_terms(
                real, fake, training
            )
        return losses

    def discriminator_terms(self, real, fake, training):
        """dict of name to `Term` of both discriminators.

        Args:
            real: dict of domain to (B, H, W, 3) float in [-1, 1].
            fake: dict of the same form, translations to the domain.
            training: bool.
        """
        terms = {}
        for domain in ("a", "b"):
            judged = self.judge_pair(
                domain, real[domain], fake[domain], training
            )
            loss = lsgan_discriminator(*(j.scores for j in judged))
            terms[f"discriminator_{domain}"] = Term(tf.reduce_mean(loss), 1.0)
        return terms

    def _generator_terms(self, direction, real, fake, same, training):
        source, target = source_and_target(direction)
        back = self.networks[f"generator_{target}_to_{source}"]
        translated, config = fake[target], self.config
        return weighted(
            {
                f"adversarial_{target}": (
                    lambda: lsgan_generator(
                        self.judge(
                            target, self.viewed(translated, training)
                        ).scores
                    ),
                    config.adversarial_weight,
                ),
                f"cycle_{source}": (
                    lambda: l1(back(translated), real[source]),
                    config.cycle_weight,
                ),
                f"identity_{target}": (
                    lambda: l1(same[target], real[target]),
                    config.identity_weight,
                ),
            }
        )

    def translate(self, inputs, direction="a_to_b"):
        image = inputs["image"]
        translated = self.networks[f"generator_{direction}"](image)
        return {"image": translated, "mask": change_map(image, translated)}
