"""Locks that go with their process, however it ends."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tfmask.ops.errors import UserError

LOCK = ".lock"  # in the folder that is written; holds the process
_READ_SECONDS = 1.0  # until a process that has the lock has written its name


def lock_handle(handle: int, *, wait: bool = False) -> bool | None:
    """Locks an open file or folder for this process.

    The system releases the lock when the handle is closed. So it also releases
    it when the process is killed.

    Args:
        handle: the handle of `os.open`.
        wait: wait until the owner of the lock releases it.

    Returns:
        bool; True if it is locked now. None if the file system has no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@contextlib.contextmanager
def turn(folder: str | os.PathLike) -> Iterator[None]:
    """Waits until no other `turn` on this folder is going on.

    Use it for short work, for example to read a file and write it anew.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock_handle(handle, wait=True)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def only_writer(folder: str | os.PathLike, advice: str) -> Iterator[None]:
    """Refuses a second process that would write into a folder for long.

    The folder is made if it is missing. If nothing was written, the folder is
    removed again. If the file system has no locks, nothing is refused.

    Args:
        folder: path.
        advice: a sentence for the message. It says what one can do instead of
            waiting.

    Raises:
        UserError: another process writes into the folder. The text names it.
    """
    folder = Path(folder)
    new_folders = [p for p in (folder, *folder.parents) if not p.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    with contextlib.ExitStack() as stack:
        while True:
            file = stack.enter_context(open(path, "a+", encoding="utf-8"))
            if lock_handle(file.fileno()) is False:
                raise UserError(
                    f"`{folder}` is in use by {_owner(file)}. Wait for it, or "
                    f"end it. {advice}"
                )
            if _is_at(path, file):
                break
            # The process that held the lock has just removed the file.
        try:
            file.truncate(0)
            file.write(f"{os.getpid()} {socket.gethostname()}\n")
            file.flush()
            yield
        finally:
            # The file is removed while it is locked, because a second process
            # looks for it.
            path.unlink(missing_ok=True)
            for empty in new_folders:
                with contextlib.suppress(OSError):
                    empty.rmdir()


def writer_of(folder: str | os.PathLike) -> str | None:
    """The process that writes into a folder under `only_writer`, in words.

    Args:
        folder: path.

    Returns:
        "process 42", with its host if that is another one. None if there is no
        such process, or if the file system has no locks.
    """
    try:
        with open(Path(folder) / LOCK, encoding="utf-8") as file:
            locked = lock_handle(file.fileno())
            return _owner(file) if locked is False else None
    except OSError:
        return None


def _is_at(path, file):
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _owner(file):
    """The process that wrote a lock's file, in words."""
    until = time.monotonic() + _READ_SECONDS
    while True:
        file.seek(0)
        number, _, host = file.read().strip().partition(" ")
        if number:
            break
        if time.monotonic() >= until:
            return "another process"
        time.sleep(0.02)
    where = "" if host == socket.gethostname() else f" on {host}"
    return f"process {number}{where}"
