"""Finds attribute sets: folders with a list, and tfds."""

import math
from pathlib import Path

import numpy as np

from data_pipelines.attribute_lists import (
    CELEBA_LIST,
    CELEBA_PARTITION,
    PARTITIONS,
    AttributeList,
    celeba_split,
    read_celeba_list,
    read_csv,
    read_partition,
)
from data_pipelines.examples import Encoded, Example
from data_pipelines.sharded_folders import folder_at
from data_pipelines.tables import read_rows
from serving.commands.files import image_problem
from tfmask.ops.errors import UserError, unknown_name

CSV_LIST = "attributes.csv"
REGIONS = "regions.csv"
IMAGES = ("images", "img_align_celeba")
_COLUMNS = ["region", "x0", "y0", "x1", "y1"]
# CelebA's attributes are visible in these parts of the face. Boxes use them.
_SEEN_AT = {
    "eyes": (
        "Eyeglasses",
        "Bags_Under_Eyes",
        "Narrow_Eyes",
        "Arched_Eyebrows",
        "Bushy_Eyebrows",
    ),
    "mouth": (
        "Smiling",
        "Mouth_Slightly_Open",
        "Wearing_Lipstick",
        "Big_Lips",
        "Mustache",
        "Goatee",
    ),
    "hair_top": (
        "Black_Hair",
        "Blond_Hair",
        "Brown_Hair",
        "Gray_Hair",
        "Bald",
        "Bangs",
        "Receding_Hairline",
        "Wearing_Hat",
    ),
}


def is_attribute_folder(location):
    """Whether a folder has a list of attributes."""
    return any(
        (Path(location) / name).is_file() for name in (CELEBA_LIST, CSV_LIST)
    )


def read_list(location):
    """The attribute list of a folder, all splits.

    Returns:
        `AttributeList`.

    Raises:
        UserError: it is damaged, or there are two.
    """
    root = Path(location)
    celeba, table = root / CELEBA_LIST, root / CSV_LIST
    if celeba.is_file() and table.is_file():
        raise UserError(
            f"{root} has {CELEBA_LIST} and {CSV_LIST}: which one counts? "
            "Remove the other."
        )
    return read_celeba_list(celeba) if celeba.is_file() else read_csv(table)


def present_splits(location):
    """The splits that have images, of "train" and "test".

    Raises:
        UserError: `list_eval_partition.txt` is missing or damaged.
    """
    numbers = set(read_partition(Path(location) / CELEBA_PARTITION).values())
    return tuple(s for s, number in PARTITIONS.items() if number in numbers)


def list_examples(location, attributes, split):
    """The images of one split.

    Args:
        location: folder with `list_attr_celeba.txt` or `attributes.csv`,
            `list_eval_partition.txt`, and the folder `images` or
            `img_align_celeba`.
        attributes: `AttributeList` of all splits.
        split: "train" or "test".

    Returns:
        (list of `Example`, `AttributeList` with a row for each).

    Raises:
        UserError: a file or image is missing.
    """
    root = folder_at(location)
    folder = next((root / n for n in IMAGES if (root / n).is_dir()), None)
    if folder is None:
        raise UserError(
            f"Expected the images in {root / IMAGES[0]} (or `{IMAGES[1]}`), "
            "which is not there."
        )
    partition = Path(location) / CELEBA_PARTITION
    rows = celeba_split(attributes, partition, split)
    rows.check_files(folder)
    files_by_stem, examples = {}, []
    for file in rows.files:
        path, stem = folder / file, Path(file).stem
        problem = image_problem(path)
        if stem in files_by_stem:
            problem = (
                f"has the same name as {files_by_stem[stem]}. Rename one of "
                "them"
            )
        files_by_stem.setdefault(stem, file)
        image = Encoded.of_file(path)
        examples.append(Example(name=stem, image=image, problem=problem))
    return examples, rows


def read_boxes(location, names, known):
    """Where attributes are seen, of `regions.csv`.

    Args:
        location: folder; without the file there are no boxes.
        names: the wanted attributes.
        known: all attributes of the folder.

    Returns:
        dict of attribute to list of (x0, y0, x1, y1), in pixels of the
        files. A box has the name of its attribute; for CelebA's attributes also
        `eyes`, `mouth` or `hair_top`.

    Raises:
        UserError: the file is damaged, or a box belongs to nothing.
    """
    path = Path(location) / REGIONS
    if not path.is_file():
        return {}
    rows = read_rows(path)
    header = rows[0][1] if rows else []
    if header != _COLUMNS:
        raise UserError(
            f"Expected the columns {', '.join(_COLUMNS)} in {path}. Got: "
            f"`{','.join(header)[:60]}`."
        )
    boxes = {}
    for number, (region, *cells) in rows[1:]:
        try:
            x0, y0, x1, y1 = map(float, cells)
        except ValueError as error:
            raise UserError(
                f"Expected four numbers in row {number} of {path}. Got: "
                f"`{','.join(cells)[:60]}`."
            ) from error
        if not (0 <= x0 < x1 < math.inf and 0 <= y0 < y1 < math.inf):
            raise UserError(
                f"Row {number} of {path} is no box: expected 0 <= x0 < x1 "
                f"and 0 <= y0 < y1. Got: {','.join(cells)}."
            )
        if region not in known and region not in _SEEN_AT:
            error = unknown_name("region", region, (*_SEEN_AT, *known))
            raise UserError(f"Row {number} of {path}: {error}")
        for name in names:
            if name == region or name in _SEEN_AT.get(region, ()):
                box = tuple(map(int, (x0, y0, x1, y1)))
                boxes.setdefault(name, []).append(box)
    return boxes


def tfds_examples(location, split):
    """The images of one split of a tfds set such as `celeb_a`.

    Args:
        location: for example "tfds:celeb_a".
        split: "train" or "test".

    Returns:
        (list of `Example` with content, `AttributeList`).

    Raises:
        UserError: as in `tfds_sets.attribute_records`.
    """
    from data_pipelines import tfds_sets

    names, examples, values = (), [], []
    records = tfds_sets.attribute_records(location, split)
    for number, record in enumerate(records):
        names = names or tuple(record["attributes"])
        label = f"{location} {split} #{number}"
        image = Encoded(label=label, content=record["image"].numpy())
        examples.append(Example(name=f"{number:06d}", image=image))
        values.append([bool(record["attributes"][n]) for n in names])
    files = tuple(example.image.label for example in examples)
    values = np.array(values, np.float32)
    return examples, AttributeList(Path(location), names, files, values)
