"""GuideGAN, Eq. (1): the discriminator's attention guides the generator."""

import tensorflow as tf

from tfmask.layers import AttentionMemory
from tfmask.methods.base import source_and_target
from tfmask.networks import GuidedGenerator, GuidingDiscriminator
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact
from tfmask.ops.soft_masks import upsampled

_MEMORIES = ("memory_a", "memory_b", "cycle_memory_a", "cycle_memory_b")


class Guidance:
    """GuideGAN's part of a method of unpaired or paired images.

    A class must inherit from it before the other classes. The generator
    translates an image x together with a map M (Eq. 1). M shows where the
    discriminator looked at the translation of x in the last step with x. In the
    first step with x, M is 1 everywhere. One pass of the discriminator gives
    its scores and the map. The map is remembered by the image's `index`.

    Every map is a constant. So the loss of a generator does not reach a
    discriminator through it.

    The other class makes its networks with `guided_generator` and
    `guiding_discriminator`, then its memories. It defines
    `players_of(direction)`, which returns a generator and a discriminator. It
    defines `judged(image, output)`, which returns the discriminator's input for
    an image and its translation. Its config has `GuidanceOptions`.

    Paper: "Attention-based spatial guidance for image-to-image
    translation", ICLR 2020 submission. There is no public code.
    Differs from the paper: old maps are moved to the new crop and flip. The
    number of steps at inference is our choice. The paper says nothing about
    these two. The discriminators' loss is halved and not multiplied by 10.
    With Adam this makes no difference.
    """

    def guided_generator(self, generator):
        """Adds guidance to a generator, as the config says; not built yet."""
        return GuidedGenerator(
            generator,
            transfer=self.config.transfer,
            learnable_alpha=self.config.learnable_alpha,
        )

    def guiding_discriminator(self, **more):
        """A discriminator with attention, as the config says; not built yet.

        Args:
            **more: further arguments of `GuidingDiscriminator`.
        """
        return GuidingDiscriminator(
            filters=self.config.discriminator_filters,
            strided_layers=self.config.discriminator_layers,
            attention=self.config.attention,
            minmax_ram=self.config.minmax_ram,
            **more,
        )

    def make_memories(self, *names):
        """Makes memories with one map for each training image.

        It makes none if the number of images is not known.

        Args:
            *names: names of memories. The last letter is the images' domain.
        """
        if self.config.attention_mode != "memory":
            return
        _, judge = self.players_of(self.directions[0])
        size = judge.attention_size(self.image_size)
        counts = dict(zip("ab", self.config.memory_images, strict=False))
        for name in names:
            if counts:
                memory = AttentionMemory(counts[name[-1]], size, name=name)
                setattr(self, name, memory)

    @property
    def memories(self):
        return {
            name: getattr(self, name)
            for name in _MEMORIES
            if name in vars(self)
        }

    def guided(self, direction, examples, **options):
        """The translation of a training step, and the map that guided it.

        Args:
            direction: "a_to_b" or "b_to_a".
            examples: dict, a batch of the source domain.
            **options: options of the calls of the generator.

        Returns:
            (B, H, W, 3) translation and (B, H, W, 1) map.
        """
        if self.config.attention_mode == "inner":
            return self.recursion(examples["image"], direction, 1, **options)[1]
        generator, _ = self.players_of(direction)
        guide = self.recall(f"memory_{direction[0]}", examples)
        return generator(examples["image"], guide, **options), guide

    def recall(self, name, examples):
        """Reads the maps of a batch from a memory: (B, H, W, 1)."""
        return self._memory(name, examples).read(
            examples["index"],
            examples["window"],
            self.image_size,
            align=self.config.align_attention,
        )

    def remember(self, name, examples, maps):
        """Writes the maps of a batch's translations into a memory."""
        self._memory(name, examples).write(
            examples["index"], examples["window"], maps
        )

    def _memory(self, name, examples):
        if name not in self.memories:
            raise UserError(
                "GuideGAN remembers the attention of every training image: "
                "`memory_images` must be their numbers in a and b. Got: "
                f"{self.config.memory_images}. --method.attention-mode inner "
                "needs no memory."
            )
        missing = [key for key in ("index", "window") if key not in examples]
        if missing:
            raise UserError(
                "GuideGAN remembers the attention of every training image by "
                "its `index` and `window`, as data_pipelines gives them. "
                f"Missing: {', '.join(missing)}. Got: "
                f"{', '.join(sorted(examples))}. --method.attention-mode "
                "inner needs neither."
            )
        return self.memories[name]

    def recursion(self, image, direction, count, **options):
        """Translates an image, finds the attention, and translates it again.

        Args:
            image: (B, H, W, 3) float in [-1, 1].
            direction: "a_to_b" or "b_to_a".
            count: int, number of times that the discriminator looks.
            **options: options of the calls of the generator.

        Returns:
            list of `count + 1` pairs of a translation (B, H, W, 3) and the map
            (B, H, W, 1) that guided it. The first map is ones.
        """
        generator, judge = self.players_of(direction)
        guide = tf.ones_like(exact(image[..., :1]))
        rounds = [(generator(image, guide, **options), guide)]
        for _ in range(count):
            attention = judge.attend(self.judged(image, rounds[-1][0]))
            guide = upsampled(attention, image)
            rounds.append((generator(image, guide, **options), guide))
        return rounds

    def translate(self, inputs, direction=None):
        """See `TranslationMethod`. A `mask` in the inputs guides in place of D.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: one of `directions`; None is the first.

        Returns:
            dict with `image`, the translation of the last step, and `mask`, the
            attention that guided it. Without steps, `mask` is ones. With steps,
            there is also `step_change` (B, `attention_steps`) float32 in [0,
            2]. It is the largest change of the translation by each look,
            `max |y_k - y_(k-1)|`.
        """
        direction = direction or self.directions[0]
        image, mask = inputs["image"], inputs.get("mask")
        if mask is not None:
            generator, _ = self.players_of(direction)
            return {"image": generator(image, mask), "mask": mask}
        count = self.config.attention_steps
        rounds = self.recursion(image, direction, count)
        answer = dict(zip(("image", "mask"), rounds[-1], strict=True))
        if count:
            images = tf.stack([image for image, _ in rounds], axis=1)
            answer["step_change"] = tf.reduce_max(
                tf.abs(images[:, 1:] - images[:, :-1]), axis=(2, 3, 4)
            )
        return answer

    def all_steps(self, inputs, direction):
        """All steps of `translate`, each with the map that guides it.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: one of `directions`.

        Returns:
            dict with `images` (B, K, H, W, 3) and `masks` (B, K, H, W, 1),
            K = `attention_steps` + 1: the translations, and the attention that
            guided each. The first attention is ones: no guidance.
        """
        count = self.config.attention_steps
        rounds = self.recursion(inputs["image"], direction, count)
        return {
            "images": tf.stack([image for image, _ in rounds], axis=1),
            "masks": tf.stack([guide for _, guide in rounds], axis=1),
        }

    def images_to_show(self, batch):
        """The other class's images, and `unguided_b` of the first step."""
        shown = super().images_to_show(batch)
        for direction in self.directions:
            source, target = source_and_target(direction)
            image = batch[source]["image"]
            shown[f"unguided_{target}"], _ = self.recursion(
                image, direction, 0
            )[0]
        return shown
