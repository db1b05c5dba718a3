"""Pictures with known attributes, and methods whose numbers are known."""

import types

import numpy as np
import tensorflow as tf

from data_pipelines import ImageSet
from tfmask.methods import method_spec
from tfmask.networks import Judgement

NAMES = ("red", "green", "blue")
SIDE, BAND = 16, 5


class Parts:
    """Attribute k: channel k of the rows 5 k to 5 k + 4 is 1, else -1.

    The last row is a shade of grey that each image has for itself.
    """

    labels = remembers = has_regions = has_instances = False
    most_instances = 0

    def __init__(self, count, region_names, seed):
        rng = np.random.default_rng(seed)
        self.names = [f"{number:03d}" for number in range(count)]
        self.region_names = tuple(region_names)
        combinations = np.arange(count) % 2 ** len(NAMES)
        self.attributes = (
            combinations[:, None] >> np.arange(len(NAMES)) & 1
        ).astype(np.float32)
        images = np.zeros((count, SIDE, SIDE, 3), np.uint8)
        regions = np.zeros((count, SIDE, SIDE, len(NAMES)), np.float32)
        images[:, -1] = rng.integers(0, 256, (count, 1, 1))
        for k, name in enumerate(NAMES):
            rows = slice(BAND * k, BAND * (k + 1))
            images[:, rows, :, k] = 255 * self.attributes[:, None, None, k]
            regions[:, rows, :, k] = name in region_names
        self._images, self._regions = images, regions

    def load(
        self,
        index,
        size,
        *,
        region=False,
        instances=0,
        attribute_regions=False,
    ):
        example = {"image": tf.gather(self._images, index)}
        if attribute_regions:
            example["attribute_regions"] = tf.gather(self._regions, index)
        return example

    def facts(self, index):
        values = tf.gather(self.attributes, index)
        return {"index": index, "attributes": values}


def parts_data(region_names=NAMES, test=16, train=256):
    sources = {
        ("train", "a"): Parts(train, region_names, 0),
        ("test", "a"): Parts(test, region_names, 1),
    }
    return ImageSet(
        "parts",
        "folder",
        "attributes",
        (SIDE, SIDE),
        sources,
        "",
        attributes=NAMES,
    )


def bands(values):
    """(B, K) to (B, H, W, K): each value in its rows, 0 elsewhere."""
    rows = tf.repeat(tf.eye(len(NAMES)), BAND, axis=0)
    rows = tf.pad(rows, [[0, SIDE - BAND * len(NAMES)], [0, 0]])
    spread = values[:, None, None, :] * rows[None, :, None, :]
    return tf.tile(spread, [1, 1, SIDE, 1])


class Reader:
    """An `AttributeClassifier` that reads the bands and need not learn."""

    def __init__(self, attributes):
        self.attributes = attributes

    def train(self, batches):
        self.learnt = sum(len(batch["image"]) for batch in batches)

    def seen_in(self, images):
        places = range(self.attributes)
        return np.stack(
            [images[:, BAND * k + 2, 0, k] > 0 for k in places], axis=1
        )


class Eyes:
    """A discriminator whose logits are the means of the channels.

    It does not see the last row.
    """

    strided_layers = 1

    def features(self, images, first=0, last=None):
        seen = images[:, :-1]
        rest = -tf.ones_like(images[:, -1:])
        return tf.concat([seen, rest], axis=1)

    def heads(self, features):
        return Judgement([], tf.reduce_mean(features, axis=(1, 2)))


class Painter:
    """Sets attributes exactly, and its mask is exactly what it changes."""

    spec = method_spec("stargan")
    directions = ("a_to_b",)
    multiple = 4
    step = np.int64(7)
    config = types.SimpleNamespace(attributes=NAMES)
    discriminator = Eyes()
    exclusive = ()

    def translate(self, inputs, direction):
        image, target = inputs["image"], inputs["attributes"]
        changed = tf.cast(target != inputs["source_attributes"], tf.float32)
        where = bands(changed)
        painted = bands(2.0 * target - 1.0)
        mask = tf.reduce_max(where, axis=-1, keepdims=True)
        return {
            "image": image * (1.0 - where) + painted * where,
            "mask": mask,
        }


class Copy(Painter):
    """Changes nothing."""

    def translate(self, inputs, direction):
        image = inputs["image"]
        return {"image": image, "mask": tf.zeros_like(image[..., :1])}


class Negative(Painter):
    """Changes everything."""

    def translate(self, inputs, direction):
        image = inputs["image"]
        return {"image": -image, "mask": tf.ones_like(image[..., :1])}


class Paste:
    """Pastes the exemplar where an attribute differs, or where a mask says."""

    spec = method_spec("lomit")
    directions = ("a_to_b",)
    multiple = 4
    step = np.int64(7)
    config = types.SimpleNamespace(attributes=NAMES)

    def translate(self, inputs, direction):
        image, exemplar = inputs["image"], inputs["exemplar"]
        differs = tf.reduce_max(tf.abs(image - exemplar), -1, keepdims=True)
        shades = tf.reshape(tf.range(SIDE) == SIDE - 1, (1, SIDE, 1, 1))
        own_mask = tf.cast((differs > 0.5) & ~shades, tf.float32)
        mask = inputs.get("mask", own_mask)
        other = inputs.get("exemplar_mask", own_mask)
        return {
            "image": image + (exemplar - image) * mask * other,
            "mask": mask,
            "exemplar_mask": other,
        }
