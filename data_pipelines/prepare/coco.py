"""The images and instances of one category in a COCO json file."""

import functools
import json

from data_pipelines.folders import natural_key
from data_pipelines.prepare.candidates import Candidate, list_images
from data_pipelines.prepare.outlines import to_mask
from tfmask.ops.errors import UserError, unknown_name

NOT_LISTED = "not in the COCO file"
NO_CATEGORY = "no object of the category"


def list_candidates(images, file, category, report, *, keep_crowd=False):
    """Finds the images that show a category.

    Args:
        images: folder of the image files.
        file: path of the json.
        category: str, its name.
        report: `Report`; gets the images that are left out.
        keep_crowd: bool; a crowd region counts as an instance.

    Returns:
        list of `Candidate` in natural order of the file names. The files
        need not be there.

    Raises:
        UserError: there is no such folder, the file is not COCO's, or the
            category is unknown.
    """
    present = {path.name for path in list_images(images, report)}
    content = _read(file)
    try:
        records, annotations = _index(content, file, category)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"`{file}` is not a COCO file of instances: an entry is not as "
            f"expected ({error!r})."
        ) from error
    for number in annotations.keys() - records.keys():
        report.add_bad(
            f"{file}, annotation {annotations[number][0].get('id')}",
            f"belongs to image {number}, which the file does not list",
        )
    for name in sorted(
        present - {record["file_name"] for record in records.values()},
        key=natural_key,
    ):
        report.leave_out(NOT_LISTED, name)
    candidates = []
    for number, record in sorted(
        records.items(), key=lambda item: natural_key(item[1]["file_name"])
    ):
        name = record["file_name"]
        if number not in annotations:
            report.leave_out(NO_CATEGORY, name)
            continue
        kept = [
            annotation
            for annotation in annotations[number]
            if keep_crowd or not annotation.get("iscrowd")
        ]
        candidates.append(
            Candidate(
                path=images / name,
                masks=functools.partial(_masks, record, kept),
                crowds=len(annotations[number]) - len(kept),
            )
        )
    return candidates


def _read(file):
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"`{file}` of `--coco` is not there.") from error
    except ValueError as error:
        raise UserError(f"`{file}` is not a json file ({error}).") from error
    wanted = ("images", "annotations", "categories")
    missing = [
        key
        for key in wanted
        if not isinstance(content, dict)
        or not isinstance(content.get(key), list)
    ]
    if missing:
        raise UserError(
            f"Expected lists of {', '.join(wanted)} in the COCO file "
            f"`{file}`. Missing: {', '.join(missing)}."
        )
    return content


def _index(content, file, category):
    """Images by id; annotations of the category by the image's id."""
    ids = {}
    for entry in content["categories"]:
        ids.setdefault(entry["name"], set()).add(entry["id"])
    if category not in ids:
        raise unknown_name("category", category, ids)
    records = {}
    for record in content["images"]:
        if not isinstance(record["file_name"], str):
            raise TypeError(f"file_name is {record['file_name']!r}")
        other = records.setdefault(record["id"], record)
        if other is not record:
            raise UserError(
                f"`{file}` has two images of the id {record['id']}: "
                f"{other['file_name']} and {record['file_name']}."
            )
    annotations = {}
    for annotation in content["annotations"]:
        if annotation["category_id"] in ids[category]:
            annotations.setdefault(annotation["image_id"], []).append(
                annotation
            )
    return records, annotations


def _masks(record, annotations, shape, crop):
    said = record.get("height", shape[0]), record.get("width", shape[1])
    if said != shape:
        raise UserError(
            f"is {shape[0]} high and {shape[1]} wide, but {said[0]} high and "
            f"{said[1]} wide in the COCO file"
        )
    for annotation in annotations:
        try:
            mask = to_mask(annotation.get("segmentation"), shape)
        except UserError as error:
            raise UserError(
                f"its annotation {annotation.get('id')} {error}"
            ) from error
        yield crop(mask)
