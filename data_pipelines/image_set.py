"""A set of images, in batches that depend on a seed alone."""

import numpy as np
import tensorflow as tf

from data_pipelines import augment, descriptions, known_masks, lessons
from data_pipelines.arguments import SPLITS, check_seed
from data_pipelines.pairing import TOGETHER, WITH_EXEMPLAR, Pairing
from data_pipelines.seeded_order import Shard, batched, numbered, stream_key
from data_pipelines.sized_examples import SizedExamples
from data_pipelines.training_examples import training_example
from tfmask.ops.errors import UserError, unknown_name

_TEST_PAIRS = stream_key(0, 9)


class ImageSet:
    """Images of two domains, of pairs, or of one set with attributes.

    `open_data` makes it. The roles "a" and "b" name the images of an example.
    Each role has its own images. With attributes it is different: b is another
    image of a, if b is drawn. In pairs, image n of a is the partner of image n
    of b.

    Args:
        sources: dict of (split, role) to the source of the images, see
            `data_pipelines.sources`.
        fingerprint: str, see `describe`.
        others: see below.

    Attributes:
        location: str, the argument of `open_data`.
        options: `OpenOptions` of `open_data`. None: the set was made by hand.
        kind: "folder", "tfds" or "synthetic".
        layout: "domains", "pairs" or "attributes".
        image_size: (height, width) of the batches.
        skipped: list of (path, reason), the bad files that were left out.
        splits: tuple of the open splits: "train", "test" or both.
        roles: tuple of the roles that have their own images.
        instance_count: int, how many instance masks an example has. It is the
            largest number of objects in an image of the open splits. 0 if there
            are no such masks.
        attributes: tuple of str, the names, in the order of the columns.
        region_names: tuple of str, attributes with known regions.
        palettes: dict of role to `Palette`, for roles that are label maps with
            known colours.
        interpolation, antialias: see `augment.resize`.
        taught: dict of role to sorted tuple of int, indices into the names
            of the training images whose masks a method may learn from.
    """

    options = None

    def __init__(
        self,
        location,
        kind,
        layout,
        image_size,
        sources,
        fingerprint,
        *,
        skipped=(),
        attributes=(),
        palettes=None,
        interpolation="bilinear",
        antialias=True,
        taught=None,
    ):
        self.location, self.kind, self.layout = location, kind, layout
        self.image_size, self.skipped = image_size, list(skipped)
        self.attributes, self.palettes = tuple(attributes), palettes or {}
        self.interpolation, self.antialias = interpolation, antialias
        self._sources, self._fingerprint = sources, fingerprint
        opened = {split for split, _ in sources}
        self.splits = tuple(split for split in SPLITS if split in opened)
        self.roles = tuple(sorted({role for _, role in sources}))
        self.instance_count = max(s.most_instances for s in sources.values())
        self.region_names = ()
        if self.attributes:
            self.region_names = next(iter(sources.values())).region_names
        self.taught = {role: () for role in self.roles} | (taught or {})
        self._names_taught = taught is not None
        self._region_means = {}
        self._examples = SizedExamples(image_size, interpolation, antialias)

    def counts(self, split):
        """Images of each role: {"a": int, "b": int}."""
        return {r: len(self.source(r, split).names) for r in self.roles}

    def names(self, role, split):
        """Stems of the files, list of str; `index` counts along it."""
        return list(self.source(role, split).names)

    def has_regions(self, split, role=None):
        """Whether the images of a role, or of all, have masks."""
        return all(s.has_regions for s in self._of(split, role))

    def has_instances(self, split, role=None):
        """Whether the images of a role, or of all, have a mask an object."""
        return all(s.has_instances for s in self._of(split, role))

    def counts_in_words(self):
        """How many images there are, in words: "trainA 8, trainB 8, ...".

        If files were left out, it ends with their number: "..., skipped 1".
        """
        return descriptions.in_words(self)

    def describe(self):
        """A description of the opened set, as a dict for JSON.

        If there are attributes, it has the share of each. If `taught` was asked
        for, it has the names of these images. `fingerprint` is a hash of the
        names and bytes of all used files. For synthetic data, it is a hash of
        the seed and counts. Equal fingerprints give equal trainings.
        """
        facts = descriptions.facts(self, self._fingerprint)
        if self._names_taught:
            facts["taught"] = descriptions.names_taught(self)
        return facts

    def train_batches(
        self,
        batch_size,
        *,
        seed,
        pairing=None,
        load_size=None,
        flip=True,
        crop=True,
        cached=False,
        start_step=0,
        shard=None,
        with_regions=False,
        with_instances=False,
    ):
        """Endless training batches, a pure function of seed and step.

        Example number n does not depend on the batch size, on the number of
        replicas or on the first step of the stream. It has the n-th image of a,
        in an order that is new in each epoch. It also has the image b that is
        drawn for it, and the crops and flips of both. So step s of a resumed
        run is step s of the run.

        Args:
            batch_size: int, global batch; a multiple of `shard.total`.
            seed: int, seed of the order, partners, crops and flips.
            pairing: the way to draw b, one of `pairing.PAIRINGS`. None: the
                first one of the layout: "unpaired", or "alone" for data with
                attributes.
            load_size: int or (height, width). Images are resized to it before
                the crop. None: 286/256 of the image size.
            flip: bool, mirror with probability one half.
            crop: bool; False resizes to the image size, without a crop.
            cached: bool; all images stay in memory, resized, after their
                first use. False: as many as fit into 512 MiB. The batches are
                the same.
            start_step: int, first global step.
            shard: `Shard`. None: everything goes to one replica.
            with_regions: bool, also return the union masks `region`.
            with_instances: bool, also return `instances`.

        Returns:
            Endless `tf.data.Dataset` of {"a": {...}, "b": {...}} with
            `image` (B, H, W, 3) float32 in [-1, 1], `index` (B,) int64,
            and `window` (B, 3) int32 of `augment.crop_and_flip`. Data with
            attributes also has `attributes` (B, K) float32 0/1. The options add
            `region` (B, H, W, 1) and `instances` (B, N, H, W, 1) float32 0/1. B
            is `batch_size / shard.total`. One element is the batch of one
            replica. The replicas `shard.first`, `shard.first + 1`, ... take
            turns.

        Raises:
            UserError: an argument does not fit, there are no masks, or no two
                images differ although they must.
        """
        draw = Pairing(self, pairing, "train")
        wanted = known_masks.wanted(
            self, "train", None, regions=with_regions, instances=with_instances
        )
        load_size = augment.load_size(self.image_size, load_size, crop=crop)
        check_seed(seed)
        loaders = {
            role: self._examples.before_crop(
                source, load_size, wanted, cached=cached
            )
            for role, source in draw.sources.items()
        }
        example = training_example(
            draw,
            loaders,
            len(self.source("a", "train").names),
            self.image_size,
            seed,
            flip=flip,
        )
        return numbered(
            example,
            batch_size,
            start_step,
            shard or Shard(),
            finish=lambda batch: {
                role: augment.normalise(one) for role, one in batch.items()
            },
        )

    def lesson_batches(
        self,
        batch_size,
        *,
        seed,
        start_step=0,
        shard=None,
        all_images=False,
    ):
        """Endless batches for learning masks from those that are `taught`.

        A pure function of seed and step, as `train_batches`. Images are only
        resized.

        Args:
            batch_size, seed, start_step, shard: see `train_batches`.
            all_images: bool; examples with even numbers are taught images,
                those with odd numbers are other images. If one kind is missing,
                all examples are of the other kind.

        Returns:
            Endless `tf.data.Dataset` of a dict of role to dicts of `image`
            (B, H, W, 3) float32 in [-1, 1], `index` (B,) int64, `taught`
            (B,) float32 0/1, and `region` (B, H, W, 1) float32 0/1, zeros if
            not taught. With attributes there are also `attributes` (B, K) and
            `attribute_regions` (B, H, W, K) float32 0/1. Then `region` is their
            union.

        Raises:
            UserError: an argument does not fit; or a role has no taught image,
                and `all_images` is False.
        """
        check_seed(seed)
        roles = {
            role: lessons.Role(
                self.taught[role],
                len(self.source(role, "train").names),
                self._lesson_loader(role),
            )
            for role in self.roles
        }
        example = lessons.lesson(
            roles, seed, all_images=all_images, location=self.location
        )
        return numbered(example, batch_size, start_step, shard or Shard())

    def _lesson_loader(self, role):
        """Function of an index: an example with what masks are asked for."""
        source, known = self.source(role, "train"), bool(self.taught[role])
        wanted = {"region": known and self.layout == "domains"}
        if self.region_names:
            wanted["attribute_regions"] = True
        return lambda index: self._examples.unchanged(source, index, wanted)

    def test_batches(
        self,
        role="a",
        *,
        split="test",
        batch_size=1,
        limit=None,
        with_instances=False,
    ):
        """All images of a role once, in the order of `names`.

        Images are only resized, without crop and flip.

        Args:
            role: "a" or "b".
            split: "test" or "train".
            batch_size: int; the last batch may be smaller.
            limit: int, the largest number of images. None: all images.
            with_instances: bool, also return `instances`.

        Returns:
            `tf.data.Dataset` of dicts with `image` (B, H, W, 3) float32 in
            [-1, 1], `index` (B,) int64, and, if they are known, `region` (B, H,
            W, 1) float32 0/1, `attributes` (B, K) float32 0/1 and
            `attribute_regions` (B, H, W, K) float32 0/1. The regions are all 0
            for an attribute that is not in `region_names`. With
            `with_instances` there are also `instances` (B, N, H, W, 1).

        Raises:
            UserError: an argument does not fit, or there are no masks.
        """
        source = self.source(role, split)
        wanted = known_masks.all_wanted(
            self, split, role, instances=with_instances
        )
        return self._in_order(
            source,
            batch_size,
            limit,
            lambda index: self._examples.unchanged(source, index, wanted),
        )

    def test_pairs(self, role="a", *, split="test", batch_size=1, limit=None):
        """Every image of a role once, with its partner, not augmented.

        In pairs, the partner is the image of the other domain. Otherwise it is
        an exemplar, always the same one. It is any image of the other domain,
        or an image that differs in at least one attribute.

        Args:
            role: "a" or "b".
            split, batch_size, limit: see `test_batches`.

        Returns:
            `tf.data.Dataset` of {"a": {...}, "b": {...}}, with dicts as in
            `test_batches`.

        Raises:
            UserError: an argument does not fit, or no two images differ.
        """
        source = self.source(role, split)
        name = TOGETHER
        if self.layout != "pairs":
            name = WITH_EXEMPLAR
        draw = Pairing(self, name, split, role)
        wanted = {
            r: known_masks.all_wanted(
                self, split, r if r in self.roles else role
            )
            for r in draw.sources
        }

        def example(index):
            indices = draw(index, index, _TEST_PAIRS)
            return {
                r: self._examples.unchanged(
                    draw.sources[r], indices[r], wanted[r]
                )
                for r in sorted(indices)
            }

        return self._in_order(source, batch_size, limit, example)

    def sample_batch(self, count, *, pairing=None, with_instances=False):
        """The first test images of each role, for grids.

        They are training images if no test images are open.

        Args:
            count: int, how many images.
            pairing: see `train_batches`.
            with_instances: bool, also return `instances`.

        Returns:
            nested dict as in `train_batches`, with `region` if it is known.
        """
        split = self.splits[-1]  # test, if it is open
        chosen = {"split": split, "batch_size": count}
        if pairing == WITH_EXEMPLAR and len(self.roles) == 1:
            return next(iter(self.test_pairs(**chosen)))
        chosen["with_instances"] = with_instances
        return {
            role: next(iter(self.test_batches(role, **chosen)))
            for role in self.roles
        }

    def region_mean(self, role):
        """Mean of the training masks: where objects are on average.

        Args:
            role: "a" or "b".

        Returns:
            (H, W) float32 in [0, 1]. None if there are no masks.
        """
        if not self.has_regions("train", role):
            return None
        if role not in self._region_means:
            total = np.zeros(self.image_size, np.float64)
            batches = self.test_batches(role, split="train", batch_size=16)
            for batch in batches:
                total += batch["region"].numpy().sum((0, 3))
            mean = total / self.counts("train")[role]
            self._region_means[role] = mean.astype(np.float32)
        return self._region_means[role]

    def source(self, role, split):
        """Where the images of a role come from, see `data_pipelines.sources`.

        Raises:
            UserError: the set has no such role, or the split is not open.
        """
        if role not in self.roles:
            raise unknown_name("domain", role, self.roles)
        if (split, role) not in self._sources:
            raise UserError(
                f"The split `{split}` of {self.location} is not open, only: "
                f"{', '.join(self.splits)}. Ask for it in "
                "open_data(splits=...)."
            )
        return self._sources[split, role]

    def _of(self, split, role):
        """The sources of a role, or of all."""
        roles = self.roles if role is None else (role,)
        return [self.source(r, split) for r in roles]

    def _in_order(self, source, batch_size, limit, example):
        """Batches of `example(index)` for all images of a source."""
        if batch_size < 1 or (limit is not None and limit < 1):
            raise UserError(
                "`batch_size` and `limit` must be at least 1. Got: "
                f"{batch_size} and {limit}."
            )
        count = len(source.names)
        indices = tf.data.Dataset.range(min(count, limit or count))
        return batched(indices, example, batch_size, drop_remainder=False)
