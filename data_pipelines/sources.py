"""Where examples come from: encoded files or the synthetic generator.

A source belongs to one domain of one split. It turns an index into tensors
inside a `tf.data` map. The pipeline decides the order of examples.
"""

import functools
import os

import numpy as np
import tensorflow as tf

from data_pipelines import synthetic
from data_pipelines.checks import decode, upright
from serving.commands.mask_values import INSIDE


class _Files:
    """Checked files, in memory or on disk, by their number.

    Args:
        files: list of `Encoded`.
    """

    def __init__(self, files):
        self._read = self._plain
        if any(file.span and not file.content for file in files):
            # TensorFlow reads whole files only.
            self._read = functools.partial(_read_spans, files)
        contents = [file.content or b"" for file in files]
        paths = [None if f.content else f.path for f in files]
        turns = [file.orientation for file in files]
        self._contents = self._paths = self._turns = None
        with tf.device("CPU"):
            if any(contents):
                self._contents = tf.constant(contents)
            if any(paths):
                # Names of files may not be UTF-8.
                encoded = [os.fsencode(path or "") for path in paths]
                self._paths = tf.constant(encoded)
            if max(turns) > 1:
                self._turns = tf.constant(turns)

    def decode(self, index):
        """One file, (H, W, 3) uint8 and upright, in graph code."""
        image = tf.ensure_shape(decode(self._read(index)), (None, None, 3))
        if self._turns is None:
            return image
        image = upright(image, self._turns[index])
        return tf.ensure_shape(image, (None, None, 3))

    def _plain(self, index):
        if self._paths is None:
            return self._contents[index]
        path = self._paths[index]
        if self._contents is None:
            return tf.io.read_file(path)
        return tf.cond(
            path == "",
            lambda: self._contents[index],
            lambda: tf.io.read_file(path),
        )


def _read_spans(files, index):
    """The bytes of one of some `Encoded`, in graph code."""
    content = tf.numpy_function(
        lambda number: files[number].read(), [index], tf.string, stateful=False
    )
    return tf.ensure_shape(content, ())


class _Parts:
    """Any number of masks an example, none included.

    Args:
        files: list of lists of `Encoded`, one list for each example.
    """

    def __init__(self, files):
        self._starts = np.cumsum([0, *map(len, files)])
        self._files = _Files([file for own in files for file in own])

    def union(self, index, nothing):
        """One example's masks together, in graph code.

        Args:
            index: int64 scalar tensor.
            nothing: (H, W, 1) uint8 zeros, the result if there are no masks.
        """
        starts = tf.constant(self._starts, tf.int64)
        # This is a fold, because a map over nothing has no shape.
        return tf.foldl(
            lambda union, number: tf.maximum(
                union, _mask(self._files.decode(number))
            ),
            tf.range(starts[index], starts[index + 1]),
            initializer=nothing,
        )


class EncodedSource:
    """Images and masks that are decoded whenever they are asked for.

    Args:
        examples: list of checked `Example`. If an example holds its bytes, they
            stay in memory. The others are read from their paths.
        labels: bool, the images are label maps.

    Attributes:
        labels: as given; see `augment.resize`.
        remembers: bool, `load` is fast because it keeps what it returned.
        names: list of str, stems in the order of the indices.
        has_regions: bool, every example has a mask.
        masked: tuple of int, the indices of the examples that have a mask.
        has_instances: bool, every example has one mask per object.
        most_instances: int, the largest number of objects in one example.
    """

    remembers = False

    def __init__(self, examples, *, labels=False):
        self.labels = labels
        self.names = [example.name for example in examples]
        mask_files = [[e.region] if e.region else e.instances for e in examples]
        self.masked = tuple(n for n, files in enumerate(mask_files) if files)
        self.has_instances = all(e.instances for e in examples)
        self.has_regions = len(self.masked) == len(examples)
        self.most_instances = max(len(e.instances) for e in examples)
        self._images = _Files([e.image for e in examples])
        self._masks = self._instances = self._some = None
        if all(e.region for e in examples):
            self._masks = _Files([e.region for e in examples])
        elif self.masked and not self.has_instances:
            self._some = _Parts(mask_files)
        if self.has_instances:
            counts = [len(e.instances) for e in examples]
            self._starts = tf.constant(np.cumsum([0, *counts]), tf.int64)
            self._instances = _Files(
                [file for e in examples for file in e.instances]
            )

    def load(self, index, size, *, region=False, instances=0):
        """Decodes one example, in graph code.

        Args:
            index: int64 scalar tensor.
            size: not used here, because files have their own size.
            region: bool, also return the union mask. It is zeros for an example
                that is not in `masked`.
            instances: int, also return so many instance masks. Missing ones are
                zeros. 0: return none.

        Returns:
            dict of `image` (H, W, 3) uint8, and if asked for `region`
            (H, W, 1) and `instances` (N, H, W, 1), uint8 0/1.
        """
        del size
        example = {"image": self._image(index)}
        parts = None
        if region and self._some:
            nothing = tf.zeros_like(example["image"][..., :1])
            example["region"] = self._some.union(index, nothing)
            region = False
        if instances or (region and self._masks is None):
            first, last = self._starts[index], self._starts[index + 1]
            parts = tf.map_fn(
                lambda number: _mask(self._instances.decode(number)),
                tf.range(first, last),
                fn_output_signature=tf.TensorSpec((None, None, 1), tf.uint8),
            )
        if region and self._masks is not None:
            example["region"] = _mask(self._masks.decode(index))
        elif region:
            example["region"] = tf.reduce_max(parts, axis=0)
        if instances:
            missing = instances - tf.shape(parts)[0]
            parts = tf.pad(parts, [[0, missing], [0, 0], [0, 0], [0, 0]])
            example["instances"] = tf.ensure_shape(
                parts, (instances, None, None, 1)
            )
        return example

    def facts(self, index):
        """The facts of an example besides arrays: dict of `index`."""
        return {"index": index}

    def _image(self, index):
        return self._images.decode(index)


