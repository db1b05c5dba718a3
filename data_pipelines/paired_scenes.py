"""Synthetic scenes and their exact label maps: pairs without a download.

Domain a is a scene of `synthetic`. Its objects have the look of one of the two
domains there. Domain b is the label map of the scene, in the colours of
`PALETTE`. From a to b, there is one right answer for every pixel.
"""

import numpy as np
import tensorflow as tf

from data_pipelines import synthetic
from data_pipelines.palettes import Palette
from data_pipelines.sources import Remembered

PALETTE = Palette(
    names=("ground", "speckled", "striped"),
    colours=((64, 64, 160), (64, 192, 64), (208, 64, 48)),
)
# This is a part of the fingerprint of a data set. Raise it when images change.
VERSION = 1

_SPLITS = {"train": 0, "test": 1}
_DOMAIN = 3  # beside those of `synthetic` and `attribute_scenes`


def draw(seed, split, index, size):
    """Draws one pair: a pure function of its arguments.

    Args:
        seed: int, number of the data set.
        split: "train" or "test".
        index: int, 0 or more; there is no end.
        size: (height, width) in pixels. The scene is the same at any size.

    Returns:
        image: (H, W, 3) uint8.
        labels: (H, W) uint8, places in `PALETTE`.
    """
    key = np.random.SeedSequence([seed, _DOMAIN, _SPLITS[split], index])
    look = int(np.random.default_rng(key).integers(2))
    image, instances = synthetic.draw(
        seed, "a", split, index, size, texture="ab"[look]
    )
    return image, instances.any(0).astype(np.uint8) * np.uint8(1 + look)


def coloured(labels):
    """(H, W) classes to their colours, (H, W, 3) uint8."""
    return np.array(PALETTE.colours, np.uint8)[labels]


class PairedScenes:
    """One domain of the pairs, drawn at the size asked for.

    Args:
        domain: "a" or "b".
        count: int, nominal number of examples.
        drawn: the result of `remembered_scenes`. Both domains share it.
    """

    labels = has_regions = has_instances = False
    remembers = True
    most_instances = 0

    def __init__(self, domain, count, drawn):
        self.names = [f"{index:05d}" for index in range(count)]
        self._place = "ab".index(domain)
        self._drawn = drawn

    def load(self, index, size, *, region=False, instances=0):
        """Like `EncodedSource.load`, at the given (height, width)."""
        del region, instances
        image = tf.numpy_function(
            lambda index: self._drawn(index, size)[self._place],
            [index],
            tf.uint8,
            stateful=False,
        )
        return {"image": tf.ensure_shape(image, (*size, 3))}

    def facts(self, index):
        """Like `EncodedSource.facts`."""
        return {"index": index}


def remembered_scenes(seed, split):
    """Function of (index, size) that gives both images of a pair.

    Args:
        seed: int, number of the data set.
        split: "train" or "test".
    """

    def both(index, size):
        image, labels = draw(seed, split, index, size)
        return image, coloured(labels)

    return Remembered(both)
