"""Mejjati et al. 2018: a learned attention map keeps the background."""

from functools import partial

import tensorflow as tf

from tfmask.layers import (
    attention_composite,
    kaiming_initializer,
    normal_initializer,
)
from tfmask.losses import (
    l1,
    lsgan_discriminator,
    lsgan_generator,
    mask_indecision,
    mask_variation,
)
from tfmask.methods.attention_guided import METHOD
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.mask_lessons import MaskLessons
from tfmask.methods.players import Player, Term, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import (
    AttentionNetwork,
    AttentionUNet,
    PatchDiscriminator,
    ResNetGenerator,
    judge_pair,
)
from tfmask.ops.precision import exact
from tfmask.ops.schedules import linear_ramp

# Channels of a pool's entry: composite, generated image, attention. They
# belong together: an old translation is masked with its own attention.
POOL_PARTS = (3, 3, 1)


class AttentionGuided(MaskLessons, TwoDomains, TranslationMethod):
    """Generators, attention networks and discriminators, two of each.

    Code and paper: `generator_a_to_b` is F_S->T. `attention_a` is A_S.
    `discriminator_b` is D_T. "generated" is F_S->T(s). "composite" is s' of
    Eq. (1). `adversarial_b` is Eq. (2) in its least-squares form; with masked
    images it is Eq. (7). `cycle_a` is Eq. (3). The masked image is Eq. (6).

    Training has two stages. The config says when the parts of the second stage
    begin. In the first stage, everything learns on whole images. In the second
    stage, the attention networks do not change (gradients still pass through
    them). The discriminators see only the foreground, without normalisation.

    Args:
        config: `AttentionGuidedConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: Mejjati et al. 2018, arXiv 1806.02311.
    Differs from the paper: the first stride of the attention network is 2.
    docs/methods/attention_guided.md says how it differs from the authors' code.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        common = {
            "normalization": config.normalization,
            "affine": True,
            "gamma_stddev": 0.02,
            "kernel_initializer": normal_initializer(
                config.initializer_stddev, truncated=True
            ),
        }
        generator = {
            "filters": config.filters,
            "blocks": config.blocks,
            "padding_mode": config.generator_padding,
            "alignment": "same",
            "last_kernel": config.generator_last_kernel,
            "activate_sum": True,
            "upsampling": config.upsampling,
            **common,
        }
        discriminator = {
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "padding": config.discriminator_padding,
            "normalize_first": True,
            "spectral_normalization": (
                config.discriminator_spectral_normalization
            ),
            **common,
        }
        self.generator_a_to_b = ResNetGenerator(**generator)
        self.generator_b_to_a = ResNetGenerator(**generator)
        self.attention_a = self.attention_b = None
        if config.use_attention_a:
            self.attention_a = self._attention_network(common)
        if config.one_attention:
            self.attention_b = self.attention_a
        elif config.use_attention_b:
            self.attention_b = self._attention_network(common)
        self.discriminator_a = PatchDiscriminator(**discriminator)
        self.discriminator_b = PatchDiscriminator(**discriminator)
        self.build_networks()
        self.make_pools(config.pool_size, sum(POOL_PARTS))
        self.make_own_masks()

    def _attention_network(self, common):
        config = self.config
        if config.attention_network == "unet":
            return AttentionUNet(
                filters=config.attention_filters,
                levels=config.attention_levels,
                **common | {"kernel_initializer": kaiming_initializer()},
            )
        paper = config.attention_decoder == "paper"
        return AttentionNetwork(
            filters=config.attention_filters,
            blocks=config.attention_blocks,
            decoder_kernels=(3, 3, 7) if paper else (1, 1, 1),
            **common,
        )

    @property
    def multiple(self):
        if self.config.attention_network == "unet":
            return max(4, 2 ** (self.config.attention_levels - 1))
        return 4

    @property
    def players(self):
        config = self.config
        own_b = config.use_attention_b and not config.one_attention
        used = {"attention_a": config.use_attention_a, "attention_b": own_b}
        attention = [name for name, there in used.items() if there]
        two = TwoDomains.players
        generators = (*two["generator"].networks, *attention)
        return (
            two
            | {"generator": Player(generators)}
            | self.lesson_players(*attention)
        )

    def phase_at(self, step):
        """(attention is frozen, discriminators are masked, part of lessons)."""
        frozen, masked = (
            epoch is not None and step >= self.steps_of(epoch)
            for epoch in (
                self.config.freeze_attention_epoch,
                self.config.masked_discriminator_epoch,
            )
        )
        lesson = self.lesson_phase(step)
        if lesson == ("after",):
            frozen, masked = not self.config.lesson_weight, True
        elif lesson and lesson != ("before",):
            frozen = False  # in all epochs
        return frozen, masked, *lesson

    @property
    def attention_frozen(self):
        return self.phase[0]

    @property
    def discriminator_masked(self):
        return self.phase[1]

    @property
    def frozen(self):
        return ("attention_a", "attention_b") if self.attention_frozen else ()

    def attend(self, image, domain):
        """The attention map of an image of a domain.

        Args:
            image: (B, H, W, 3) float in [-1, 1].
            domain: "a" or "b", the domain that the image is in now.

        Returns:
            (B, H, W, 1) float32 in (0, 1). It is ones if the domain has no
            attention network.
        """
        network = {"a": self.attention_a, "b": self.attention_b}[domain]
        if network is None:
            return tf.ones_like(exact(image[..., :1]))
        return network(image)

    def foreground(self, image, attention):
        """The part of an image that a masked discriminator sees (Eq. 6).

        Args:
            image: (B, H, W, 3) float in [-1, 1].
            attention: (B, H, W, 1) float in [0, 1].

        Returns:
            (B, H, W, 3) float32: the image if the attention is above the
            threshold, else 0. 0 is mid-grey. No gradient reaches the attention.
        """
        if self.config.threshold_inclusive:
            inside = attention >= self.config.threshold
        else:
            inside = attention > self.config.threshold
        return image * tf.cast(inside, image.dtype)

    def judge(self, domain, image, training=False):
        """Judges as this phase does: some phases have no normalisation."""
        normalize = not (
            self.discriminator_masked
            and self.config.discriminator_norm_off_when_masked
        )
        network = self.networks[f"discriminator_{domain}"]
        return network(image, normalize=normalize, training=training)

    @property
    def views(self):
        return self.config.discriminator_views

    def game_losses(self, batch, players, training):
        losses = {}
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        attention = {
            domain: self.attend(image, domain) for domain, image in real.items()
        }
        fakes = {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            generated = self.networks[f"generator_{direction}"](real[source])
            composite = attention_composite(
                generated, real[source], attention[source]
            )
            fakes[target] = (composite, generated, attention[source])
        if "generator" in players:
            losses["generator"] = weighted(
                {
                    f"cycle_{source}": (
                        partial(self._cycle, source, real, fakes[target]),
                        self.config.cycle_weight,
                    )
                    for source, target in ("ab", "ba")
                }
                | {
                    f"adversarial_{target}": (
                        partial(self._adversarial, target, fake, training),
                        self.config.adversarial_weight,
                    )
                    for target, fake in fakes.items()
                }
                | self._mask_terms(attention)
            )
        if "discriminator" in players:
            losses["discriminator"] = {
                f"discriminator_{target}": Term(
                    self._discriminator_loss(
                        target, real[target], attention[target], fake, training
                    ),
                    1.0,
                )
                for target, fake in fakes.items()
            }
        return losses

    def _mask_terms(self, attention):
        """Makers and weights of the terms that look only at the masks."""
        config = self.config
        if self.attention_frozen:
            return {}
        start = config.mask_terms_epoch
        ramp = linear_ramp(
            self.step, self.steps_of(start), self.steps_of(start + 0.5)
        )
        pixels = self.image_size[0] * self.image_size[1]
        return {
            f"{name}_{domain}": (partial(loss, mask), weight * ramp)
            for name, loss, weight in (
                ("indecision", mask_indecision, config.indecision_weight),
                (
                    "variation",
                    lambda mask: mask_variation(mask) / pixels,
                    config.variation_weight,
                ),
            )
            if weight
            for domain, mask in attention.items()
        }

    def _cycle(self, source, real, fake):
        """(B,) cycle loss (Eq. 3)."""
        target = "b" if source == "a" else "a"
        there, _, attention = fake
        back = self.networks[f"generator_{target}_to_{source}"](there)
        if self.config.cycle_attention != "reuse":
            attention = self.attend(there, target)
        return l1(attention_composite(back, there, attention), real[source])

    def _adversarial(self, domain, fake, training):
        viewed = self.viewed(self._view(*fake), training)
        return lsgan_generator(self.judge(domain, viewed).scores)

    def _view(self, composite, generated, attention):
        """The part of a translation that this phase's discriminator sees."""
        if not self.discriminator_masked:
            return composite
        shown = generated
        if self.config.masked_fake == "composite":
            shown = composite
        return self.foreground(shown, attention)

    def _discriminator_loss(self, domain, real, attention, fake, training):
        if self.discriminator_masked:
            real = self.foreground(real, attention)
        fake = self.pooled(domain, tf.concat(fake, axis=-1), training)
        fake = self._view(*tf.split(fake, POOL_PARTS, axis=-1))
        judged = judge_pair(
            partial(self.judge, domain, training=training),
            *(self.viewed(images, training) for images in (real, fake)),
        )
        return tf.reduce_mean(lsgan_discriminator(*(j.scores for j in judged)))

    def translate(self, inputs, direction="a_to_b"):
        """See `TranslationMethod`; `mask` in the inputs replaces ours.

        Returns:
            dict with `image`, `mask` and `generated`, the generator's whole
            image before the blend.
        """
        image = inputs["image"]
        source, _ = source_and_target(direction)
        mask = inputs.get("mask")
        if mask is None:
            mask = self.attend(image, source)
        generated = self.networks[f"generator_{direction}"](image)
        return {
            "image": attention_composite(generated, image, mask),
            "mask": mask,
            "generated": generated,
        }
