"""One set of images with attributes, as batches that depend on a seed."""

import numpy as np
import tensorflow as tf

from data_pipelines.streams import ordered, partner, stream_key
from data_pipelines.unpaired import Shard, UnpairedData
from tfmask.ops.errors import UserError, unknown_name

# The test pairs' own stream.
_TEST_PAIRS = stream_key(0, 9)


class AttributeData(UnpairedData):
    """Images and their attributes. Made by `open_data`.

    There is one domain, "a". Methods that take an exemplar get it as "b":
    another image of the same set, drawn uniformly from those that differ
    from it in one attribute at least.

    Attributes:
        attributes: tuple of str, the names, in the order of the columns.
        region_names: tuple of str, attributes whose regions are known.
        others: see `UnpairedData`.
    """

    def __init__(
        self, location, kind, image_size, sources, skipped, digest, attributes
    ):
        both = {
            (split, domain): source
            for split, source in sources.items()
            for domain in ("a", "b")
        }
        super().__init__(location, kind, image_size, both, skipped, digest)
        self.attributes = tuple(attributes)
        self.region_names = next(iter(sources.values())).region_names

    def counts(self, split):
        """Images: {"a": int}."""
        return {"a": len(self._source("a", split).names)}

    def found(self):
        """See `UnpairedData.found`."""
        return self._listed(
            f"{split} {self.counts(split)['a']}" for split in self.splits
        )

    def describe(self):
        """See `UnpairedData.describe`; also the share of each attribute."""
        facts = super().describe()
        for name in ("regions", "instance_count"):
            del facts[name]
        facts["attributes"] = {
            split: self._shares(split) for split in facts["counts"]
        }
        return facts

    def _shares(self, split):
        values = self._source("a", split).attributes
        shares = values.mean(axis=0, dtype=float).round(4).tolist()
        return dict(zip(self.attributes, shares, strict=True))

    def train_batches(
        self,
        batch_size,
        *,
        seed,
        load_size=None,
        flip=True,
        crop=True,
        start_step=0,
        shard=None,
        with_exemplars=False,
    ):
        """Endless training batches, a pure function of seed and step.

        Args:
            with_exemplars: bool, also give "b".
            others: see `UnpairedData.train_batches`.

        Returns:
            Endless `tf.data.Dataset` of {"a": {...}}, perhaps with "b", of
            `image` (B, H, W, 3) float32 in [-1, 1], `attributes` (B, K)
            float32 0/1, `index` (B,) int64 and `window` (B, 3) int32.

        Raises:
            UserError: an argument makes no sense, or no two images differ.
        """
        source = self._source("a", "train")
        count = len(source.names)
        partners = _Partners(source, self) if with_exemplars else None

        def draw(number, keys):
            indices = {"a": ordered(number, count, keys["order_a"])}
            if with_exemplars:
                indices["b"] = partners(indices["a"], number, keys["order_b"])
            return indices

        return self._stream(
            *(draw, batch_size, seed, start_step, shard or Shard()),
            load_size=self._load_size(load_size, crop),
            augmentation={"crop": crop, "flip": flip},
            wanted={},
        )

    def test_batches(
        self, domain="a", *, split="test", batch_size=1, limit=None
    ):
        """All images once, in the order of `names`, not augmented.

        Args:
            domain: "a"; there is no other.
            split: "test" or "train".
            batch_size: int; the last batch may be smaller.
            limit: int, at most so many images; None for all.

        Returns:
            `tf.data.Dataset` of dicts with `image` (B, H, W, 3) float32 in
            [-1, 1], `attributes` (B, K) float32 0/1, `index` (B,) int64,
            and where some are known `attribute_regions` (B, H, W, K)
            float32 0/1, all 0 for an attribute that is not in
            `region_names`.

        Raises:
            UserError: an argument makes no sense.
        """
        if domain != "a":
            raise unknown_name("domain", domain, ["a"])
        source, wanted = self._source("a", split), self._wanted()
        return self._in_order(
            *(split, batch_size, limit),
            lambda index: self._unchanged(source, index, wanted),
        )

    def test_pairs(self, *, split="test", batch_size=1, limit=None):
        """Every image once, and an exemplar for it, always the same.

        Args:
            split, batch_size, limit: see `test_batches`.

        Returns:
            `tf.data.Dataset` of {"a": {...}, "b": {...}}, dicts as of
            `test_batches`.

        Raises:
            UserError: an argument makes no sense, or no two images differ.
        """
        source, wanted = self._source("a", split), self._wanted()
        partners = _Partners(source, self)

        def example(index):
            other = partners(index, index, _TEST_PAIRS)
            return {
                "a": self._unchanged(source, index, wanted),
                "b": self._unchanged(source, other, wanted),
            }

        return self._in_order(split, batch_size, limit, example)

    def sample_batch(self, count, *, with_exemplars=False):
        """The first test images for grids, as {"a": {...}}.

        Training images where no test images are open.

        Args:
            count: int.
            with_exemplars: bool, also give "b".
        """
        split = self.splits[-1]  # test, if it is open
        if with_exemplars:
            return next(iter(self.test_pairs(split=split, batch_size=count)))
        batches = self.test_batches(split=split, batch_size=count)
        return {"a": next(iter(batches))}

    def _wanted(self):
        return {"regions": bool(self.region_names)}


class _Partners:
    """Draws an image that differs in one attribute at least.

    Images are ordered by their combination of attributes, so those of the
    same one are neighbours, which a draw leaves out.

    Raises:
        UserError: all images have the same attributes.
    """

    def __init__(self, source, data):
        _, group = np.unique(source.attributes, axis=0, return_inverse=True)
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

    def __call__(self, index, number, key):
        """int64 index of the partner of image `index` in example `number`."""
        first, size = self._first[index], self._size[index]
        place = partner(number, self._count - size, key)
        return self._order[tf.where(place < first, place, place + size)]
