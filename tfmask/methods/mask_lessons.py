"""Lessons for masks: from given masks, and from the method's own masks."""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfmask.layers import OwnMasks
from tfmask.losses import dice, mask_cross_entropy
from tfmask.methods.players import Player, Term
from tfmask.ops.augmentation import DRAWS, augmented
from tfmask.ops.distribution import replica_uniform

# Most pixels on a side of an own mask.
LARGEST_SIDE = 128
# Sentence about the mask if some masks were given.
TAUGHT = "The mask was learnt from true masks of some training images."


class Lessons(NamedTuple):
    """The batches of lessons that a phase learns from.

    Attributes:
        all_images: bool, see `ImageSet.lesson_batches`.
        alone: bool; the phase has no training images besides them.
    """

    all_images: bool
    alone: bool


class MaskLessons:
    """The lessons of a method of two domains.

    A class must inherit from it before the other classes. The other class, the
    host, defines `attend(image, domain)`, the mask of an image, and
    `game_losses`, its losses without lessons. Its config has `LessonOptions`.
    The host adds `lesson_players` to its players and `lesson_phase` to its
    phase, and calls `make_own_masks`.

    In the lessons, only the player `lessons` learns, from batches of
    `ImageSet.lesson_batches`. Before each round, training writes the masks of
    all images into `memories` (see `tfmask.training.own_masks`). If an image
    has a given mask, the networks learn from the given mask.

    Code: `lesson_a` is the sum of cross-entropy and Dice. It compares the mask
    of an augmented image with the wanted mask, augmented in the same way.

    Paper: none. Attention-GAN (Chen et al. 2018) has a supervised variant with
    given masks for all images.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        if config.given_masks:
            self.spec = dataclasses.replace(self.spec, mask=TAUGHT)

    def lesson_players(self, *networks):
        """dict of the player `lessons`; empty without lessons."""
        if not self.config.lesson_epochs:
            return {}
        return {"lessons": Player(networks, optimizer="lessons")}

    @property
    def rounds(self):
        if not self.config.lesson_epochs:
            return super().rounds
        return (*super().rounds, ("lessons",))

    @property
    def lesson_steps(self):
        """(first, end) of the lessons in steps; (0, 0) without lessons."""
        config = self.config
        if not config.lesson_epochs:
            return 0, 0
        start = config.first_lesson_epoch
        return self.steps_of(start), self.steps_of(start + config.lesson_epochs)

    @property
    def own_mask_steps(self):
        """Tuple of the steps before which the own masks are made.

        They divide the lessons into equal rounds. If masks are given, the first
        half of the lessons has only given masks, and the steps divide the
        second half.
        """
        first, end = self.lesson_steps
        if self.config.given_masks:
            first = (first + end) // 2
        rounds = self.config.own_mask_rounds
        return tuple(
            first + (end - first) * number // rounds for number in range(rounds)
        )

    def lesson_phase(self, step):
        """The lessons' part of the phase of a step.

        Returns:
            (): there are no lessons. Otherwise ("before",) or ("after",)
            outside of the lessons. In the lessons ("given",) if there are only
            given masks, or ("own", round from 1).
        """
        first, end = self.lesson_steps
        if first == end:
            return ()
        if step < first:
            return ("before",)
        if step >= end:
            return ("after",)
        number = sum(step >= start for start in self.own_mask_steps)
        return ("own", number) if number else ("given",)

    @property
    def in_lessons(self):
        """Whether only masks learn in this phase."""
        return "given" in self.phase or "own" in self.phase

    @property
    def stream(self):
        all_images = bool(self.own_mask_steps)
        if "given" in self.phase:
            return Lessons(all_images=False, alone=True)
        if "own" in self.phase:
            return Lessons(all_images=True, alone=True)
        if "after" in self.phase and self.config.lesson_weight:
            return Lessons(all_images=all_images, alone=False)
        return None

    @property
    def present_rounds(self):
        lessons = ("lessons",)
        if self.in_lessons:
            return (lessons,)
        return tuple(players for players in self.rounds if players != lessons)

    def make_own_masks(self):
        """Makes the memories if the options ask for own masks."""
        if not self.config.own_mask_rounds or not self.config.lesson_images:
            return
        size = [min(side, LARGEST_SIDE) for side in self.image_size]
        for domain, count in zip("ab", self.config.lesson_images, strict=True):
            name = f"own_masks_{domain}"
            setattr(self, name, OwnMasks(count, size, name=name))

    @property
    def memories(self):
        return {
            f"own_masks_{domain}": getattr(self, f"own_masks_{domain}")
            for domain in "ab"
            if f"own_masks_{domain}" in vars(self)
        }

    def lesson_loss(self, mask, region):
        """(B,) distance of masks from wanted masks. A host can override it.

        Args:
            mask: (B, H, W, 1) float in [0, 1].
            region: (B, H, W, 1) float in [0, 1], the wanted mask.
        """
        return mask_cross_entropy(mask, region) + dice(mask, region)

    def game_losses(self, batch, players, training):
        """As `compute_losses`, for all players except `lessons`."""
        raise NotImplementedError

    def compute_losses(self, batch, players=None, training=True):
        players = players or sum(self.present_rounds, ())
        others = [name for name in players if name != "lessons"]
        losses = {}
        if others:
            losses = self.game_losses(batch, others, training)
        if "lessons" in players:
            losses["lessons"] = self._lesson_terms(batch, 1.0)
        if "generator" in players and "lessons" in batch:
            losses["generator"] |= self._lesson_terms(
                batch["lessons"], self.config.lesson_weight
            )
        return losses

    def _lesson_terms(self, batch, weight):
        return {
            f"lesson_{domain}": Term(self._lesson(domain, examples), weight)
            for domain, examples in batch.items()
        }

    def _lesson(self, domain, examples):
        image, region = examples["image"], examples["region"]
        if self.memories:
            own = self.memories[f"own_masks_{domain}"]
            taught = examples["taught"][:, None, None, None]
            own = own.read(examples["index"], self.image_size)
            region = tf.where(taught > 0, region, tf.cast(own, region.dtype))
        offset = {"a": 30, "b": 31}[domain]
        seed = tf.stack([self.seed + offset, self.step])
        image, region = augmented(
            image, region, replica_uniform(image, seed, [DRAWS])
        )
        loss = self.lesson_loss(self.attend(image, domain), region)
        return tf.reduce_mean(loss)
