"""GuideGAN: the discriminator's attention guides the generator."""

import tensorflow as tf

from tfmask.layers import AttentionMemory, normal_initializer
from tfmask.losses import l1, lsgan_discriminator, lsgan_generator
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.networks import (
    GuidedGenerator,
    GuidingDiscriminator,
    ResNetGenerator,
)
from tfmask.ops.errors import UserError
from tfmask.ops.soft_masks import upsampled


class GuideGAN(TranslationMethod):
    """Generators that are told where the discriminators look.

    A generator translates `x (+) M`. M is where the other domain's
    discriminator looked at the translation of x when x was last visited
    (Eq. 1), ones at the first time. A discriminator's pass over a
    translation gives both its scores and the map that is remembered, keyed
    by the image's `index`.

    Code and paper: `generator_a_to_b` is G_X, `discriminator_b` is D_Y,
    `memory_a` has the A(G_X(x)) of every x; `adversarial_b` is L_GAN(G_X,
    D_Y) of Eq. (7), `cycle_a` is the first half of Eq. (10).

    Every map is a constant: no loss of a generator reaches a discriminator
    through it.

    Args:
        config: `GuideGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: "Attention-based spatial guidance for image-to-image
    translation", ICLR 2020 submission; no code is public.
    Differs from the paper: old maps are moved to the new crop and flip; the
    map of the way back and the number of steps at inference are our choice
    (it is silent on them); the discriminators' loss is halved and not
    multiplied by 10, which Adam does not notice.
    """

    mask_kind = "discriminator_attention"
    mask_inputs = ("mask",)

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        common = {
            "normalization": config.normalization,
            "kernel_initializer": normal_initializer(config.initializer_stddev),
        }
        self.generator_a_to_b = self._generator(common)
        self.generator_b_to_a = self._generator(common)
        discriminator = {
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "attention": config.attention,
            "minmax_ram": config.minmax_ram,
            **common,
        }
        self.discriminator_a = GuidingDiscriminator(**discriminator)
        self.discriminator_b = GuidingDiscriminator(**discriminator)
        for network in self.networks.values():
            network.build((None, *self.image_size, 3))
        self.make_pools(config.pool_size, 3)
        if config.attention_mode == "memory":
            self._make_memories()
        self.built = True

    def _generator(self, common):
        config = self.config
        return GuidedGenerator(
            ResNetGenerator(
                filters=config.filters,
                blocks=config.blocks,
                upsampling=config.upsampling,
                **common,
            ),
            transfer=config.transfer,
            learnable_alpha=config.learnable_alpha,
        )

    def _make_memories(self):
        """One record an image; none where the images are not known."""
        size = self.discriminator_a.attention_size(self.image_size)
        counts = zip(("a", "b"), self.config.memory_images, strict=False)
        for domain, count in counts:
            name = f"memory_{domain}"
            setattr(self, name, AttentionMemory(count, size, name=name))
            if self.config.cycle_attention == "memory":
                name = f"cycle_{name}"
                setattr(self, name, AttentionMemory(count, size, name=name))

    @property
    def memories(self):
        names = ("memory_a", "memory_b", "cycle_memory_a", "cycle_memory_b")
        return {
            name: getattr(self, name) for name in names if name in vars(self)
        }

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        guides, fake, scores, seen = {}, {}, {}, {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            fake[target], guides[source] = self._guided(
                direction, batch[source]
            )
            # One pass for the generators' loss, the way back, the memory.
            judge = self.networks[f"discriminator_{target}"]
            scores[target], seen[target] = judge(fake[target])
            if training and self.config.attention_mode == "memory":
                self._remember(f"memory_{source}", batch[source], seen[target])
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
                f"discriminator_{domain}": self._discriminator_term(
                    domain, real[domain], fake[domain], training
                )
                for domain in ("a", "b")
            }
        return losses

    def _guided(self, direction, examples):
        """The translation of a training step, and the map that guided it."""
        if self.config.attention_mode == "inner":
            return self._steps(examples["image"], direction, 1)[-1]
        source, _ = source_and_target(direction)
        guide = self._recall(f"memory_{source}", examples)
        generator = self.networks[f"generator_{direction}"]
        return generator(examples["image"], guide), guide

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
            guide = self._recall(name, examples)
        elif kind == "fresh":
            guide = seen
        elif kind == "ones":
            guide = tf.ones_like(guide)
        target = "b" if source == "a" else "a"
        back = self.networks[f"generator_{target}_to_{source}"]
        cycled = back(fake, guide)
        if kind == "memory" and training:
            judge = self.networks[f"discriminator_{source}"]
            self._remember(name, examples, judge.attend(cycled))
        return tf.reduce_mean(l1(cycled, examples["image"]))

    def _discriminator_term(self, domain, real, fake, training):
        judge = self.networks[f"discriminator_{domain}"]
        fake = tf.stop_gradient(fake)
        if training:
            fake = self.pools[f"pool_{domain}"].query(fake, self.step)
        scores, _ = judge(tf.concat([real, fake], axis=0))
        return tf.reduce_mean(lsgan_discriminator(*tf.split(scores, 2)))

    def _recall(self, name, examples):
        """The maps of a memory for a batch of a domain: (B, H, W, 1)."""
        return self._memory(name, examples).read(
            examples["index"],
            examples["window"],
            self.image_size,
            align=self.config.align_attention,
        )

    def _remember(self, name, examples, maps):
        """Keeps the maps of a batch's translations for the next visit."""
        self._memory(name, examples).write(
            examples["index"], examples["window"], maps
        )

    def _memory(self, name, examples):
        if name not in self.memories:
            raise UserError(
                "GuideGAN remembers the attention of every training image: "
                "`memory_images` must be their numbers in a and b. Got: "
                f"{self.config.memory_images}. `attention_mode` inner needs "
                "no memory."
            )
        missing = [key for key in ("index", "window") if key not in examples]
        if missing:
            raise UserError(
                "GuideGAN remembers the attention of every training image by "
                "its `index` and `window`, as data_pipelines gives them. "
                f"Missing: {', '.join(missing)}. Got: "
                f"{', '.join(sorted(examples))}. `attention_mode` inner needs "
                "neither."
            )
        return self.memories[name]

    def _steps(self, image, direction, count):
        """The recursion of inference: translate, look, translate again.

        Args:
            image: (B, H, W, 3) float in [-1, 1].
            direction: "a_to_b" or "b_to_a".
            count: int, how often the discriminator looks.

        Returns:
            list of `count + 1` pairs of a translation (B, H, W, 3) and the
            map (B, H, W, 1) that guided it; the first map is ones.
        """
        _, target = source_and_target(direction)
        generator = self.networks[f"generator_{direction}"]
        judge = self.networks[f"discriminator_{target}"]
        guide = tf.ones_like(image[..., :1], tf.float32)
        made = [(generator(image, guide), guide)]
        for _ in range(count):
            guide = upsampled(judge.attend(made[-1][0]), image)
            made.append((generator(image, guide), guide))
        return made

    def translate(self, inputs, direction="a_to_b"):
        """See `TranslationMethod`; `mask` in the inputs guides instead of D.

        Returns:
            dict with `image`, the translation of the last step, and `mask`,
            the attention that guided it; ones where there are no steps.
        """
        image, mask = inputs["image"], inputs.get("mask")
        if mask is not None:
            generator = self.networks[f"generator_{direction}"]
            return {"image": generator(image, mask), "mask": mask}
        count = self.config.attention_steps
        translated, guide = self._steps(image, direction, count)[-1]
        return {"image": translated, "mask": guide}

    def all_steps(self, inputs, direction="a_to_b"):
        """What guidance changes: every step of `translate`.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: "a_to_b" or "b_to_a".

        Returns:
            dict with `images` (B, K, H, W, 3) and `masks` (B, K, H, W, 1),
            K = `attention_steps` + 1: the translations, and the attention
            that guided each; the first is ones, no guidance.
        """
        count = self.config.attention_steps
        made = self._steps(inputs["image"], direction, count)
        return {
            "images": tf.stack([image for image, _ in made], axis=1),
            "masks": tf.stack([guide for _, guide in made], axis=1),
        }

    def images_to_show(self, batch):
        """See `TranslationMethod`; `unguided_b` is the first step's image."""
        shown = super().images_to_show(batch)
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            image = batch[source]["image"]
            translated, _ = self._steps(image, direction, 0)[0]
            shown[f"unguided_{target}"] = translated
        return shown
