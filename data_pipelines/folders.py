"""The folder layout: trainA, trainB, testA, testB and their masks."""

import itertools
import shlex

from data_pipelines.examples import Encoded, Example
from data_pipelines.sharded_folders import folder_at
from serving.commands.files import IMAGE_SUFFIXES, image_problem, scan_folder
from tfmask.ops.errors import UserError

_LAYOUT = (
    "Expected the folders trainA, trainB, testA and testB with images "
    f"({', '.join(IMAGE_SUFFIXES)})"
)
_PAIRED_LAYOUT = (
    "; pairs can lie in train/A, train/B, test/A and test/B, or side by side "
    "in the files of train and test"
)
# Other sets use these names for `test`.
_VALIDATION = ("val", "valid", "validation")


def list_examples(root, split, domain, *, some_masks=False):
    """Finds the images of one split and domain, and their masks.

    Args:
        root: folder that holds `trainA` and so on, on the disk or in shards.
        split: "train" or "test".
        domain: "a" or "b".
        some_masks: bool; masks of training images may be missing.

    Returns:
        list of `Example` in natural order of the names. Nothing is decoded.
        Known problems are in `Example.problem`.

    Raises:
        UserError: a folder is missing or holds no image; or masks may be
            missing, and a mask belongs to no image.
    """
    root = folder_at(root)
    name = f"{split}{domain.upper()}"
    listed = images_of(root, name)
    masks = mask_files(root / f"{name}_mask")
    parts = instance_files(root / f"{name}_seg")
    some_masks = some_masks and split == "train"
    if some_masks:
        stems = {path.stem for path, _ in listed}
        _refuse_strays(root / f"{name}_mask", masks or {}, stems)
        _refuse_strays(root / f"{name}_seg", parts or {}, stems)
    examples = []
    for path, problem in listed:
        region, instances = None, ()
        if masks is not None:
            masks_of_image = masks.get(path.stem, [])
            region = masks_of_image[0] if masks_of_image else None
            problem = (
                problem
                or (not some_masks and not masks_of_image)
                and _no_mask(root / f"{name}_mask" / f"{path.stem}.png")
                or mask_problem([(0, mask) for mask in masks_of_image])
            )
        if parts is not None:
            masks_of_image = parts.get(path.stem, [])
            instances = [mask for _, mask in masks_of_image]
            problem = (
                problem
                or (not some_masks and not masks_of_image)
                and _no_mask(root / f"{name}_seg" / f"{path.stem}_0.png")
                or mask_problem(masks_of_image)
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
        name: path of the folder of the images in it, for example `trainA`.

    Returns:
        list of (path, problem) in natural order of the names; a problem is
        None, or it says what is wrong with the name of the file.

    Raises:
        UserError: the folder is missing or holds no image.
    """
    root = folder_at(root)
    _check_root(root)
    folder = root / name
    if not folder.is_dir():
        raise UserError(_missing(root, name))
    files = scan_folder(folder).images
    if not files:
        raise UserError(_empty(folder))
    first_of_name, listed = {}, []
    for path, problem in files:
        if problem is None and path.stem in first_of_name:
            problem = (
                "has the same name as "
                f"{first_of_name[path.stem].name}. Rename one of them"
            )
        if problem is None:
            first_of_name[path.stem] = path
        listed.append((path, problem))
    return listed


def mask_problem(numbered):
    """Why the masks of one image cannot be used.

    Args:
        numbered: list of (number, path), one mask for each object, ascending.

    Returns:
        str to put after the path of the image, or None.
    """
    for (number, path), (other, second) in itertools.pairwise(numbered):
        if number == other:
            return (
                f"has two masks of one name or number, {path} and "
                f"{second.name}. Remove one of them"
            )
    for _, path in numbered:
        problem = image_problem(path)
        if problem:
            return f"has the mask {path}, which {problem}"
    return None


def _no_mask(expected):
    return (
        f"its mask {expected} is missing. Add it (all black when the image "
        "shows no object), or remove the whole mask folder"
    )


def _refuse_strays(folder, masks, stems):
    """Raises a `UserError` if a mask has no image.

    If masks may be missing, nothing else finds a misspelled name.
    """
    if strays := sorted(set(masks) - stems):
        more = f" and {len(strays) - 1} more" if len(strays) > 1 else ""
        raise UserError(
            f"The mask of `{strays[0]}`{more} in {folder} belongs to no image: "
            "none has this name. Rename or remove it."
        )


def validation_hint(root, names):
    """How to use validation images where there are no test images.

    Args:
        root: folder of the set.
        names: names of the missing folders, such as `testA` or `test/A`.

    Returns:
        str: " `val` is there: ..."; "" if there is no such folder.
    """
    root = folder_at(root)
    for word in _VALIDATION:
        renamed = {
            name.split("/")[0].replace("test", word): name.split("/")[0]
            for name in names
            if name.startswith("test")
        }
        there = {
            old: new for old, new in renamed.items() if (root / old).is_dir()
        }
        if there:
            pairs = " and ".join(f"`{o}` to `{n}`" for o, n in there.items())
            links = "; ".join(
                f"ln -s {shlex.quote(o)} {shlex.quote(str(root / n))}"
                for o, n in there.items()
            )
            listed = " and ".join(f"`{root / old}`" for old in there)
            verb = "is" if len(there) == 1 else "are"
            return f" {listed} {verb} there: rename {pairs}, or link: {links}."
    return ""


def _check_root(root):
    if root.is_dir():
        return
    got = "a file" if root.exists() else "nothing there"
    raise UserError(
        f"{_LAYOUT} in {root}. Got: {got}. Give a folder, "
        "`tfds:cycle_gan/horse2zebra` or `synthetic`."
    )


def _missing(root, name):
    subfolders = sorted(p.name for p in root.iterdir() if p.is_dir())
    message = f"{_LAYOUT}{_PAIRED_LAYOUT}. Missing: {root / name}."
    if subfolders:
        listed = ", ".join(subfolders[:10]) + (
            ", ..." if len(subfolders) > 10 else ""
        )
        message += f" Found there: {listed}."
    return message + validation_hint(root, [name])


def _empty(folder):
    entries = [p for p in folder.iterdir() if not p.name.startswith(".")]
    got = f"{len(entries)} other entries" if entries else "an empty folder"
    if entries and all(p.is_dir() for p in entries):
        got = f"{len(entries)} folders"
    return (
        f"Expected images ({', '.join(IMAGE_SUFFIXES)}) in {folder}. Got: "
        f"{got}. Put the images directly into this folder."
    )


def mask_files(folder):
    """Masks of whole images.

    Args:
        folder: path.

    Returns:
        dict of an image's stem to a list of paths. It has several paths if
        masks have the same name. None if there is no such folder.
    """
    if not folder.is_dir():
        return None
    masks = {}
    for path, _ in scan_folder(folder).images:
        masks.setdefault(path.stem, []).append(path)
    return masks


def instance_files(folder):
    """Masks of single objects, `NAME_0.png`, `NAME_1.png` and so on.

    Args:
        folder: path.

    Returns:
        dict of an image's stem to a list of (number, path), ascending.
        `mask_problem` checks it. None if there is no such folder.
    """
    if not folder.is_dir():
        return None
    parts = {}
    for path, _ in scan_folder(folder).images:
        stem, _, number = path.stem.rpartition("_")
        if number.isdecimal():
            parts.setdefault(stem, []).append((int(number), path))
    return {stem: sorted(numbered) for stem, numbered in parts.items()}
