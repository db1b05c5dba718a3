"""How the images of an example are drawn, and what a method needs of them.

The first images come in an order that is new in each epoch. A pairing chooses
the second image for each of them.
"""

import functools

import numpy as np
import tensorflow as tf

from data_pipelines.known_masks import require_instances
from data_pipelines.seeded_order import ordered, partner
from tfmask.ops.errors import UserError, unknown_name

ALONE, TOGETHER, WITH_EXEMPLAR = "alone", "together", "with_exemplar"
UNPAIRED, CYCLE = "unpaired", "cycle"
# The pairings of each layout of `ImageSet`, the natural one first.
PAIRINGS = {
    "domains": (UNPAIRED, CYCLE, WITH_EXEMPLAR),
    "pairs": (UNPAIRED, CYCLE, TOGETHER, WITH_EXEMPLAR),
    "attributes": (ALONE, WITH_EXEMPLAR),
}


class Pairing:
    """Which images make up an example.

    | pairing | the second image |
    |---|---|
    | unpaired | any of the other domain, drawn uniformly |
    | cycle | each of the other domain once an epoch, in an order of its own |
    | together | the partner in a pair, with the same crop and flip |
    | alone | none |
    | with_exemplar | any of the other domain; in data with attributes one that
      differs in an attribute at least |

    Args:
        data: `ImageSet`.
        name: a pairing; None for the natural one.
        split: "train" or "test".
        first: role of the first image.

    Attributes:
        sources: dict of role to the source of its images.
        one_window: bool, both images are cropped and mirrored alike.

    Raises:
        UserError: the data has no such pairing, or no two images differ.
    """

    def __init__(self, data, name, split, first="a"):
        names = PAIRINGS[data.layout]
        name = names[0] if name is None else name
        if name not in names:
            raise unknown_name(f"pairing of {data.location}", name, names)
        self.one_window = name == TOGETHER
        self.sources = {first: data.source(first, split)}
        self._first, self._second = first, "b" if first == "a" else "a"
        if name == ALONE:
            return
        if self._second in data.roles:
            source = data.source(self._second, split)
            choose = {TOGETHER: _same, CYCLE: _in_turn}.get(name, _any)
            self._choose = functools.partial(choose, len(source.names))
        else:
            source = self.sources[first]
            self._choose = Differing(source.attributes, data)
        self.sources[self._second] = source

    def __call__(self, number, index, key):
        """The images of an example.

        Args:
            number: int64 scalar tensor, of the example.
            index: int64 scalar tensor, of its first image.
            key: int, of the random stream of second images.

        Returns:
            dict of role to index.
        """
        indices = {self._first: index}
        if len(self.sources) > 1:
            indices[self._second] = self._choose(number, index, key)
        return indices


def _any(count, number, index, key):
    return partner(number, count, key)


def _in_turn(count, number, index, key):
    return ordered(number, count, key)


def _same(count, number, index, key):
    return index


class Differing:
    """Draws an image that differs in one attribute at least.

    Images are ordered by their combination of attributes. So images with the
    same combination are neighbours. A draw leaves these neighbours out.

    Args:
        values: (N, K) 0/1, the images' attributes.
        data: `ImageSet` of these images, for messages.

    Raises:
        UserError: all images have the same attributes.
    """

    def __init__(self, values, data):
        _, group = np.unique(values, axis=0, return_inverse=True)
        group = group.reshape(-1)
        if not group.max():
            raise UserError(
                f"All {len(group)} images of a split of {data.location} have "
                f"the same attributes ({', '.join(data.attributes)}), so no "
                "exemplar differs from any. Select others with "
                "`--data.attributes`, or add images."
            )
        order = np.argsort(group, kind="stable")
        first = np.searchsorted(group[order], np.arange(group.max() + 1))
        size = np.bincount(group)
        with tf.device("CPU"):
            self._order = tf.constant(order, tf.int64)
            self._first = tf.constant(first[group], tf.int64)
            self._size = tf.constant(size[group], tf.int64)
        self._count = len(group)

    def __call__(self, number, index, key):
        """int64 index of the partner of image `index` in example `number`."""
        first, size = self._first[index], self._size[index]
        place = partner(number, self._count - size, key)
        return self._order[tf.where(place < first, place, place + size)]


def pairing_for(kind, *, second=False, pairing=UNPAIRED):
    """How a method's training images are drawn.

    Args:
        kind: the kind of its data: "unpaired", "paired", "attributes" or
            "instances".
        second: bool; it takes the look of a second image.
        pairing: `UNPAIRED` or `CYCLE`, for images without partners.

    Returns:
        str, for `ImageSet.train_batches` and `sample_batch`.
    """
    if kind == "paired":
        return TOGETHER
    if kind == "attributes":
        return WITH_EXEMPLAR if second else ALONE
    return pairing


def require_kind(data, kind, name):
    """Raises a `UserError` if a method cannot learn from these images.

    Args:
        data: `ImageSet`.
        kind: see `pairing_for`.
        name: name of the method.
    """
    if kind == "attributes" and data.layout != "attributes":
        raise UserError(
            f"{name} needs data with attributes: `synthetic:attributes`, "
            "`tfds:celeb_a`, or a folder with a list of them. "
            f"{data.location} has two domains."
        )
    if kind != "attributes" and data.layout == "attributes":
        raise UserError(
            f"{name} translates between two domains, but {data.location} is "
            "one set with attributes. Give a folder with trainA and trainB, "
            "`tfds:cycle_gan/horse2zebra`, or `synthetic`; or take a method "
            "that learns attributes."
        )
    if kind == "paired" and data.layout != "pairs":
        raise UserError(
            f"{name} learns from pairs, which {data.location} does not have: "
            "give a folder with train/A and train/B, or with both images "
            "side by side in the files of train, "
            "`tfds:NAME#FEATURE,FEATURE`, or `synthetic:paired`."
        )
    if kind == "instances" and "train" in data.splits:
        require_instances(data, "train")
