"""Which training images give their masks to a method, and batches of them."""

import hashlib

import numpy as np
import tensorflow as tf

from data_pipelines.seeded_order import partner, stream_key
from tfmask.ops.errors import UserError

ALL = "all"
_OPTION = "`masks_for_training` (--data.masks-for-training)"
# These are more numbers of random streams, like those of
# `training_examples`.
_STREAMS = {"a": 4, "b": 5}


def check_wanted(wanted):
    """Raises a `UserError` unless it is a number of masks, "all" or None."""
    if wanted in (None, ALL) or (isinstance(wanted, int) and wanted >= 0):
        return
    raise UserError(
        f"{_OPTION} must be 0 or more, `{ALL}` or None. Got: {wanted!r}."
    )


def choose(options, kind, layout, sources):
    """The training images whose masks may be learned from.

    Args:
        options: `OpenOptions`.
        kind, layout, sources: see `ImageSet`.

    Returns:
        dict of role to sorted tuple of indices. None if the options do not ask
        for it.

    Raises:
        UserError: there are fewer masks than asked for.
    """
    wanted = options.masks_for_training
    if wanted is None:
        return None
    if wanted and layout == "pairs":
        raise UserError(
            f"{_OPTION} is {wanted}, but the pairs of {options.location} have "
            "no masks. Leave it out."
        )
    chosen = {}
    for (split, role), source in sources.items():
        if split != "train" or not wanted:
            continue
        masked_count = len(source.masked)
        if wanted != ALL and wanted > masked_count:
            raise _too_few(options, kind, role, masked_count)
        ranked = sorted(
            source.masked,
            key=lambda n, s=source, r=role: _rank(options.seed, r, s.names[n]),
        )
        number = masked_count if wanted == ALL else wanted
        chosen[role] = tuple(sorted(ranked[:number]))
    if wanted and chosen and not any(chosen.values()):
        raise _too_few(options, kind, next(iter(chosen)), 0)
    return chosen


def _rank(seed, role, name):
    """A place that depends on nothing else, so fewer are among more."""
    words = f"{seed} {role} {name}".encode(errors="surrogateescape")
    return hashlib.sha256(words).digest()


def _too_few(options, kind, role, masked_count):
    """The `UserError` of masks that are not there."""
    wanted = options.masks_for_training
    if kind == "folder" and not options.attributes:
        folder = f"{options.location}/train{role.upper()}_mask"
        there = f"{folder} has masks for {masked_count} training images"
        advice = f"Add masks there, or ask for {masked_count} or fewer."
    elif masked_count:
        there = f"{options.location} has {masked_count} of train{role.upper()}"
        advice = f"Ask for {masked_count} or fewer."
    else:
        there = f"{options.location} has none"
        advice = "Leave it out, or take a folder with trainA_mask."
    return UserError(f"{_OPTION} is {wanted}, but {there}. {advice}")


class Role:
    """The training images of one role, taught ones and others.

    Args:
        taught: tuple of indices.
        count: int, images in all.
        load: function of an index. It returns an example as in
            `ImageSet.test_batches` with the known masks.
    """

    def __init__(self, taught, count, load):
        self.taught, self.count, self._load = taught, count, load
        self.others = np.setdiff1d(np.arange(count), taught)

    def draw(self, number, key, *, all_images):
        """Index of an example, see `ImageSet.lesson_batches`."""

        def one_of(indices):
            place = partner(number, len(indices), key)
            return tf.constant(indices, tf.int64)[place]

        if not self.taught:
            return one_of(self.others)
        if not all_images or not len(self.others):
            return one_of(self.taught)
        return tf.where(
            number % 2 == 0, one_of(self.taught), one_of(self.others)
        )

    def example(self, index):
        """The example: no mask of it is seen unless it is taught."""
        flags = np.zeros(self.count, np.float32)
        flags[list(self.taught)] = 1.0
        taught = tf.constant(flags)[index]
        example = self._load(index)
        nothing = tf.zeros_like(example["image"][..., :1])
        region = example.get("region", nothing)
        if "attribute_regions" in example:
            example["attribute_regions"] *= taught
            region = tf.reduce_max(
                example["attribute_regions"], axis=-1, keepdims=True
            )
        return {
            **example,
            "region": region * taught,
            "taught": taught,
        }


def lesson(roles, seed, *, all_images, location):
    """Function of an example's number that gives it, in graph code.

    Args:
        roles: dict of "a" and perhaps "b" to `Role`.
        seed: int.
        all_images: bool, also images that are not taught.
        location: name of the data, for messages.

    Raises:
        UserError: a role has no taught image, and `all_images` is False.
    """
    keys = {role: stream_key(seed, _STREAMS[role]) for role in roles}
    for name, role in roles.items():
        if not role.taught and not all_images:
            raise UserError(
                f"No training image of domain {name} of {location} gives its "
                f"mask. Say how many with {_OPTION}."
            )

    def example(number):
        return {
            name: role.example(
                role.draw(number, keys[name], all_images=all_images)
            )
            for name, role in roles.items()
        }

    return example
