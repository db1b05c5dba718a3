"""Which files of a folder are images, and where their results go.

Training, `tfmask translate`, `query`, `metrics`, `study` and `prepare` use this
module. So they take the same files and print the same messages. It uses only
the standard library, because `tfmask query` has neither TensorFlow nor tfmask.
"""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# Suffixes that every command reads.
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")
# Suffixes that the client sends or converts.
CLIENT_SUFFIXES = (*IMAGE_SUFFIXES, ".jfif", ".webp")
# These are common images that not every command reads. They get a message;
# other files do not. `tfmask prepare` reads all that Pillow reads.
_OTHER_KINDS = {
    ".avif": "AVIF",
    ".gif": "GIF",
    ".heic": "HEIC",
    ".heif": "HEIC",
    ".jfif": "JPEG",
    ".jp2": "JPEG 2000",
    ".jxl": "JPEG XL",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
}
MASK_FOLDER = "masks"
NAMED = 3  # names in a line about files that are left out
_NUMBER = re.compile(r"_instance_\d+$")


class Scan(NamedTuple):
    """The files of a folder, without hidden files and subfolders.

    Attributes:
        images: list of (path, problem) in natural order of the names; a problem
            is None, or it says why the image cannot be read.
        others: list of paths of other files, in the same order.
    """

    images: list[tuple[Path, str | None]]
    others: list[Path]


class Listing(NamedTuple):
    """The images that a command was given.

    Attributes:
        images: list of paths in natural order of the names.
        problems: dict of path to reason: images that cannot be read.
        masks: list of paths of masks beside their images.
        others: list of paths of files that are no images.
    """

    images: list[Path]
    problems: dict[Path, str]
    masks: list[Path]
    others: list[Path]

    @property
    def count(self) -> int:
        """Images that were meant: good ones and others."""
        return len(self.images) + len(self.problems)

    def left_out(self) -> list[str]:
        """Lines about files that are left out, each with the first names."""
        lines = []
        if self.masks:
            lines.append(
                f"{_count(self.masks, 'mask')} beside their images left out "
                "(NAME_mask.png, NAME_X_mask.png, NAME_instance_0.png "
                f"where NAME is an image): {first_names(self.masks)}"
            )
        if self.others:
            lines.append(
                f"{_count(self.others, 'file')} left out, no images by their "
                f"names: {first_names(self.others)}"
            )
        return lines


def natural_key(name: str) -> tuple:
    """Sort key that puts `img_2` before `img_10`."""
    parts = re.split(r"(\d+)", name)
    # The plain name decides between `1` and `01`.
    return [int(p) if p.isdecimal() else p.lower() for p in parts], name


def first_names(paths: Sequence[Path]) -> str:
    """The names of the first files, and how many more there are."""
    names = ", ".join(path.name for path in paths[:NAMED])
    more = len(paths) - NAMED
    return f"{names} and {more} more" if more > 0 else names


def scan_folder(
    folder: str | Path, suffixes: Sequence[str] = IMAGE_SUFFIXES
) -> Scan:
    """Looks which files of a folder are images, by their names.

    Args:
        folder: path, or what has its `iterdir`.
        suffixes: suffixes of the images that can be read.

    Returns:
        `Scan`. Nothing is opened.

    Raises:
        OSError: there is no such folder, or it cannot be listed.
    """
    images, others = [], []
    # File managers leave names with a dot in front (._x.jpg).
    if isinstance(folder, str):
        folder = Path(folder)
    paths = (p for p in folder.iterdir() if not p.name.startswith("."))
    for path in sorted(paths, key=lambda path: natural_key(path.name)):
        if path.suffix.lower() in (*IMAGE_SUFFIXES, *_OTHER_KINDS):
            images.append((path, image_problem(path, suffixes)))
        elif not path.is_dir():
            others.append(path)
    return Scan(images, others)


def image_problem(
    path: Path, suffixes: Sequence[str] = IMAGE_SUFFIXES
) -> str | None:
    """Why a file cannot be read as an image, as far as its name tells.

    Args:
        path: the file.
        suffixes: suffixes of the images that can be read.

    Returns:
        str to put after the path, or None.
    """
    problem, suffix = file_problem(path), path.suffix.lower()
    if problem is None and suffix in _OTHER_KINDS and suffix not in suffixes:
        kind = _OTHER_KINDS[suffix]
        return (
            f"is {article(kind)} {kind} image: {path.suffix} files are not "
            "read. Convert it to PNG or JPEG"
        )
    return problem


def article(kind: str) -> str:
    """`an` of AVIF, `a` of all other formats."""
    return "an" if kind == "AVIF" else "a"


