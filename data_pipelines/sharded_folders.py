"""Folders of images whose files lie in TFRecord shards.

`tfmask prepare shards` writes them. Each record is one file, byte for byte. The
index says which record is which file. So a folder of shards is read as the
folder of images that it was made of: `folder_at` stands in for `pathlib.Path`.
"""

import concurrent.futures
import errno
import functools
import json
import os
import stat
from pathlib import Path, PurePosixPath

from tfmask.ops.errors import UserError
from tfmask.ops.files import sha256_of

INDEX = "shards.json"
# One line for each shard that is done, until the index is written.
UNFINISHED = "shards.unfinished.jsonl"
VERSION = 1
# A record is its length and a checksum, the bytes, and another checksum.
HEAD, TAIL = 12, 4


def folder_at(location):
    """A folder, on the disk or in shards.

    Args:
        location: path, or what this function returned.

    Returns:
        `pathlib.Path` or `ShardedPath`.

    Raises:
        UserError: the index is damaged or of another version, or the shards
            are not finished.
    """
    if isinstance(location, ShardedPath):
        return location
    root = Path(location)
    try:
        written = (root / INDEX).stat()
    except OSError:
        if (root / UNFINISHED).is_file():
            raise UserError(
                f"The shards in `{root}` are not finished. Give the command "
                "`tfmask prepare shards` again: it goes on with them."
            ) from None
        return root
    # A file that replaces another has another number.
    stamp = written.st_mtime_ns, written.st_ino
    return ShardedPath(root, _read_index(root, stamp))


def check_shards(location):
    """Compares the shards of a folder with their checksums.

    Args:
        location: path. Nothing happens if it is no folder of shards.

    Raises:
        UserError: a shard is missing, cut off or changed; or as in `folder_at`.
    """
    folder = folder_at(location)
    if not isinstance(folder, ShardedPath):
        return
    # A missing shard is told before minutes of reading.
    for path, shard in folder.shards:
        if not path.is_file():
            raise UserError(f"The shard `{path}` is missing. {_ADVICE}")
        if (size := path.stat().st_size) != shard["bytes"]:
            raise UserError(
                f"The shard `{path}` has {size} bytes. Expected: "
                f"{shard['bytes']}. {_ADVICE}"
            )
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = pool.map(sha256_of, [path for path, _ in folder.shards])
        for (path, shard), digest in zip(folder.shards, digests, strict=True):
            if digest != shard["sha256"]:
                raise UserError(
                    f"The shard `{path}` is damaged: its SHA-256 is {digest}. "
                    f"Expected: {shard['sha256']}. {_ADVICE}"
                )


def refuse_shards(location, command):
    """Raises a `UserError` if a folder has shards and no image files."""
    if isinstance(folder_at(location), ShardedPath):
        raise UserError(
            f"`{location}` has shards. {command} needs the folder of images "
            "that they were made of."
        )


_ADVICE = (
    f"Copy it again, or remove {INDEX} and give the command `tfmask prepare "
    "shards` again."
)


@functools.lru_cache(maxsize=4)
def _read_index(root, stamp):
    """The `_Index` of a folder; another `stamp` means that it has changed."""
    path = root / INDEX
    try:
        facts = json.loads(path.read_bytes())
        version = facts["version"]
        if version == VERSION:
            return _Index(root, facts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"`{path}` is damaged, or it is no index of shards: {error!r}."
        ) from error
    raise UserError(
        f"`{path}` has the version {version!r}. Expected: {VERSION}. Make the "
        "shards anew with `tfmask prepare shards`, or use the version of "
        "tfmask that made them."
    )


class _Index:
    """Where each file of a folder of shards is.

    Attributes:
        shards: list of (path, dict of `bytes`, `sha256`, ...).
        places: dict of a file's name to (path of the shard, start, length).
        entries: dict of a folder's name to a list of names in it. The folder
            itself is "".
    """

    def __init__(self, root, facts):
        self.shards = [(root / s["name"], s) for s in facts["shards"]]
        self.places = {}
        self.entries = {"": []}
        for folder in facts["folders"]:
            self._add(folder)
            self.entries[folder] = []
        for path, shard in self.shards:
            start = 0
            for name, length in shard["files"].items():
                self.places[name] = str(path), start + HEAD, length
                self._add(name)
                start += HEAD + length + TAIL

    def _add(self, name):
        parent, _, own = name.rpartition("/")
        self.entries[parent].append(own)


class ShardedPath:
    """A file or folder inside of shards: what is used here of `Path`.

    `open` does not take it, because there is no such file.

    Args:
        root: path of the folder of shards.
        index: `_Index`.
        inside: str, the name in the folder, with `/`.
    """

    def __init__(self, root, index, inside=""):
        self._root, self._index, self._inside = root, index, inside
        path = PurePosixPath(root.name, inside)
        self.name, self.stem, self.suffix = path.name, path.stem, path.suffix

    def __truediv__(self, name):
        inside = f"{self._inside}/{name}" if self._inside else str(name)
        return ShardedPath(self._root, self._index, inside)

    def __str__(self):
        return str(self._root / self._inside)

    def __lt__(self, other):
        return str(self) < str(other)

    @property
    def shards(self):
        """See `_Index`."""
        return self._index.shards

    @property
    def place(self):
        """(path of the shard, start, length) of a file's bytes."""
        return self._index.places[self._inside]

    def is_dir(self):
        """Whether it is a folder that is there."""
        return self._inside in self._index.entries

    def is_file(self):
        """Whether it is a file that is there."""
        return self._inside in self._index.places

    def exists(self):
        """Whether it is there."""
        return self.is_dir() or self.is_file()

    def is_symlink(self):
        """Shards hold no links."""
        return False

    def iterdir(self):
        """The files and folders in a folder, in no known order."""
        for name in self._index.entries[self._inside]:
            yield self / name

    def stat(self):
        """Kind and size, as `Path.stat` gives them; the rest is 0."""
        if self.is_dir():
            mode, size = stat.S_IFDIR, 0
        elif self.is_file():
            mode, size = stat.S_IFREG, self.place[2]
        else:
            words = os.strerror(errno.ENOENT)
            raise FileNotFoundError(errno.ENOENT, words, str(self))
        return os.stat_result((mode, 0, 0, 0, 0, 0, size, 0, 0, 0))
