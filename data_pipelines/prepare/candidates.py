"""Images that may have instances, and how to get their masks."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from data_pipelines.folders import SUFFIXES, visible_files
from tfmask.ops.errors import UserError

# Results are always PNG: Pillow may read what the training does not.
IMAGE_SUFFIXES = (*SUFFIXES, ".webp", ".gif", ".tif", ".tiff")
OTHER_FILE = "not an image, by its name"


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may have instances.

    Attributes:
        path: the image file.
        masks: function of the image's (height, width) and of a function
            `crop` that takes and returns a (H, W) array. Yields one cropped
            (H, W) bool array for each instance, empty ones too. Raises
            `UserError` whose text is the reason alone.
        crowds: int, crowd regions that are left out.
    """

    path: Path
    masks: Callable
    crowds: int = 0


def list_files(folder, option):
    """The files of a folder in natural order, hidden ones left out.

    Args:
        folder: path.
        option: str, where the path came from, for the message.

    Returns:
        list of paths.

    Raises:
        UserError: there is no such folder.
    """
    if not folder.is_dir():
        got = "a file" if folder.exists() else "which is not there"
        raise UserError(f"`{option}` must be a folder. Got: `{folder}`, {got}.")
    return visible_files(folder)


def list_images(folder, report):
    """The image files of `--images`.

    Args:
        folder: path.
        report: `Report`; gets what is no image by its name.

    Returns:
        list of paths in natural order.

    Raises:
        UserError: there is no such folder.
    """
    images = []
    for path in list_files(folder, "--images"):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            images.append(path)
        else:
            report.leave_out(OTHER_FILE, path.name)
    return images
