"""The folder layout: trainA, trainB, testA, testB and their masks."""

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
        region = instances = None
        if masks is not None:
            region = masks.get(path.stem)
            problem = problem or _no_mask(
                region, root / f"{name}_mask" / f"{path.stem}.png"
            )
        if parts is not None:
            instances = [p for _, p in sorted(parts.get(path.stem, []))]
            problem = problem or _no_mask(
                instances, root / f"{name}_seg" / f"{path.stem}_0.png"
            )
        examples.append(
            Example(
                name=path.stem,
                image=Encoded.of_file(path),
                region=Encoded.of_file(region) if region else None,
                instances=tuple(map(Encoded.of_file, instances or ())),
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
        problem = None
        if path.suffix.lower() in _OTHER_IMAGES:
            problem = (
                f"{path.suffix} files are not read. Convert it to PNG or JPEG"
            )
        elif path.stem in first_of_name:
            problem = (
                "has the same name as "
                f"{first_of_name[path.stem].name}. Rename one of them"
            )
        first_of_name.setdefault(path.stem, path)
        listed.append((path, problem))
    return listed


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


def _visible_files(folder):
    # Names with a dot in front are droppings of file managers (._x.jpg).
    return (
        p
        for p in folder.iterdir()
        if p.is_file() and not p.name.startswith(".")
    )


def _image_files(folder):
    files = _visible_files(folder)
    wanted = (*SUFFIXES, *_OTHER_IMAGES)
    files = [p for p in files if p.suffix.lower() in wanted]
    return sorted(files, key=lambda p: natural_key(p.name))


def _mask_files(folder):
    """Masks by stem, or None when there is no such folder."""
    if not folder.is_dir():
        return None
    files = _visible_files(folder)
    return {p.stem: p for p in files if p.suffix.lower() in SUFFIXES}


def instance_files(folder):
    """Masks of single objects, `NAME_0.png`, `NAME_1.png` and so on.

    Args:
        folder: path.

    Returns:
        dict of an image's stem to a list of (number, path), in no order;
        None where there is no such folder.
    """
    if not folder.is_dir():
        return None
    parts = {}
    for path in _visible_files(folder):
        stem, _, number = path.stem.rpartition("_")
        if number.isdecimal() and path.suffix.lower() in SUFFIXES:
            parts.setdefault(stem, []).append((int(number), path))
    return parts
