"""GuideGAN on unpaired images: CycleGAN, guided by its discriminators."""

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import l1, lsgan_generator
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.guidance import Guidance
from tfmask.methods.guidegan import METHOD
from tfmask.networks import ResNetGenerator


class GuideGAN(Guidance, TranslationMethod):
    """Generators that are told where the discriminators look.

    Code and paper: `generator_a_to_b` is G_X, `discriminator_b` is D_Y,
    `memory_a` has the A(G_X(x)) of every x; `adversarial_b` is L_GAN(G_X,
    D_Y) of Eq. (7), `cycle_a` is the first half of Eq. (10).

    Args:
        config: `GuideGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: see `Guidance`.
    Differs from the paper: the map of the way back is our choice (it does
    not say).
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
        for network in self.networks.values():
            network.build((None, *self.image_size, 3))
        self.make_pools(config.pool_size, 3)
        self.make_memories("memory_a", "memory_b")
        if config.cycle_attention == "memory":
            self.make_memories("cycle_memory_a", "cycle_memory_b")
        self.built = True

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
        """The output alone (Eq. 7)."""
        return output

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        guides, fake, scores, seen = {}, {}, {}, {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            fake[target], guides[source] = self.guided(direction, batch[source])
            # One pass for the generators' loss, the way back, the memory.
            _, judge = self.players_of(direction)
            scores[target], seen[target] = judge(fake[target])
            if training and self.config.attention_mode == "memory":
                self.remember(f"memory_{source}", batch[source], seen[target])
        losses = {player: {} for player in players}
        if "generator" in players:
            losses["generator"] = {
                f"adversarial_{domain}": tf.reduce_mean(
                    lsgan_generator(scores[domain])
                )
                for domain in ("a", "b")
            }
            if self.config.cycle_weight:
                losses["generator"] |= {
                    f"cycle_{source}": self._cycle_term(
                        *(source, batch[source], fake[target]),
                        *(guides[source], seen[target]),
                        training,
                    )
                    for source, target in ("ab", "ba")
                }
        if "discriminator" in players:
            losses["discriminator"] = {
                f"discriminator_{domain}": self._judged_fakes(
                    domain, real[domain], fake[domain], training
                )
                for domain in ("a", "b")
            }
        return losses

    def _cycle_term(self, source, examples, fake, guide, seen, training):
        """There and back again (Eq. 10).

        Args:
            source: "a" or "b", the domain that is come back to.
            examples: dict, its batch.
            fake: (B, H, W, 3), their translations.
            guide: (B, H, W, 1), the map that guided those.
            seen: (B, h, w, 1), the map of those.
            training: bool.
        """
        kind, name = self.config.cycle_attention, f"cycle_memory_{source}"
        if kind == "memory":
            guide = self.recall(name, examples)
        elif kind == "fresh":
            guide = seen
        elif kind == "ones":
            guide = tf.ones_like(guide)
        target = "b" if source == "a" else "a"
        back, judge = self.players_of(f"{target}_to_{source}")
        cycled = back(fake, guide)
        if kind == "memory" and training:
            self.remember(name, examples, judge.attend(cycled))
        return tf.reduce_mean(l1(cycled, examples["image"]))

    def _judged_fakes(self, domain, real, fake, training):
        """The discriminator's term, perhaps on fakes of older steps."""
        fake = tf.stop_gradient(fake)
        if training:
            fake = self.pools[f"pool_{domain}"].query(fake, self.step)
        judge = self.networks[f"discriminator_{domain}"]
        return self.discriminator_term(judge, real, fake)
