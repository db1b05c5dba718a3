"""The folder layout: trainA, trainB, testA, testB and their masks."""

import itertools
import os
import re
from pathlib import Path

from data_pipelines.examples import Encoded, Example
from tfmask.ops.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")
# Images that people have but the decoder does not read: worth a message,
# where a stray text file is not.
_OTHER_IMAGES = (
    ".webp",
    ".gif",
    ".tif",
    ".tiff",
    ".heic",
    ".avif",
    ".jfif",
    ".jp2",
)
_LAYOUT = (
    "Expected the folders trainA, trainB, testA and testB with images "
    f"({', '.join(SUFFIXES)})"
)
_PAIRED_LAYOUT = "; pairs can lie in train/A, train/B, test/A and test/B"


def natural_key(name):
    """Sort key that puts `img_2` before `img_10`."""
    parts = re.split(r"(\d+)", name)
    # The plain name decides between `1` and `01`.
    return [int(p) if p.isdecimal() else p.lower() for p in parts], name


def list_examples(root, split, domain):
    """Finds the images of one split and domain, and their masks.

    Args:
        root: folder that holds `trainA` and so on.
        split: "train" or "test".
        domain: "a" or "b".

    Returns:
        list of `Example` in natural order of the names. Nothing is decoded;
        what is already known to be wrong is in `Example.problem`.

    Raises:
        UserError: a folder is missing or holds no image.
    """
    root = Path(root)
    name = f"{split}{domain.upper()}"
    listed = images_of(root, name)
    masks = _mask_files(root / f"{name}_mask")
    parts = instance_files(root / f"{name}_seg")
    examples = []
    for path, problem in listed:
        region, instances = None, ()
        if masks is not None:
            found = masks.get(path.stem, [])
            region = found[0] if found else None
            problem = (
                problem
                or _no_mask(found, root / f"{name}_mask" / f"{path.stem}.png")
                or mask_problem([(0, mask) for mask in found])
            )
        if parts is not None:
            found = parts.get(path.stem, [])
            instances = [mask for _, mask in found]
            problem = (
                problem
                or _no_mask(found, root / f"{name}_seg" / f"{path.stem}_0.png")
                or mask_problem(found)
            )
        examples.append(
            Example(
                name=path.stem,
                image=Encoded.of_file(path),
                region=Encoded.of_file(region) if region else None,
                instances=tuple(map(Encoded.of_file, instances)),
                problem=problem,
            )
        )
    return examples


def images_of(root, name):
    """The image files of one folder.

    Args:
        root: folder of the whole set.
        name: path of the folder with images in it, as `trainA`.

    Returns:
        list of (path, problem) in natural order of the names; a problem is
        None, or says what is wrong with the name of the file.

    Raises:
        UserError: the folder is missing or holds no image.
    """
    root = Path(root)
    _check_root(root)
    folder = root / name
    if not folder.is_dir():
        raise UserError(_missing(root, name))
    files = _image_files(folder)
    if not files:
        raise UserError(_empty(folder))
    first_of_name, listed = {}, []
    for path in files:
        problem = file_problem(path) or format_problem(path)
        if problem is None and path.stem in first_of_name:
            problem = (
                "has the same name as "
                f"{first_of_name[path.stem].name}. Rename one of them"
            )
        first_of_name.setdefault(path.stem, path)
        listed.append((path, problem))
    return listed


def file_problem(path):
    """Why a path cannot be read as a file.

    Args:
        path: `pathlib.Path`. It is not opened: a pipe would not answer.

    Returns:
        str that goes on from the path, or None.
    """
    if not path.exists():
        if path.is_symlink():
            return f"is a link to {os.readlink(path)}, which is not there"
        return "is missing"
    if not path.is_file():
        return "is no regular file"
    return None


def format_problem(path):
    """Why an image is in no format that the decoder reads, or None."""
    if path.suffix.lower() in _OTHER_IMAGES:
        return f"{path.suffix} files are not read. Convert it to PNG or JPEG"
    return None


def mask_problem(numbered):
    """Why the masks of one image cannot be used.

    Args:
        numbered: list of (number, path), one mask an object, ascending.

    Returns:
        str that goes on from the image's path, or None.
    """
    for (number, path), (other, second) in itertools.pairwise(numbered):
        if number == other:
            return (
                f"has two masks of one name or number, {path} and "
                f"{second.name}. Remove one of them"
            )
    for _, path in numbered:
        problem = file_problem(path) or format_problem(path)
        if problem:
            return f"has the mask {path}, which {problem}"
    return None


def _no_mask(found, expected):
    if found:
        return None
    return (
        f"its mask {expected} is missing. Add it (all black when the image "
        "shows no object), or remove the whole mask folder"
    )


def _check_root(root):
    if root.is_dir():
        return
    got = "a file" if root.exists() else "nothing there"
    raise UserError(
        f"{_LAYOUT} in {root}. Got: {got}. Give a folder, "
        "`tfds:cycle_gan/horse2zebra` or `synthetic`."
    )


def _missing(root, name):
    found = sorted(p.name for p in root.iterdir() if p.is_dir())
    message = f"{_LAYOUT}{_PAIRED_LAYOUT}. Missing: {root / name}."
    if found:
        listed = ", ".join(found[:10]) + (", ..." if len(found) > 10 else "")
        message += f" Found there: {listed}."
    if name.startswith("test"):
        message += " Add it, or ask for the training images only."
    return message


def _empty(folder):
    entries = [p for p in folder.iterdir() if not p.name.startswith(".")]
    got = f"{len(entries)} other entries" if entries else "an empty folder"
    if entries and all(p.is_dir() for p in entries):
        got = f"{len(entries)} folders"
    return (
        f"Expected images ({', '.join(SUFFIXES)}) in {folder}. Got: {got}. "
        "Put the images directly into this folder."
    )


def visible_files(folder):
    """What a folder holds beside folders, in natural order of the names.

    Args:
        folder: `pathlib.Path` of a folder.

    Returns:
        list of paths: files, also links to nowhere and pipes. Names with a
        dot in front are left out: file managers drop them (._x.jpg).
    """
    files = (
        path
        for path in folder.iterdir()
        if not path.is_dir() and not path.name.startswith(".")
    )
    return sorted(files, key=lambda path: natural_key(path.name))


def _image_files(folder):
    wanted = (*SUFFIXES, *_OTHER_IMAGES)
    return [p for p in visible_files(folder) if p.suffix.lower() in wanted]


def _mask_files(folder):
    """dict of stem to list of masks; None when there is no such folder."""
    if not folder.is_dir():
        return None
    masks = {}
    for path in _image_files(folder):
        masks.setdefault(path.stem, []).append(path)
    return masks


def instance_files(folder):
    """Masks of single objects, `NAME_0.png`, `NAME_1.png` and so on.

    Args:
        folder: path.

    Returns:
        dict of an image's stem to a list of (number, path), ascending; see
        `mask_problem` for what can be wrong with it. None where there is no
        such folder.
    """
    if not folder.is_dir():
        return None
    parts = {}
    for path in _image_files(folder):
        stem, _, number = path.stem.rpartition("_")
        if number.isdecimal():
            parts.setdefault(stem, []).append((int(number), path))
    return {stem: sorted(numbered) for stem, numbered in parts.items()}
