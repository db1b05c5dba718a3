"""InstaGAN's training: the images and masks of a domain between sub-steps."""

from typing import NamedTuple

import tensorflow as tf

from tfmask.ops import instances as sets


class Side(NamedTuple):
    """One domain's images on their way through the sub-steps.

    Attributes:
        original: (B, H, W, 3), the real images.
        masks: (B, K, H, W, 1), its instances in the order of the sub-steps.
        image: (B, H, W, 3), the result of the sub-steps so far.
        done: (B, K, H, W, 1), masks that are already translated, in their
            slots. Other slots are empty.
    """

    original: tf.Tensor
    masks: tf.Tensor
    image: tf.Tensor
    done: tf.Tensor


def first_side(examples, slots, most, *, merges, shuffle_seed):
    """`Side` of a domain before the first sub-step.

    Args:
        examples: dict with `image` (B, H, W, 3) float in [-1, 1] and
            `instances` (B, N, H, W, 1) float in [0, 1].
        slots: int, K, the number of slots of the result.
        most: int, only so many of the largest instances are taken.
        merges: bool, the union of all instances is the only one.
        shuffle_seed: (2,) seed of a random order. None: the largest ones come
            first.
    """
    image, masks = examples["image"], sets.signed(examples["instances"])
    if merges:
        masks = sets.merged(masks)
    largest = sets.largest(masks, most, shuffle_seed)
    masks = tf.ensure_shape(
        sets.with_slots(largest, slots),
        (image.shape[0], slots, *image.shape[1:3], 1),
    )
    return Side(image, masks, image, tf.zeros_like(masks) + sets.EMPTY)


def wanted_substeps(batch, substeps, per_step):
    """Counts the images that have an instance for each sub-step.

    Args:
        batch: dict of domain to examples, see `first_side`.
        substeps: int, M.
        per_step: int, instances of a sub-step.

    Returns:
        (M,) int32.
    """
    counts = [
        sets.count(sets.signed(batch[domain]["instances"]))
        for domain in ("a", "b")
    ]
    firsts = tf.range(substeps) * per_step
    reached = tf.concat(counts, axis=0)[:, None] > firsts
    return tf.math.count_nonzero(reached, axis=0, dtype=tf.int32)
