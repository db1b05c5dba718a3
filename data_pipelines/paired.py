"""Pairs of images of two domains, as batches that depend on a seed."""

from data_pipelines.unpaired import (
    DOMAINS,
    PAIRINGS,
    TOGETHER,
    UnpairedData,
)


class PairedData(UnpairedData):
    """Images of two domains that show the same. Made by `open_data`.

    Image n of a is the partner of image n of b, in `names`, `index` and the
    order of `test_batches`. `train_batches(..., pairing="pairs")` keeps
    partners together, with one crop and one flip for both; with the other
    pairings they are drawn as if they were none. There are no masks.

    Args:
        *args: see `UnpairedData`.
        palettes: see below.

    Attributes:
        palettes: dict of domain to `Palette`, of those that hold label maps
            of known colours.
        others: see `UnpairedData`.
    """

    pairings = (*PAIRINGS, TOGETHER)

    def __init__(self, *args, palettes):
        super().__init__(*args)
        self.palettes = palettes

    def found(self):
        """See `UnpairedData.found`."""
        return self._listed(
            f"{split} {self.counts(split)['a']} pairs" for split in self.splits
        )

    def test_pairs(self, *, split="test", batch_size=1, limit=None):
        """All pairs once, in the order of `names`, not augmented.

        Args:
            split: "test" or "train".
            batch_size: int; the last batch may be smaller.
            limit: int, at most so many pairs; None for all.

        Returns:
            `tf.data.Dataset` of {"a": {...}, "b": {...}}, each with `image`
            (B, H, W, 3) float32 in [-1, 1] and `index` (B,) int64.

        Raises:
            UserError: an argument makes no sense.
        """
        sources = {domain: self._source(domain, split) for domain in DOMAINS}
        return self._in_order(
            *(split, batch_size, limit),
            lambda index: {
                domain: self._unchanged(source, index, {})
                for domain, source in sources.items()
            },
        )
