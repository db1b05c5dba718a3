"""GuideGAN on unpaired images: CycleGAN, guided by its discriminators."""

from functools import partial

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import l1, lsgan_discriminator, lsgan_generator
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.guidance import Guidance
from tfmask.methods.guidegan import METHOD
from tfmask.methods.players import Term, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import ResNetGenerator


class GuideGAN(Guidance, TwoDomains, TranslationMethod):
    """Generators see where the discriminators look.

    Code and paper: `generator_a_to_b` is G_X. `discriminator_b` is D_Y.
    `memory_a` has the A(G_X(x)) of every x. `adversarial_b` is L_GAN(G_X, D_Y)
    of Eq. (7). `cycle_a` is the first half of Eq. (10).

    Args:
        config: `GuideGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: see `Guidance`.
    Differs from the paper: the paper does not say which map guides the way back
    of the cycle. This is our choice.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        common = {
            "normalization": config.normalization,
            "kernel_initializer": normal_initializer(config.initializer_stddev),
        }
        self.generator_a_to_b = self._generator(common)
        self.generator_b_to_a = self._generator(common)
        self.discriminator_a = self.guiding_discriminator(**common)
        self.discriminator_b = self.guiding_discriminator(**common)
        self.build_networks()
        self.make_pools(config.pool_size, 3)
        self.make_memories("memory_a", "memory_b")
        if config.cycle_attention == "memory":
            self.make_memories("cycle_memory_a", "cycle_memory_b")

    def _generator(self, common):
        return self.guided_generator(
            ResNetGenerator(
                filters=self.config.filters,
                blocks=self.config.blocks,
                upsampling=self.config.upsampling,
                **common,
            )
        )

    def players_of(self, direction):
        _, target = source_and_target(direction)
        return (
            self.networks[f"generator_{direction}"],
            self.networks[f"discriminator_{target}"],
        )

    def judged(self, image, output):
        """The output without the input (Eq. 7)."""
        return output

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        guides, fake, judged = {}, {}, {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            fake[target], guides[source] = self.guided(direction, batch[source])
            # The generators' loss, the way back and the memory use this pass.
            judged[target] = self.judge(target, fake[target])
            if training and self.config.attention_mode == "memory":
                self.remember(
                    f"memory_{source}", batch[source], judged[target].attention
                )
        losses = {}
        if "generator" in players:
            losses["generator"] = weighted(
                {
                    f"adversarial_{domain}": (
                        partial(lsgan_generator, judged[domain].scores),
                        self.config.adversarial_weight,
                    )
                    for domain in ("a", "b")
                }
                | {
                    f"cycle_{source}": (
                        partial(
                            self._cycle,
                            source,
                            batch[source],
                            fake[target],
                            guides[source],
                            judged[target].attention,
                            training,
                        ),
                        self.config.cycle_weight,
                    )
                    for source, target in ("ab", "ba")
                }
            )
        if "discriminator" in players:
            losses["discriminator"] = {}
            for domain in ("a", "b"):
                pair = self.judge_pair(
                    domain, real[domain], fake[domain], training
                )
                loss = lsgan_discriminator(*(j.scores for j in pair))
                losses["discriminator"][f"discriminator_{domain}"] = Term(
                    tf.reduce_mean(loss), 1.0
                )
        return losses

    def judge(self, domain, image, training=False):
        return self.networks[f"discriminator_{domain}"](image)

    def _cycle(self, source, examples, fake, guide, attention, training):
        """(B,) cycle loss (Eq. 10).

        Args:
            source: "a" or "b", the domain of the way back.
            examples: dict, its batch.
            fake: (B, H, W, 3), their translations.
            guide: (B, H, W, 1), the map that guided these translations.
            attention: (B, h, w, 1), the map of these translations.
            training: bool.
        """
        kind, name = self.config.cycle_attention, f"cycle_memory_{source}"
        if kind == "memory":
            guide = self.recall(name, examples)
        elif kind == "fresh":
            guide = attention
        elif kind == "ones":
            guide = tf.ones_like(guide)
        target = "b" if source == "a" else "a"
        back, judge = self.players_of(f"{target}_to_{source}")
        cycled = back(fake, guide)
        if kind == "memory" and training:
            self.remember(name, examples, judge.attend(cycled))
        return l1(cycled, examples["image"])
