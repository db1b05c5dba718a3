"""The folders of images and masks: both are there at the end, or neither."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from tfmask.ops.errors import UserError


def check_targets(root, name):
    """Raises unless images and masks have free places.

    Args:
        root: path that will hold the folders.
        name: "trainA" or such.

    Raises:
        UserError: a folder is not empty. A folder of whole masks counts too,
            because its masks would be used for the new images.
    """
    for end in ("", "_seg", "_mask"):
        target = root / f"{name}{end}"
        if target.is_symlink() or (
            target.exists() and not (target.is_dir() and _empty(target))
        ):
            raise UserError(
                f"Expected a new or empty folder `{target}`, but something "
                "is there already. Remove it, or give another `--output` or "
                "`--folder`."
            )


def _empty(folder):
    return next(folder.iterdir(), None) is None


@contextlib.contextmanager
def folder_pair(root, name):
    """Two new folders that get their names at the end.

    Args:
        root: path that will hold the folders. It is made if it is missing.
        name: "trainA" or such.

    Yields:
        (folder for images, folder for masks). They become `root/name` and
        `root/name_seg`. After an exception or Ctrl-C, neither remains.
    """
    new = not root.exists()
    root.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=root, prefix=f".{name}.") as path:
            folders = Path(path, "images"), Path(path, "masks")
            for folder in folders:
                folder.mkdir()
            yield folders
            _move(folders, (root / name, root / f"{name}_seg"))
    except BaseException:
        if new:
            with contextlib.suppress(OSError):
                root.rmdir()
        raise


def _move(sources, targets):
    moved = []
    try:
        for source, target in zip(sources, targets, strict=True):
            if target.exists():
                target.rmdir()
            os.rename(source, target)
            moved.append(target)
    except BaseException:
        for target in moved:
            shutil.rmtree(target)
        raise
