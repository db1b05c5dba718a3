"""Two sets of images, unpaired, as batches that depend on a seed alone."""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipelines import augment
from data_pipelines.arguments import check_seed, size_pair
from data_pipelines.streams import (
    batched,
    ordered,
    partner,
    seed_pair,
    stream_key,
)
from tfmask.ops.errors import UserError, unknown_name

DOMAINS = ("a", "b")
SPLITS = ("train", "test")
PAIRINGS = ("random", "cycle")
# The pairing of `PairedData` alone: partners stay together.
TOGETHER = "pairs"
# CycleGAN's margin for the random crop: 286 to 256.
LOAD_RATIO = 286 / 256

# Numbers of the independent random streams; changing one changes training.
_STREAMS = {"order_a": 0, "order_b": 1, "augment_a": 2, "augment_b": 3}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shard:
    """Which replicas of a global batch one pipeline feeds.

    Attributes:
        first: number of the first of them.
        local: how many there are; they get their batches in turn.
        total: replicas on all machines together.
    """

    first: int = 0
    local: int = 1
    total: int = 1

    def __post_init__(self):
        if self.local < 1 or not 0 <= self.first <= self.total - self.local:
            raise ValueError(
                "Expected 0 <= `first`, 1 <= `local` and `first` + `local` "
                f"<= `total`. Got: {self}."
            )


