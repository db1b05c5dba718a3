"""Attention-GAN: CycleGAN with small and consistent masks."""

import tensorflow as tf

from tfmask.layers import (
    attention_composite,
    normal_initializer,
    xavier_initializer,
)
from tfmask.losses import l1, lsgan_generator, mask_area
from tfmask.methods.base import DIRECTIONS, source_and_target
from tfmask.methods.chen_attention_gan import METHOD
from tfmask.methods.chen_attention_gan.networks import AbsoluteAttention
from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.mask_lessons import MaskLessons
from tfmask.methods.players import Player, weighted


class ChenAttentionGAN(MaskLessons, CycleGAN):
    """Generators, attention networks and discriminators, two of each.

    Code and paper: `generator_a_to_b` is T_X. `attention_a` is A_X.
    `discriminator_b` is D_Y. The translation y' of x is
    `A_X(x) * T_X(x) + (1 - A_X(x)) * x`. `sparsity_a` is the mean of A_X(x).
    `consistency_a` is the mean of `|A_Y(y') - A_X(x)|`, where no gradient
    reaches A_X(x). Discriminators see whole images.

    Args:
        config: `ChenAttentionGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: Chen et al. 2018, ECCV, and its code.
    Differs from the paper: networks learn from given masks in `MaskLessons`.
    docs/methods/chen_attention_gan.md says how it differs from the authors'
    code.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.make_own_masks()

    @property
    def common(self):
        config = self.config
        initializer = (
            xavier_initializer()
            if config.initializer == "xavier"
            else normal_initializer(config.initializer_stddev)
        )
        return {**super().common, "kernel_initializer": initializer}

    def make_networks(self):
        super().make_networks()
        self.attention_a = self._attention_network()
        self.attention_b = self._attention_network()

    def _attention_network(self):
        return AbsoluteAttention(
            filters=self.config.attention_filters,
            blocks=self.config.attention_blocks,
            upsampling=self.config.upsampling,
            **self.common,
        )

    @property
    def players(self):
        two = CycleGAN.players
        attention = ("attention_a", "attention_b")
        generators = (*two["generator"].networks, *attention)
        return (
            two
            | {"generator": Player(generators)}
            | self.lesson_players(*attention)
        )

    def phase_at(self, step):
        """The phase of the lessons. There are no other phases."""
        return self.lesson_phase(step)

    @property
    def frozen(self):
        if "after" in self.phase and not self.config.lesson_weight:
            return ("attention_a", "attention_b")
        return ()

    def attend(self, image, domain):
        """The attention map of an image of a domain.

        Args:
            image: (B, H, W, 3) float in [-1, 1].
            domain: "a" or "b", the domain that the image is in now.

        Returns:
            (B, H, W, 1) float32 in [0, 1].
        """
        return self.networks[f"attention_{domain}"](image)

    def lesson_loss(self, mask, region):
        if self.config.lesson_loss == "l1":
            return l1(mask, region)
        return super().lesson_loss(mask, region)

    def game_losses(self, batch, players, training):
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        attention, fake, losses = {}, {}, {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            attention[source] = self.attend(real[source], source)
            fake[target] = self._composite(
                real[source], attention[source], direction
            )
        if "generator" in players:
            losses["generator"] = {}
            for direction in DIRECTIONS:
                losses["generator"] |= self._blend_terms(
                    direction, real, fake, attention, training
                )
        if "discriminator" in players:
            losses["discriminator"] = self.discriminator_terms(
                real, fake, training
            )
        return losses

    def _composite(self, image, attention, direction):
        generated = self.networks[f"generator_{direction}"](image)
        return attention_composite(generated, image, attention)

    def _blend_terms(self, direction, real, fake, attention, training):
        source, target = source_and_target(direction)
        translated, config = fake[target], self.config
        attention_there = self.attend(translated, target)
        generator = self.networks[f"generator_{direction}"]
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
                    lambda: l1(
                        self._composite(
                            translated, attention_there, f"{target}_to_{source}"
                        ),
                        real[source],
                    ),
                    config.cycle_weight,
                ),
                f"identity_{target}": (
                    lambda: l1(generator(real[target]), real[target]),
                    config.identity_weight,
                ),
                f"sparsity_{source}": (
                    lambda: mask_area(attention[source]),
                    config.sparsity_weight,
                ),
                f"consistency_{source}": (
                    lambda: l1(
                        attention_there, tf.stop_gradient(attention[source])
                    ),
                    config.consistency_weight,
                ),
            }
        )

    def translate(self, inputs, direction="a_to_b"):
        """See `TranslationMethod`; `mask` in the inputs replaces ours."""
        image, mask = inputs["image"], inputs.get("mask")
        if mask is None:
            mask = self.attend(image, direction[0])
        return {"image": self._composite(image, mask, direction), "mask": mask}
