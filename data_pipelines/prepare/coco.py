"""The images and instances of one category in a COCO json file."""

import functools
import json

from data_pipelines.prepare.candidates import Candidate, list_images
from data_pipelines.prepare.outlines import to_mask
from serving.commands.files import natural_key
from serving.commands.pictures import side_hint
from tfmask.ops.errors import UserError, unknown_name

NOT_LISTED = "not in the COCO file"
NO_CATEGORY = "no object of the category"


def list_candidates(images, file, category, report, *, keep_crowd=False):
    """Finds the images that show a category.

    Args:
        images: folder of the image files.
        file: path of the json.
        category: str, name of the category.
        report: `Report`. It gets the images that are left out.
        keep_crowd: bool; a crowd region counts as an instance.

    Returns:
        list of `Candidate` in natural order of the file names. The files may be
        missing.

    Raises:
        UserError: there is no such folder, the file is not COCO's, or the
            category is unknown.
    """
    present = {path.name for path in list_images(images, report)}
    content = _read(file)
    try:
        records, annotations, problems = _index(content, file, category)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"`{file}` is not a COCO file of instances: an entry is not as "
            f"expected ({error!r})."
        ) from error
    for annotation, problem in problems:
        report.add_bad(f"{file}, annotation {annotation.get('id')}", problem)
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
        chosen = [
            annotation
            for annotation in annotations[number]
            if keep_crowd or not annotation.get("iscrowd")
        ]
        candidates.append(
            Candidate(
                path=images / name,
                masks=functools.partial(_masks, record, chosen),
                crowds=len(annotations[number]) - len(chosen),
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
    """Images by id; annotations of the category by the image's id; problems.

    A problem is a pair of an annotation that is not used and of the reason.
    """
    names = {}
    for entry in content["categories"]:
        name = names.setdefault(entry["id"], entry["name"])
        if name != entry["name"]:
            raise UserError(
                f"`{file}` has two categories of the id {entry['id']}: "
                f"{name} and {entry['name']}."
            )
    if category not in names.values():
        raise unknown_name("category", category, set(names.values()))
    records, files = {}, {}
    for record in content["images"]:
        name = record["file_name"]
        if not isinstance(name, str):
            raise TypeError(f"file_name is {name!r}")
        other = records.setdefault(record["id"], record)
        if other is not record:
            raise UserError(
                f"`{file}` has two images of the id {record['id']}: "
                f"{other['file_name']} and {name}."
            )
        if name in files:
            raise UserError(
                f"`{file}` lists {name} twice, as the images {files[name]} "
                f"and {record['id']}."
            )
        files[name] = record["id"]
    annotations, problems, earlier = {}, [], set()
    for annotation in content["annotations"]:
        kind, image = annotation["category_id"], annotation["image_id"]
        if names.get(kind, category) != category:
            continue
        # Merged exports hold annotations twice, some with new ids.
        same = {
            f"id {annotation.get('id')!r}",
            f"{image!r} {json.dumps(annotation.get('segmentation'))}",
        }
        if kind not in names:
            problem = f"is of category {kind!r}, which the file does not list"
        elif image not in records:
            problem = (
                f"belongs to image {image!r}, which the file does not list"
            )
        elif annotation.get("iscrowd") not in (None, 0, 1):
            problem = f"has iscrowd {annotation['iscrowd']!r}, expected 0 or 1"
        elif same & earlier - {"id None"}:
            problem = "is there twice"
        else:
            problem = None
            annotations.setdefault(image, []).append(annotation)
        if problem:
            problems.append((annotation, problem))
        earlier |= same
    return records, annotations, problems


def _masks(record, annotations, shape, crop):
    recorded = tuple(
        size if record.get(name) is None else record[name]
        for name, size in zip(("height", "width"), shape, strict=True)
    )
    if not all(isinstance(size, int | float) for size in recorded):
        raise UserError(
            f"has the height {recorded[0]!r} and the width {recorded[1]!r} "
            "in the COCO file, expected numbers"
        )
    if recorded != shape:
        raise UserError(
            f"is {shape[0]} high and {shape[1]} wide, but {recorded[0]} high "
            f"and {recorded[1]} wide in the COCO "
            f"file{side_hint(shape, recorded)}"
        )
    for annotation in annotations:
        try:
            mask = to_mask(annotation.get("segmentation"), shape)
        except UserError as error:
            raise UserError(
                f"its annotation {annotation.get('id')} {error}"
            ) from error
        yield crop(mask)
