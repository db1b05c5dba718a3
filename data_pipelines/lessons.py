"""Images with masks to learn from: which, and in batches."""

import hashlib

import tensorflow as tf

from data_pipelines.streams import partner
from tfmask.ops.errors import UserError


def taught_images(names, marked, count, *, seed, role, location):
    """Indices of the images whose true masks may be used in training.

    A smaller count takes some of those that a larger one takes.

    Args:
        names: list of str, of all images.
        marked: list of bool, which of them have a mask.
        count: int, or "all".
        seed: int.
        role: "a" or "b".
        location: str, for messages.

    Returns:
        tuple of int, ascending.

    Raises:
        UserError: there are less masks than asked for.
    """
    known = [index for index, mask in enumerate(marked) if mask]
    if count == "all":
        count = len(known)
    if count > len(known) or not known:
        raise UserError(
            f"`data.masks_for_training` is {count}, but {location} has "
            f"{len(known)} masks of the {len(names)} training images of "
            f"{role}. Add some to train{role.upper()}_mask, or ask for fewer."
        )

    def rank(index):
        text = f"{seed} {role} {names[index]}"
        return hashlib.sha256(text.encode()).digest()

    return tuple(sorted(sorted(known, key=rank)[:count]))


class LessonDrawing:
    """Draws the images of lessons.

    Args:
        taught: tuple of int, images with a given mask.
        count: int, all images.
        all_images: bool; odd examples are of the images without one, where
            there are some.

    Raises:
        UserError: no image can be drawn.
    """

    def __init__(self, taught, count, all_images):
        others = sorted(set(range(count)) - set(taught)) if all_images else []
        with tf.device("CPU"):
            self._groups = [
                (tf.constant(indices, tf.int64), given)
                for indices, given in ((taught, True), (others, False))
                if indices
            ]
        if not self._groups:
            raise UserError(
                "Lessons by given masks alone need some: set "
                "`data.masks_for_training`."
            )

    def __call__(self, number, key):
        """(index, whether its mask is given) of an example, scalars."""
        drawn = []
        for indices, given in self._groups:
            place = partner(number, len(indices), key)
            drawn.append((indices[place], tf.constant(given)))
        if len(drawn) == 1:
            return drawn[0]
        even = number % 2 == 0
        return tuple(tf.where(even, *both) for both in zip(*drawn, strict=True))
