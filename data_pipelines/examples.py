"""Files of an image, its masks and its partner, before decoding."""

import dataclasses
import errno
import os
from pathlib import Path

from data_pipelines.sharded_folders import ShardedPath


@dataclasses.dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of one image file, or where they are.

    Attributes:
        label: its name in messages: the path, or the place in a data set.
        path: file to read. None if there is only `content`.
        span: (start, length) of the bytes in this file. None: all of it.
        content: the encoded bytes. None if they stay on disk.
        orientation: the turn that makes the image upright, a key of
            `serving.commands.picture_headers.TURNS`.
        converted: bool, `content` is the image of the file in a form that
            TensorFlow reads.
    """

    label: str
    path: str | None = None
    span: tuple[int, int] | None = None
    content: bytes | None = None
    orientation: int = 1
    converted: bool = False

    @classmethod
    def of_file(cls, path):
        """An encoded image that stays on disk for now, perhaps in a shard."""
        if isinstance(path, ShardedPath):
            shard, *span = path.place
            return cls(label=str(path), path=shard, span=tuple(span))
        return cls(label=str(path), path=str(path))

    @property
    def stored(self):
        """int, bytes on the disk. 0 if there are none."""
        if self.span is not None:
            return self.span[1]
        if self.path is None or not os.path.exists(self.path):
            return 0
        return os.path.getsize(self.path)

    def read(self):
        """The encoded bytes. Raises `OSError` if the file is gone or short."""
        if self.content is not None:
            return self.content
        if self.span is None:
            return Path(self.path).read_bytes()
        start, length = self.span
        with open(self.path, "rb") as shard:
            shard.seek(start)
            content = shard.read(length)
        if len(content) < length:
            raise OSError(errno.EIO, "the shard ends too early", self.path)
        return content


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """One image with the masks that belong to it, or a pair of images.

    Attributes:
        name: stem of the image file.
        image: `Encoded`.
        region: `Encoded` union mask, or None.
        instances: one `Encoded` mask per object, in order.
        partner: `Encoded` image of the other domain, or None.
        side_by_side: bool, the image holds both domains: a in the left half,
            b in the right one.
        problem: None, or the reason why the example cannot be used. It was
            found before anything was decoded.
    """

    name: str
    image: Encoded
    region: Encoded | None = None
    instances: tuple[Encoded, ...] = ()
    partner: Encoded | None = None
    side_by_side: bool = False
    problem: str | None = None

    @property
    def files(self):
        """All encoded images of the example, the image itself first."""
        others = (self.region, *self.instances, self.partner)
        return (self.image, *(file for file in others if file is not None))
