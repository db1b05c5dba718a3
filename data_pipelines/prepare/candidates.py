"""Images that may have instances, and how to get their masks."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from serving.commands.files import scan_folder
from tfmask.ops.errors import UserError

OTHER_FILE = "not an image, by its name"


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may have instances.

    Attributes:
        path: the image file.
        masks: function of the image's (height, width) and of a function
            `crop` that takes and returns a (H, W) array. It yields one cropped
            (H, W) bool array for each instance, also for empty ones. It raises
            `UserError` with only the reason as text.
        crowds: int, crowd regions that are left out.
    """

    path: Path
    masks: Callable
    crowds: int = 0


def scanned(folder, option):
    """Scans a folder that an option names.

    Args:
        folder: path.
        option: str, for the message.

    Returns:
        `serving.commands.files.Scan`.

    Raises:
        UserError: the folder is missing.
    """
    if not folder.is_dir():
        got = "a file" if folder.exists() else "which is not there"
        raise UserError(f"`{option}` must be a folder. Got: `{folder}`, {got}.")
    return scan_folder(folder)


def list_images(folder, report):
    """The image files of `--images`.

    Results are always PNG. So any format that Pillow knows is allowed.

    Args:
        folder: path.
        report: `Report`. It gets the files that are no images by their names.

    Returns:
        list of paths in natural order.

    Raises:
        UserError: the folder is missing.
    """
    scan = scanned(folder, "--images")
    for path in scan.others:
        report.leave_out(OTHER_FILE, path.name)
    return [path for path, _ in scan.images]
