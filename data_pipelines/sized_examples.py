"""Examples of images at a size: loaded, resized, in [-1, 1]."""

from data_pipelines import augment
from data_pipelines.seeded_order import all_at_once, looked_up


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
            dict of tensors, with what the source knows of the image.
        """
        example = self._resized(source, index, self._image_size, wanted)
        return example | source.facts(index)

    def before_crop(self, source, load_size, wanted, *, cached):
        """How the examples of a source are made ready for the crop.

        Args:
            source, wanted: see `unchanged`.
            load_size: (height, width).
            cached: bool; all examples are made now, and stay in memory.

        Returns:
            Function of an index. It returns a dict of tensors.
        """

        def load(index):
            return self._resized(source, index, load_size, wanted)

        if not cached:
            return load
        key = id(source), load_size, tuple(wanted.items())
        if key not in self._in_memory:
            self._in_memory[key] = all_at_once(load, len(source.names))
        return looked_up(self._in_memory[key])

    def _resized(self, source, index, size, wanted):
        example = source.load(index, size, **wanted)
        return augment.normalise(
            augment.resize(example, size, labels=source.labels, **self._options)
        )