def file_problem(path: Path) -> str | None:
    """Why a path cannot be read as a file.

    Args:
        path: path of the file. It is not opened, because a pipe would not
            answer.

    Returns:
        str to put after the path, or None.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            return f"is a link to {os.readlink(path)}, which is not there"
        return "is missing"
    except OSError as error:
        return f"cannot be opened ({error.strerror})"
    if stat.S_ISDIR(mode):
        return "is a folder"
    return None if stat.S_ISREG(mode) else "is no regular file"


def result_names(name: str, count: int) -> list[str]:
    """Names of the results of a set of masks: `instance_0` of `instances`."""
    return [f"{name.removesuffix('s')}_{number}" for number in range(count)]


def list_images(
    source: str | os.PathLike, suffixes: Sequence[str] = IMAGE_SUFFIXES
) -> Listing:
    """The images of a folder, or the one file.

    NAME_mask.png, NAME_X_mask.png or NAME_instance_0.png beside an image NAME
    are masks of this image. They do not count as images.

    Args:
        source: path of a file or folder.
        suffixes: suffixes of the images that can be read.

    Returns:
        `Listing`.

    Raises:
        ValueError: there is no image. The text says which files are there.
    """
    source = Path(source)
    if not source.is_dir():
        if source.is_file():
            return Listing([source], {}, [], [])
        got = "is not there"
        if os.path.lexists(source):
            got = file_problem(source)
        raise ValueError(
            "Expected an image or a folder of images. Got: "
            f"`{source}`, which {got}."
        )
    scan = scan_folder(source, suffixes)
    stems = {path.stem for path, _ in scan.images}
    images, problems, masks = [], {}, []
    for path, problem in scan.images:
        if _is_mask(path, stems):
            masks.append(path)
        elif problem:
            problems[path] = problem
        else:
            images.append(path)
    if not images and not problems:
        raise ValueError(
            f"Expected images ({', '.join(suffixes)}) in `{source}`. "
            f"Got: {_contents(source, scan.others)}."
        )
    return Listing(images, problems, masks, scan.others)


def _is_mask(path, stems):
    """Whether a file is the mask of another one, by its name."""
    owner = _NUMBER.sub("", path.stem)
    if path.stem.endswith("_mask"):
        owner = path.stem.removesuffix("_mask")
        owner = owner if owner in stems else owner.rpartition("_")[0]
    return path.suffix.lower() == ".png" and (
        owner != path.stem and owner in stems
    )


def _contents(folder, others):
    """The contents of a folder without images, in words."""
    if others:
        return f"{_count(others, 'other file')} ({first_names(others)})"
    folders = [p for p in folder.iterdir() if p.is_dir()]
    return f"{_count(folders, 'folder')}" if folders else "an empty folder"


def _count(items, kind):
    return f"{len(items)} {kind}{'s' * (len(items) != 1)}"


def sample_folder(folder: Path, seed: int) -> Path:
    """Where one of several answers goes: its number repeats it."""
    return folder / f"style_{seed}"


def plan_outputs(
    images: Sequence[Path],
    output: Path,
    masks: Mapping[Path, Sequence[str]],
    *,
    mask_output: Path | None = None,
    more_inputs: Sequence[Path] = (),
    overwrite: bool = False,
) -> dict[Path, dict[str, Path]]:
    """Where every result goes, checked before anything is written.

    Args:
        images: the images to translate.
        output: folder of the translations.
        masks: image to the names of its results besides the translation,
            such as "mask" and "instance_0".
        mask_output: folder of these results. None: `MASK_FOLDER` in `output`.
        more_inputs: paths that are also read.
        overwrite: bool. False: existing results are an error.

    Returns:
        dict of image to a dict of the result's name to its path: "image" is
        OUTPUT/NAME.png, all others are MASK_OUTPUT/NAME_RESULT.png.

    Raises:
        ValueError: two results would have one name, or a result would
            replace an input (always) or an older result (`overwrite`).
    """
    if mask_output is None:
        mask_output = output / MASK_FOLDER
    for option, folder in (("output", output), ("mask-output", mask_output)):
        if folder.exists() and not folder.is_dir():
            raise ValueError(
                f"`--{option}` must be a folder. Got: `{folder}`, a file."
            )
    inputs = [*images, *more_inputs]
    read = {path.resolve() for path in inputs}
    plan: dict[Path, dict[str, Path]] = {}
    owner: dict[Path, Path] = {}
    for image in images:
        plan[image] = {"image": output / f"{image.stem}.png"}
        for name in masks[image]:
            plan[image][name] = mask_output / f"{image.stem}_{name}.png"
        for path in plan[image].values():
            if path.resolve() in read:
                raise ValueError(
                    f"The result `{path}` would replace an input. Give "
                    "another folder as `--output`."
                )
            if path.is_dir():
                raise ValueError(
                    f"The result `{path}` cannot be written: there is a "
                    "folder of that name. Remove it, or give another folder "
                    "as `--output`."
                )
            if path in owner:
                raise ValueError(
                    f"`{owner[path]}` and `{image}` would both become "
                    f"`{path}`. Rename one of them."
                )
            owner[path] = image
    existing = [path for path in owner if os.path.lexists(path)]
    if existing and not overwrite:
        raise ValueError(
            f"{len(existing)} of {len(owner)} results are already there, "
            f"the first is `{existing[0]}`. Give `--overwrite` or another "
            "folder as `--output`."
        )
    return plan
