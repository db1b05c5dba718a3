"""DualGAN: dual learning of two translators by Wasserstein critics."""

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import (
    l1,
    l2,
    vanilla_discriminator,
    vanilla_generator,
    wasserstein_critic,
    wasserstein_generator,
)
from tfmask.methods.base import DIRECTIONS, source_and_target
from tfmask.methods.critic import CriticMethod
from tfmask.methods.dualgan import METHOD
from tfmask.methods.dualgan.networks import StridedCritic
from tfmask.methods.players import Player, clip_weights, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import UNetGenerator, judge_pair
from tfmask.ops.change import change_map

_RECOVERY = {"l1": l1, "l2": l2}
_DROPOUT = 60  # number of the first of four random streams


class DualGAN(TwoDomains, CriticMethod):
    """Two U-Nets and two critics (Yi et al. 2017).

    Code and paper: `generator_a_to_b` is G_A. `generator_b_to_a` is G_B. The
    network `discriminator_b` is D_A, which judges G_A's outputs, and
    `discriminator_a` is D_B. The term `discriminator_b` is Eq. (1).
    `recovery_a` and `adversarial_b` are the parts of Eq. (3).
    `recovery_weight` is lambda_U and lambda_V.

    In each step the critics learn. In one of `config.critic_steps` steps, the
    generators learn after them, on the same images. With `classic` the
    generators learn twice.

    Args:
        config: `DualGANConfig`.
        **kwargs: see `TranslationMethod`.

    Differs from the paper, as the official code does: by default there is a
    gradient penalty in place of clipped weights, and the critic judges the
    whole image. Differs from the official code: there is no dropout in
    `translate`. With `critic_steps` n the generators learn in the steps n, 2n,
    ... In the official code they learn one step earlier.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        stddev = config.initializer_stddev
        generator = {
            "filters": config.filters,
            "levels": config.levels,
            "dropout": config.dropout,
            "kernel_sizes": (5, 3),
            "normalize_innermost": True,
            "normalization": "instance",
            "affine": True,
            "epsilon": 1e-6,
            "gamma_stddev": stddev,
            "kernel_initializer": normal_initializer(stddev),
        }
        critic = {
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "patch": config.critic == "patch",
            "stddev": stddev,
        }
        self.generator_a_to_b = UNetGenerator(**generator)
        self.generator_b_to_a = UNetGenerator(**generator)
        self.discriminator_a = StridedCritic(**critic)
        self.discriminator_b = StridedCritic(**critic)
        self.build_networks()

    @property
    def rounds(self):
        twice = 2 if self.config.adversarial_loss == "classic" else 1
        return (("discriminator",), *(("generator",),) * twice)

    @property
    def players(self):
        config = self.config
        clipped = config.adversarial_loss == "wgan"
        return {
            "generator": Player(
                ("generator_a_to_b", "generator_b_to_a"),
                every=config.critic_steps,
            ),
            "discriminator": Player(
                ("discriminator_a", "discriminator_b"),
                optimizer="discriminator",
                after_update=clip_weights(config.clip) if clipped else None,
            ),
        }

    @property
    def multiple(self):
        return 2**self.config.levels

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        losses = {player: {} for player in players}
        for stream, direction in enumerate(DIRECTIONS):
            source, target = source_and_target(direction)
            image, real = batch[source]["image"], batch[target]["image"]
            there = self.networks[f"generator_{direction}"]
            fake = there(image, seed=self._dropped(stream, training))
            if "generator" in players:
                losses["generator"] |= self._generator_terms(
                    direction, image, fake, training
                )
            if "discriminator" in players:
                losses["discriminator"] |= self._critic_terms(
                    target, real, tf.stop_gradient(fake)
                )
        return losses

    def _critic_terms(self, target, real, fake):
        critic = self.networks[f"discriminator_{target}"]
        kind = self.config.adversarial_loss
        classic = kind == "classic"
        loss = vanilla_discriminator if classic else wasserstein_critic

        def discriminator():
            pair = judge_pair(critic, real, fake)
            return loss(*(judged.scores for judged in pair))

        stream = {"a": 0, "b": 1}[target]
        return weighted(
            {
                # The authors' cross-entropies are a sum, not a mean.
                f"discriminator_{target}": (
                    discriminator,
                    2.0 if classic else 1.0,
                ),
                f"penalty_{target}": (
                    lambda: self.smoothness(critic, real, fake, first=stream),
                    self.config.penalty_weight if kind == "wgan-gp" else 0.0,
                ),
            }
        )

    def _generator_terms(self, direction, image, fake, training):
        source, target = source_and_target(direction)
        config = self.config
        classic = config.adversarial_loss == "classic"
        loss = vanilla_generator if classic else wasserstein_generator
        recovery = _RECOVERY[config.recovery_loss]
        back = self.networks[f"generator_{target}_to_{source}"]
        stream = 2 + DIRECTIONS.index(direction)
        return weighted(
            {
                f"adversarial_{target}": (
                    lambda: loss(
                        self.networks[f"discriminator_{target}"](fake).scores
                    ),
                    1.0,
                ),
                f"recovery_{source}": (
                    lambda: recovery(
                        back(fake, seed=self._dropped(stream, training)), image
                    ),
                    config.recovery_weight,
                ),
            }
        )

    def _dropped(self, stream, training):
        """Seed of a generator's dropout; None without dropout."""
        if not training or not self.config.dropout:
            return None
        return tf.stack([self.seed + _DROPOUT + stream, self.step])

    def translate(self, inputs, direction="a_to_b"):
        image = inputs["image"]
        translated = self.networks[f"generator_{direction}"](image)
        return {"image": translated, "mask": change_map(image, translated)}
