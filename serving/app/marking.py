"""The interface between the page of masks and its command."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Marking(NamedTuple):
    """The images to paint on, and functions that read and save their masks.

    Attributes:
        root: folder of the images.
        files: paths below it, in the order in which they come up.
        present: function of a file and its picture, (H, W, 3) uint8; returns
            the mask to start from, (H, W) uint8, or None.
        saved: function of a file; the path of its mask, or None.
        save: function of a file, a mask (H, W) uint8 and whether it may
            replace one; returns its path.
        exists: the error of `save` if there is already a mask.
    """

    root: Path
    files: Sequence[str]
    present: Callable[[str, np.ndarray], np.ndarray | None]
    saved: Callable[[str], Path | None]
    save: Callable[[str, np.ndarray, bool], Path]
    exists: type[Exception]


def words(marking: Marking, at: int) -> str:
    """Where a person is.

    Args:
        marking: `Marking`.
        at: int, place in `files`. At the end it is the number of files.
    """
    done = sum(marking.saved(file) is not None for file in marking.files)
    of = f"{done} of {len(marking.files)} have a mask"
    if at >= len(marking.files):
        return f"### That was the last one; {of}."
    return f"### {at + 1} · {marking.files[at]} · {of}"
