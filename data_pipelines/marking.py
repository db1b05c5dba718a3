"""Masks that a person paints, saved where training reads them."""

import csv
import threading
from pathlib import Path

import numpy as np

from data_pipelines.folders import mask_files
from serving.commands.pictures import binary
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_png

DOMAINS = ("a", "b")
# There may be two windows of one page in one process.
_SAVING = threading.Lock()


class MaskExists(UserError):
    """There is a mask already, and nobody said that it may be replaced."""


def mask_path(root, file):
    """Where the mask of a training image belongs.

    Args:
        root: folder with trainA and trainB.
        file: str, "trainA/NAME.jpg".

    Returns:
        Path, ROOT/trainA_mask/NAME.png.
    """
    file = Path(file)
    return Path(root) / f"{file.parent}_mask" / f"{file.stem}.png"


def saved_mask(root, file):
    """The mask that training would read of an image now.

    Args:
        root, file: see `mask_path`.

    Returns:
        Path, or None.

    Raises:
        UserError: there are several.
    """
    path = mask_path(root, file)
    masks = (mask_files(path.parent) or {}).get(path.stem, [])
    if len(masks) > 1:
        names = " and ".join(sorted(mask.name for mask in masks))
        raise UserError(
            f"`{path.parent}` has more than one mask of {file}: {names}. "
            "Remove all but one."
        )
    return masks[0] if masks else None


def save_mask(root, file, levels, *, replace=False):
    """Saves a mask whole or not at all, as 0 and 255.

    Args:
        root, file: see `mask_path`.
        levels: (H, W) uint8 in the size of the shown image. 128 and more is
            object.
        replace: bool; an existing mask may be replaced.

    Returns:
        Path of the mask.

    Raises:
        MaskExists: there is a mask, and `replace` is False.
        UserError: there is a mask in another kind of file. Both masks would
            count.
        OSError: it cannot be written. An older mask does not change.
    """
    path = mask_path(root, file)
    with _SAVING:
        there = saved_mask(root, file)
        if there is not None and there != path:
            raise UserError(
                f"{file} has the mask `{there}` already. Remove it, or give it "
                f"the name {path.name}, to paint another."
            )
        if there is not None and not replace:
            raise MaskExists(f"`{path}` is already there.")
        write_png(path, binary(np.asarray(levels)))
    return path


def read_list(path):
    """The images of a table that `tfmask prepare masks` wrote.

    Args:
        path: path of the table.

    Returns:
        list of str, "trainA/NAME.jpg", in the order of the table.

    Raises:
        UserError: it is not such a table.
        OSError: it cannot be read.
    """
    with open(path, newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        if "file" not in (table.fieldnames or ()):
            raise UserError(
                f"`{path}`: expected a table of `tfmask prepare masks` with "
                f"the column `file`. Got: {table.fieldnames}."
            )
        files = [row["file"] for row in table]
    folders = [f"train{domain.upper()}" for domain in DOMAINS]
    for line, name in enumerate(files, 2):
        parts = Path(name or "").parts
        if len(parts) != 2 or parts[0] not in folders or ".." in parts:
            raise UserError(
                f"`{path}`, line {line}: expected trainA/NAME or trainB/NAME. "
                f"Got: {name!r}."
            )
    return files
