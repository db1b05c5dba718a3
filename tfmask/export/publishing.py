"""Publishing a folder as a model's next version: whole, or not at all.

A server looks at the folder of the model every second. So a version is first
written under a name that no server reads, and flushed to the disk. Then one
rename gives it its number.
"""

import contextlib
import errno
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from serving.protocol.versions import find_versions
from tfmask.ops.errors import UserError
from tfmask.ops.locks import lock_handle

FACTS = Path("assets.extra", "tfmask.json")  # servers leave assets.extra alone
CONFIG_FOLDER = "serving_config"  # beside the models
_PREFIX = ".tmp-"
# This is for file systems that cannot say if the writer still runs.
_LEFTOVER_SECONDS = 24 * 3600


def publish(
    base: str | os.PathLike,
    name: str,
    write: Callable[[Path], None],
    facts: Mapping[str, Any] | None = None,
) -> Path:
    """Publishes what `write` writes as the model's next version.

    Files that killed exports left behind are removed first.

    Args:
        base: folder of all models. It is made if it is missing.
        name: the model's name.
        write: function of a folder. It fills the folder.
        facts: dict for JSON. It is written to `assets.extra/tfmask.json`
            together with the name and the version.

    Returns:
        Path of the version's folder, `<base>/<name>/<version>`.

    Raises:
        UserError: as in `check_place`.
        OSError: writing failed. Nothing is published then. The same holds for
            all errors of `write`.
    """
    check_place(base, name)
    folder = Path(base) / name
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    with _temporary_folder(folder) as temporary:
        write(temporary)
        extra = temporary / FACTS
        extra.parent.mkdir(exist_ok=True)
        _flush(temporary)
        while True:
            version = max(find_versions(folder), default=0) + 1
            described = {"model": name, "version": version, **(facts or {})}
            extra.write_text(json.dumps(described, indent=2) + "\n")
            _flush_path(extra)
            _flush_path(extra.parent)
            try:
                temporary.rename(folder / str(version))
            except OSError as error:
                # Another export took this number in the meantime.
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                break
    _flush_path(folder)
    return folder / str(version)


def check_place(base: str | os.PathLike, name: str) -> None:
    """Looks whether models can be published under a name.

    Args:
        base: folder of all models.
        name: the model's name.

    Raises:
        UserError: the name cannot be the name of a folder, or TensorFlow cannot
            write there.
    """
    plain = name and name == Path(name).name and not name.startswith(".")
    if not plain or name == CONFIG_FOLDER:
        raise UserError(
            "`name` must be a plain folder name, without a leading dot and "
            f"other than {CONFIG_FOLDER}. Got: {name!r}"
        )
    folder = str(Path(base, name))
    try:
        folder.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            "TensorFlow writes models into folders whose names are UTF-8 "
            f"only. Got: {folder!r}. Choose other names."
        ) from error


def remove_leftovers(folder: Path) -> None:
    """Removes unfinished versions whose export no longer runs.

    An export holds a lock on its folder. The system releases the lock when the
    process ends for any reason. If the file system has no such locks, a
    leftover is removed when it is a day old.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:  # another export removed it first
            continue
        try:
            if _is_leftover(handle):
                # The folder is removed while it is locked. An export that has
                # just made this folder waits for the lock. Then it sees that
                # the folder is gone.
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(handle)


def _is_leftover(handle: int) -> bool:
    """Whether no export holds the folder; locks it then, where it can."""
    locked = lock_handle(handle)
    if locked is None:
        return time.time() - os.fstat(handle).st_mtime >= _LEFTOVER_SECONDS
    return locked


@contextlib.contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """A new locked folder on the models' file system; it goes on failure."""
    while True:
        path = folder / f"{_PREFIX}{uuid.uuid4().hex[:12]}"
        path.mkdir()
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # taken for a leftover, see below
            continue
        # Without locks the age of a folder shows whether it is a leftover.
        lock_handle(handle, wait=True)
        if path.exists():
            break
        # Another export removed it as a leftover before it was locked.
        os.close(handle)
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    """Everything is on the disk before the name is."""
    for path in folder.rglob("*"):
        _flush_path(path)
    _flush_path(folder)


def _flush_path(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
