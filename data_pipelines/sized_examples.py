"""Examples of images at a size: loaded, resized, kept in memory."""

import sys

from data_pipelines import augment
from data_pipelines.kept_examples import KeptExamples

# Up to so many bytes of the resized images of a source stay in memory.
KEPT_LIMIT = 512 * 2**20


class SizedExamples:
    """Loads the examples of sources, and resizes them in one way.

    Args:
        image_size: (height, width) of examples that are not augmented.
        interpolation, antialias: see `augment.resize`.
    """

    def __init__(self, image_size, interpolation, antialias):
        self._image_size = image_size
        self._options = {"interpolation": interpolation, "antialias": antialias}
        self._in_memory = {}

    def unchanged(self, source, index, wanted):
        """An example of the image size, not augmented.

        Args:
            source: see `data_pipelines.sources`.
            index: scalar int64 tensor, the place of the image.
            wanted: dict of `source.load`'s options, which masks to load.

        Returns:
            dict of tensors, with what the source knows of the image. Images are
            in [-1, 1].
        """
        example = self._resized(source, index, self._image_size, wanted)
        return augment.normalise(example) | source.facts(index)

    def before_crop(self, source, load_size, wanted, *, cached):
        """How the examples of a source are made ready for the crop.

        Args:
            source, wanted: see `unchanged`.
            load_size: (height, width).
            cached: bool; all examples stay in memory, not only `KEPT_LIMIT`.

        Returns:
            Function of an index. It returns a dict of uint8 tensors.
        """

        def load(index):
            return self._resized(
                source, index, load_size, wanted, in_bytes=True
            )

        if source.remembers and not cached:
            return load
        key = id(source), load_size, tuple(wanted.items()), cached
        if key not in self._in_memory:
            limit = sys.maxsize if cached else KEPT_LIMIT
            self._in_memory[key] = KeptExamples(load, len(source.names), limit)
        return self._in_memory[key]

    def _resized(self, source, index, size, wanted, *, in_bytes=False):
        return augment.resize(
            source.load(index, size, **wanted),
            size,
            labels=source.labels,
            in_bytes=in_bytes,
            **self._options,
        )
