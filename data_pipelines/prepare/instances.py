"""`tfmask prepare instances`: images with a mask for each object.

It makes one domain of the layout that `data_pipelines.folders` reads.
ROOT/trainA has NAME.png. ROOT/trainA_seg has NAME_0.png (the largest object),
NAME_1.png and so on.
"""

import collections
import dataclasses
import functools
import sys
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from data_pipelines.prepare import coco, label_maps
from data_pipelines.prepare.folder_pair import check_targets, folder_pair
from data_pipelines.prepare.pixels import crop_image, crop_map, read_rgb
from data_pipelines.prepare.report import (
    Report,
    read_reports,
    write_reports,
)
from serving.commands.progress import image_progress
from tfmask.ops.arrays import MIN_SIDE
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError

# Why an image is left out ...
NO_OBJECT = "without such an object"
NONE_LEFT = "without an instance that is kept"
PAST_LIMIT = "beyond --limit"
# ... or an instance.
CROWD = "crowd regions"
OUTSIDE = "without a pixel after resizing and cropping"
SMALL = "smaller than --min-area"
TOO_MANY = "beyond --max-instances"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Make a domain with instance masks from COCO or from label maps.

    Writes OUTPUT/FOLDER/NAME.png and OUTPUT/FOLDER_seg/NAME_0.png (the
    largest object), NAME_1.png, .... OUTPUT/prepare.json lists what was left
    out and why.
    """

    images: Path
    """Folder of the images."""
    output: Path
    """Root of the new data set; may hold its other domains already."""
    folder: Literal["trainA", "trainB", "testA", "testB"]
    """Which of its folders to make."""
    coco: Path | None = None
    """COCO json with outlines of objects (instances_train2017.json)."""
    category: str | None = None
    """COCO: name of the objects' category."""
    keep_crowd: bool = False
    """COCO: take crowd regions too, one instance each."""
    label_maps: Path | None = None
    """Folder of label maps, NAME.png for image NAME.jpg."""
    label: tuple[int, ...] = ()
    """Label maps: numbers whose pixels, together, are the object; when left
    out, every number but 0 is an instance."""
    split_components: bool = False
    """Label maps: each connected part of these pixels is an instance."""
    size: tuple[int, ...] = ()
    """Height and width, or one number for both: resized with the aspect
    kept, then centre-cropped. Sizes stay as they are when left out."""
    min_area: float = 0.0
    """Leave out instances with a smaller share of the cropped image."""
    max_instances: int | None = None
    """Keep only so many instances of an image, the largest."""
    limit: int | None = None
    """Stop after so many images."""
    skip_bad_files: bool = False
    """Leave out files that are missing or damaged, instead of stopping."""

    def __post_init__(self):
        if (self.coco is None) == (self.label_maps is None):
            raise ValueError("give either --coco or --label-maps")
        if (self.coco is None) != (self.category is None):
            raise ValueError("--coco and --category go together")
        if self.keep_crowd and self.coco is None:
            raise ValueError("--keep-crowd needs --coco")
        if self.label and self.label_maps is None:
            raise ValueError("--label needs --label-maps")
        if self.split_components and not self.label:
            raise ValueError("--split-components needs --label")
        if len(self.size) > 2 or any(side < MIN_SIDE for side in self.size):
            raise ValueError(
                f"--size must be one or two numbers of at least {MIN_SIDE}. "
                f"Got: {' '.join(map(str, self.size))}"
            )
        if not 0.0 <= self.min_area < 1.0:
            raise ValueError(
                "--min-area must be a share of the image, 0 or more and "
                f"below 1. Got: {self.min_area}"
            )
        for name in ("max_instances", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                option = name.replace("_", "-")
                raise ValueError(f"--{option} must be 1 or more. Got: {value}")

    @property
    def shape(self):
        """(height, width) of the results, or None for the images' own."""
        return (self.size * 2)[:2] or None


def prepare(options):
    """Makes the folders.

    Args:
        options: `Options`.

    Returns:
        `Report`.

    Raises:
        UserError: an option or a file is wrong, or no image has an instance.
            Nothing is written then.
    """
    report = Report()
    check_targets(options.output, options.folder)
    record = options.output / "prepare.json"
    reports = read_reports(record)
    candidates = _candidates(options, report)
    with folder_pair(options.output, options.folder) as (images, masks):
        with image_progress("Preparing", len(candidates)) as advance:
            for image, image_masks in _chosen(
                candidates, options, report, advance
            ):
                _write(image, image_masks, images, masks)
        if not options.skip_bad_files:
            report.raise_for_bad()
        if not report.images:
            raise UserError(
                f"No image in `{options.images}` has an instance; nothing was "
                f"written ({report.counts()})."
            )
    reports[options.folder] = {
        "options": _plain(options),
        **report.as_json(),
    }
    write_reports(record, reports)
    return report


def _candidates(options, report):
    if options.coco is not None:
        return coco.list_candidates(
            options.images,
            options.coco,
            options.category,
            report,
            keep_crowd=options.keep_crowd,
        )
    return label_maps.list_candidates(
        options.images,
        options.label_maps,
        options.label,
        report,
        split=options.split_components,
    )


def _chosen(candidates, options, report, advance):
    """Yields ((name, image), masks) of what is to be written."""
    owner = {}
    for candidate in candidates:
        path = candidate.path
        if options.limit is not None and report.images >= options.limit:
            report.leave_out(PAST_LIMIT, path.name)
            continue
        try:
            first = owner.setdefault(path.stem, path)
            if first is not path:
                raise UserError(f"has the same name as {first}. Rename one")
            image, image_masks, dropped = load(candidate, options)
        except UserError as error:
            report.add_bad(str(path), str(error))
        else:
            for reason, count in dropped.items():
                report.drop(reason, path.name, count)
            if image_masks:
                report.images += 1
                report.instances += len(image_masks)
                yield (path.stem, image), image_masks
            else:
                reason = NONE_LEFT if dropped else NO_OBJECT
                report.leave_out(reason, path.name)
        advance()


def load(candidate, options):
    """Reads, resizes and crops an image and its masks.

    Args:
        candidate: `Candidate`.
        options: `Options`.

    Returns:
        image: `PIL.Image`, RGB.
        kept: list of (H, W) bool arrays, the largest first.
        dropped: dict of reason to number of instances, all above 0.

    Raises:
        UserError: a file is missing or damaged, or image and masks do not
            fit. The text is the reason alone.
    """
    image = read_rgb(candidate.path)
    shape = image.height, image.width
    if options.shape is None and min(shape) < MIN_SIDE:
        raise UserError(
            f"is {shape[0]} high and {shape[1]} wide, expected at least "
            f"{MIN_SIDE} pixels on each side (or give --size)"
        )
    crop = functools.partial(crop_map, size=options.shape)
    large_masks, dropped = [], collections.Counter({CROWD: candidate.crowds})
    for mask in candidate.masks(shape, crop):
        if not mask.any():
            dropped[OUTSIDE] += 1
        elif mask.mean() < options.min_area:
            dropped[SMALL] += 1
        else:
            large_masks.append(mask)
    # This is a stable sort. If two are equal, the first stays first.
    large_masks.sort(key=np.count_nonzero, reverse=True)
    if options.max_instances is not None:
        dropped[TOO_MANY] = len(large_masks[options.max_instances :])
        large_masks = large_masks[: options.max_instances]
    return crop_image(image, options.shape), large_masks, dict(+dropped)


def _write(image, image_masks, images, masks):
    name, picture = image
    picture.save(images / f"{name}.png")
    for number, mask in enumerate(image_masks):
        pixels = mask.astype(np.uint8) * 255
        Image.fromarray(pixels).save(masks / f"{name}_{number}.png")


def _plain(options):
    values = dataclasses.asdict(options)
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in values.items()
    }


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask prepare instances`; returns the exit code."""
    options = parse_options(Options, argv, "prepare instances")
    report = prepare(options)
    print(
        f"{report.images} images with {report.instances} instances in "
        f"{options.output / options.folder}; {report.counts()}; details in "
        f"{options.output / 'prepare.json'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