class UnpairedData:
    """Images of two domains, with masks where the data has them.

    Made by `open_data`.

    Attributes:
        location: str, as given to `open_data`.
        kind: "folder", "tfds" or "synthetic".
        image_size: (height, width) of the batches.
        skipped: list of (path, reason), the bad files that were left out.
        splits: tuple of those of "train" and "test" that are open.
        pairings: names of the ways in which b is drawn.
        instance_count: int, instance masks an example gets: the most
            objects in one image of the opened splits; 0 without such masks.
        interpolation, antialias: how images are resized, see
            `augment.resize`.
    """

    pairings = PAIRINGS
    interpolation = "bilinear"
    antialias = True

    def __init__(self, location, kind, image_size, sources, skipped, digest):
        self.location, self.kind = location, kind
        self.image_size, self.skipped = image_size, skipped
        self._sources = sources
        opened = {split for split, _ in sources}
        self.splits = tuple(split for split in SPLITS if split in opened)
        self._fingerprint = digest.hexdigest()[:16]
        self._region_means = {}
        self.instance_count = max(s.most_instances for s in sources.values())

    def counts(self, split):
        """Images per domain: {"a": int, "b": int}."""
        return {d: len(self._source(d, split).names) for d in DOMAINS}

    def names(self, domain, split):
        """Stems of the files, list of str; `index` counts along it."""
        return list(self._source(domain, split).names)

    def has_regions(self, split, domain=None):
        """Whether the images of a domain, or of both, have masks."""
        wanted = DOMAINS if domain is None else (domain,)
        return all(self._source(d, split).has_regions for d in wanted)

    def has_instances(self, split, domain=None):
        """Whether a domain, or both, have one mask per object."""
        wanted = DOMAINS if domain is None else (domain,)
        return all(self._source(d, split).has_instances for d in wanted)

    def found(self):
        """How many images there are, in words: "trainA 8, trainB 8, ...".

        With what was left out: "..., skipped 1".
        """
        return self._listed(
            f"{split}{domain.upper()} {count}"
            for split in self.splits
            for domain, count in self.counts(split).items()
        )

    def _listed(self, parts):
        skipped = [f"skipped {len(self.skipped)}"] if self.skipped else []
        return ", ".join([*parts, *skipped])

    def describe(self):
        """What was opened, as a dict for JSON.

        `fingerprint` is a hash of the names and bytes of all used files (of
        the seed and counts for synthetic data): equal fingerprints train
        alike.
        """
        return {
            "location": self.location,
            "kind": self.kind,
            "image_size": list(self.image_size),
            "counts": {split: self.counts(split) for split in self.splits},
            "regions": {
                split: self.has_regions(split) for split in self.splits
            },
            "instance_count": self.instance_count,
            "skipped": len(self.skipped),
            "fingerprint": self._fingerprint,
        }

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
        pairing="random",
        with_regions=False,
        with_instances=False,
    ):
        """Endless training batches, a pure function of seed and step.

        Example number n is the same whatever the batch size, the number of
        replicas and the step the stream starts at: the n-th image of a in
        an order that is new in each epoch, a partner from b, and their own
        crops and flips. So step s of a resumed run is step s of the run.

        Args:
            batch_size: int, global batch; a multiple of `shard.total`.
            seed: int, order, partners, crops and flips.
            load_size: int or (height, width) that images are resized to
                before the crop; None for 286/256 of the image size.
            flip: bool, mirror with probability one half.
            crop: bool; False resizes to the image size, without a crop.
            start_step: int, first global step.
            shard: `Shard`; None feeds all of one replica.
            pairing: "random" draws the partner from all of b; "cycle"
                walks through b in an order of its own.
            with_regions: bool, also give the union masks `region`.
            with_instances: bool, also give `instances`.

        Returns:
            Endless `tf.data.Dataset` of {"a": {...}, "b": {...}} with
            `image` (B, H, W, 3) float32 in [-1, 1], `index` (B,) int64,
            `window` (B, 3) int32 of `augment.crop_and_flip`, and if asked
            for `region` (B, H, W, 1) and `instances` (B, N, H, W, 1)
            float32 0/1. B is `batch_size / shard.total`;
            one element is the batch of one replica, replicas
            `shard.first`, `shard.first + 1`, ... in turn.

        Raises:
            UserError: an argument makes no sense, or there are no masks.
        """
        if pairing not in self.pairings:
            raise unknown_name("pairing", pairing, self.pairings)
        counts = self.counts("train")
        together = pairing == TOGETHER
        choose = ordered if pairing == "cycle" else partner

        def draw(number, keys):
            first = ordered(number, counts["a"], keys["order_a"])
            if together:
                return {"a": first, "b": first}
            return {
                "a": first,
                "b": choose(number, counts["b"], keys["order_b"]),
            }

        return self._stream(
            *(draw, batch_size, seed, start_step, shard or Shard()),
            load_size=self._load_size(load_size, crop),
            augmentation={"crop": crop, "flip": flip},
            wanted=self._masks("train", with_regions, with_instances),
            together=together,
        )

    def _stream(
        self,
        draw,
        batch_size,
        seed,
        start_step,
        shard,
        *,
        load_size,
        augmentation,
        wanted,
        together=False,
    ):
        """Endless batches.

        Args:
            draw: function of an example's number and the streams' keys that
                gives a dict of domain to index.
            batch_size, seed, start_step, shard: as in `train_batches`.
            load_size: (height, width).
            augmentation: `crop` and `flip` of `augment.crop_and_flip`.
            wanted: arguments of the sources' `load`.
            together: bool; all images of an example are cropped and
                mirrored alike.
        """
        if batch_size < 1 or batch_size % shard.total:
            raise UserError(
                "`batch_size` must be a positive multiple of the number of "
                f"replicas, {shard.total}. Got: {batch_size}."
            )
        if start_step < 0:
            raise UserError(f"`start_step` must be >= 0. Got: {start_step}.")
        check_seed(seed)
        per_replica = batch_size // shard.total
        per_step = per_replica * shard.local
        keys = {name: stream_key(seed, n) for name, n in _STREAMS.items()}

        def example(position):
            step, rest = position // per_step, position % per_step
            number = step * batch_size + shard.first * per_replica + rest
            output = {}
            for domain, index in draw(number, keys).items():
                source = self._source(domain, "train")
                loaded = self._loaded(source, index, load_size, wanted)
                stream = f"augment_{'a' if together else domain}"
                augmented = augment.crop_and_flip(
                    loaded,
                    self.image_size,
                    seed=seed_pair(keys[stream], number),
                    **augmentation,
                )
                output[domain] = {
                    **augment.normalise(augmented),
                    **source.facts(index),
                }
            return output

        # An int64 counter: 2^63 examples are as good as endless.
        positions = tf.data.Dataset.range(
            start_step * per_step, np.iinfo(np.int64).max
        )
        return batched(positions, example, per_replica, drop_remainder=True)

    def test_batches(
        self,
        domain,
        *,
        split="test",
        batch_size=1,
        limit=None,
        with_instances=False,
    ):
        """All images of a domain once, in the order of `names`.

        Only resized: no crop, no flip.

        Args:
            domain: "a" or "b".
            split: "test" or "train".
            batch_size: int; the last batch may be smaller.
            limit: int, at most so many images; None for all.
            with_instances: bool, also give `instances`.

        Returns:
            `tf.data.Dataset` of dicts with `image` (B, H, W, 3) float32 in
            [-1, 1], `index` (B,) int64, and where the domain has masks
            `region` (B, H, W, 1) float32 0/1; if asked for, `instances`
            (B, N, H, W, 1).

        Raises:
            UserError: an argument makes no sense, or there are no masks.
        """
        source = self._source(domain, split)
        wanted = self._masks(
            split, source.has_regions, with_instances, (domain,)
        )
        return self._in_order(
            *(split, batch_size, limit),
            lambda index: self._unchanged(source, index, wanted),
            domain=domain,
        )

    def sample_batch(self, count, *, with_instances=False):
        """The first test images of each domain, for grids.

        Training images where no test images are open.

        Args:
            count: int.
            with_instances: bool, also give `instances`.

        Returns:
            nested dict as of `train_batches`, with `region` where known.
        """
        split = self.splits[-1]  # test, if it is open
        return {
            domain: next(
                iter(
                    self.test_batches(
                        domain,
                        split=split,
                        batch_size=count,
                        with_instances=with_instances,
                    )
                )
            )
            for domain in DOMAINS
        }

    def _in_order(self, split, batch_size, limit, example, domain="a"):
        """Batches of `example(index)` for all images of a domain."""
        if batch_size < 1 or (limit is not None and limit < 1):
            raise UserError(
                "`batch_size` and `limit` must be at least 1. Got: "
                f"{batch_size} and {limit}."
            )
        count = len(self._source(domain, split).names)
        indices = tf.data.Dataset.range(min(count, limit or count))
        return batched(indices, example, batch_size, drop_remainder=False)

    def _unchanged(self, source, index, wanted):
        """An example of the image size, not augmented."""
        resized = self._loaded(source, index, self.image_size, wanted)
        return {**augment.normalise(resized), **source.facts(index)}

    def _loaded(self, source, index, size, wanted):
        """An example at a size."""
        return augment.resize(
            source.load(index, size, **wanted),
            size,
            labels=source.labels,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )

    def region_mean(self, domain):
        """Mean of the training masks: where objects are on average.

        Args:
            domain: "a" or "b".

        Returns:
            (H, W) float32 in [0, 1], or None without masks.
        """
        if not self._source(domain, "train").has_regions:
            return None
        if domain not in self._region_means:
            total = np.zeros(self.image_size, np.float64)
            batches = self.test_batches(domain, split="train", batch_size=16)
            for batch in batches:
                total += batch["region"].numpy().sum((0, 3))
            mean = total / self.counts("train")[domain]
            self._region_means[domain] = mean.astype(np.float32)
        return self._region_means[domain]

    def _source(self, domain, split):
        if domain not in DOMAINS:
            raise unknown_name("domain", domain, DOMAINS)
        if (split, domain) not in self._sources:
            raise UserError(
                f"The split `{split}` of {self.location} is not open, only: "
                f"{', '.join(self.splits)}. Ask for it in "
                "open_data(splits=...)."
            )
        return self._sources[split, domain]

    def _masks(self, split, with_regions, with_instances, domains=DOMAINS):
        """Keyword arguments of `load`, after a look whether masks exist."""
        sources = [self._source(d, split) for d in domains]
        if with_regions and not all(s.has_regions for s in sources):
            raise UserError(
                f"{self.location} has no masks for {split}. Add the folders "
                f"{split}A_mask and {split}B_mask, or {split}A_seg and "
                f"{split}B_seg."
            )
        if with_instances and not all(s.has_instances for s in sources):
            raise UserError(
                f"{self.location} has no instance masks for {split}. Add "
                f"the folders {split}A_seg and {split}B_seg with NAME_0.png, "
                "NAME_1.png, ... for each image."
            )
        count = self.instance_count if with_instances else 0
        return {"region": with_regions, "instances": count}

    def _load_size(self, load_size, crop):
        if not crop:
            if load_size is not None:
                raise UserError(
                    "`load_size` is the size before the crop, but `crop` is "
                    f"off. Got: {load_size}. Leave one of them out."
                )
            return self.image_size
        if load_size is None:
            return tuple(round(side * LOAD_RATIO) for side in self.image_size)
        load_size = size_pair("load_size", load_size)
        if any(
            load < side
            for load, side in zip(load_size, self.image_size, strict=True)
        ):
            raise UserError(
                "`load_size` (--data.load-size) must be at least the image "
                f"size, which is cut from it: {self.image_size}. Got: "
                f"{load_size}."
            )
        return load_size
