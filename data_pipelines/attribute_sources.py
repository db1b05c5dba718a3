"""Examples with attributes: files with a list, and synthetic scenes."""

import numpy as np
import tensorflow as tf

from data_pipelines import attribute_scenes
from data_pipelines.sources import EncodedSource, Remembered


class AttributeFiles:
    """Checked image files and what a list says of them.

    Images are cut to a square about their centre first.

    Args:
        examples: list of checked `Example`.
        attributes: `AttributeList` with one row an example.
        boxes: dict of attribute to a list of (x0, y0, x1, y1) in pixels of the
            files. The attribute is visible there. The ends do not belong to the
            box.
        centre_crop: int, side of the square in pixels of the files. None or a
            too large side means the largest square.

    Attributes:
        names, has_regions, has_instances, most_instances: see
            `EncodedSource`.
        masked: tuple of int. It has all indices if some region is known.
        attributes: (N, K) float32 0/1.
        region_names: tuple of the attributes with a known region.
    """

    labels = remembers = has_regions = has_instances = False
    most_instances = 0

    def __init__(self, examples, attributes, boxes, centre_crop=None):
        self._files = EncodedSource(examples)
        self.names = self._files.names
        self.attributes = attributes.values
        self.region_names = tuple(n for n in attributes.names if n in boxes)
        self.masked = tuple(range(len(self.names) if self.region_names else 0))
        self._boxes = [boxes.get(name, []) for name in attributes.names]
        self._centre_crop = centre_crop
        with tf.device("CPU"):
            self._values = tf.constant(attributes.values)

    def load(
        self, index, size, *, region=False, instances=0, attribute_regions=False
    ):
        """One example, in graph code.

        Args:
            index: int64 scalar tensor.
            size: not used here, because files have their own size.
            region, instances: not used here, because there are no such masks.
            attribute_regions: bool, also return the regions of the attributes.

        Returns:
            dict of `image` (S, S, 3) uint8, and if asked for
            `attribute_regions` (S, S, K) uint8 0/1.
        """
        image = self._files.load(index, size)["image"]
        height, width = tf.unstack(tf.shape(image)[:2])
        side = tf.minimum(height, width)
        if self._centre_crop is not None:
            side = tf.minimum(side, self._centre_crop)
        top, left = (height - side) // 2, (width - side) // 2
        example = {"image": image[top : top + side, left : left + side]}
        if attribute_regions:
            y = tf.range(top, top + side)[:, None]
            x = tf.range(left, left + side)[None, :]
            inside = [self._inside(boxes, y, x) for boxes in self._boxes]
            example["attribute_regions"] = tf.stack(inside, axis=-1)
        return example

    @staticmethod
    def _inside(boxes, y, x):
        inside = tf.zeros_like(y + x, tf.bool)
        for x0, y0, x1, y1 in boxes:
            inside |= (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        return tf.cast(inside, tf.uint8)

    def facts(self, index):
        """dict of `index` and `attributes` (K,) float32."""
        return {"index": index, "attributes": self._values[index]}


class AttributeScenes:
    """Images of `attribute_scenes`, drawn at the size asked for.

    Args:
        seed: int, the data set.
        split: "train" or "test".
        count: int, nominal number of examples.
        names: the wanted attributes, in order. The other attributes are still
            in the images.

    Its attributes are those of `AttributeFiles`; all regions are exact.
    """

    labels = has_regions = has_instances = False
    remembers = True
    most_instances = 0

    def __init__(self, seed, split, count, names):
        self.names = [f"{index:05d}" for index in range(count)]
        self.region_names = tuple(names)
        self.masked = tuple(range(count))
        self._columns = [attribute_scenes.NAMES.index(name) for name in names]
        own = [
            attribute_scenes.own_attributes(seed, split, index)
            for index in range(count)
        ]
        self.attributes = np.stack(own)[:, self._columns]
        self._key = seed, split
        self._drawn = Remembered(self._draw)
        with tf.device("CPU"):
            self._values = tf.constant(self.attributes)

    def load(
        self, index, size, *, region=False, instances=0, attribute_regions=False
    ):
        """Like `AttributeFiles.load`, at the given (height, width)."""
        image, regions = tf.numpy_function(
            lambda index: self._drawn(index, size),
            [index],
            (tf.uint8, tf.bool),
            stateful=False,
        )
        example = {"image": tf.ensure_shape(image, (*size, 3))}
        if attribute_regions:
            regions = tf.ensure_shape(regions, (*size, len(self._columns)))
            example["attribute_regions"] = tf.cast(regions, tf.uint8)
        return example

    def facts(self, index):
        """Like `AttributeFiles.facts`."""
        return {"index": index, "attributes": self._values[index]}

    def _draw(self, index, size):
        image, _, regions = attribute_scenes.draw(*self._key, index, size)
        return image, regions[..., self._columns]