def _mask(image):
    """A decoded mask, by its brightest channel, to (H, W, 1) 0 and 1."""
    brightest = tf.reduce_max(image, axis=-1, keepdims=True)
    return tf.cast(brightest >= INSIDE, tf.uint8)


class HalfSource(EncodedSource):
    """One domain of files that hold both side by side.

    Args:
        examples: list of checked `Example`.
        domain: "a", the left half, or "b", the right one.
        labels: bool, the images are label maps.
    """

    def __init__(self, examples, domain, *, labels=False):
        super().__init__(examples, labels=labels)
        self._right = domain == "b"

    def _image(self, index):
        image = super()._image(index)
        half = tf.shape(image)[1] // 2
        return image[:, half:] if self._right else image[:, :half]


class Remembered:
    """A function of index and size whose arrays are kept.

    From the second epoch on, nothing is drawn again.

    Args:
        draw: function of (index, size) that returns a tuple of arrays.
        limit: int, how many bytes are kept.
    """

    def __init__(self, draw, limit=512 * 2**20):
        self._draw = draw
        self._room = limit
        self._known = {}

    def __call__(self, index, size):
        key = int(index), size
        if key in self._known:
            return self._known[key]
        arrays = self._draw(*key)
        # No lock is needed. Two threads that draw the same image draw the same
        # bytes. The limit may be exceeded by one image.
        if self._room > 0:
            self._room -= sum(array.nbytes for array in arrays)
            self._known[key] = arrays
        return arrays


class SyntheticSource:
    """Images of `data_pipelines.synthetic`, drawn at the size asked for.

    Args:
        seed: int, number of the data set.
        domain: "a" or "b".
        split: "train" or "test".
        count: int, nominal number of examples.
        kind: "textures" or "shapes", see `synthetic.draw`.
    """

    labels = False
    remembers = has_regions = has_instances = True
    most_instances = synthetic.MOST_OBJECTS

    def __init__(self, seed, domain, split, count, *, kind="textures"):
        self.names = [f"{index:05d}" for index in range(count)]
        self.masked = tuple(range(count))
        self._key = seed, domain, split
        self._kind = kind
        self._drawn = Remembered(self._draw)

    def load(self, index, size, *, region=False, instances=0):
        """Like `EncodedSource.load`, at the given (height, width)."""
        image, owner = tf.numpy_function(
            lambda index: self._drawn(index, size),
            [index],
            (tf.uint8, tf.uint8),
            stateful=False,
        )
        example = {"image": tf.ensure_shape(image, (*size, 3))}
        owner = tf.ensure_shape(owner, size)[..., None]
        if region:
            example["region"] = tf.cast(owner > 0, tf.uint8)
        if instances:
            numbers = np.arange(1, self.most_instances + 1, dtype=np.uint8)
            parts = tf.cast(
                owner[None] == numbers[:, None, None, None], tf.uint8
            )
            missing = instances - self.most_instances
            example["instances"] = tf.pad(
                parts, [[0, missing], [0, 0], [0, 0], [0, 0]]
            )
        return example

    def facts(self, index):
        """Like `EncodedSource.facts`."""
        return {"index": index}

    def _draw(self, index, size):
        image, parts = synthetic.draw(*self._key, index, size, kind=self._kind)
        # The number of the object that owns each pixel, from 1 on. This needs a
        # quarter of the memory of one mask for each object.
        owner = np.zeros(size, np.uint8)
        for number, part in enumerate(parts, start=1):
            owner[part] = number
        return image, owner
