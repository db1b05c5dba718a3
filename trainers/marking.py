"""`tfmask prepare masks`: which training images to mark by hand.

A few given masks go a long way (`--data.masks-for-training`). Those help most
of which a run is least certain, or, before there is a run, those that differ
most from each other. Nothing is drawn: marking is the user's.
"""

import csv
import dataclasses
import io
import os
import sys
from pathlib import Path

import numpy as np

from data_pipelines.folders import images_of, instance_files, mask_files
from data_pipelines.prepare.varied import spread, thumbnail, without_repeats
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_text
from tfmask.ops.start import load_tensorflow

COLUMNS = ("domain", "file", "uncertainty")
BATCH = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """List the training images whose masks are worth most.

    With --run those whose masks the run is least certain of, else some that
    differ from each other. Images that have a mask are left out.
    """

    data: Path
    """Folder with trainA and trainB."""
    out: Path
    """Table to write: domain, file, uncertainty."""
    run: Path | None = None
    """Run folder of `tfmask train`, of a method of two domains."""
    count: int = 20
    """Images of each domain."""
    skip_bad_files: bool = False
    """Leave unreadable files out, do not stop."""

    def __post_init__(self):
        if self.count < 1:
            raise ValueError(f"`count` must be 1 or more. Got: {self.count}")


@dataclasses.dataclass(frozen=True)
class Unmarked:
    """The training images of a domain.

    Attributes:
        paths: list of those without a mask.
        thumbnails: (N, D) float32, what these look like.
        known: (K, D) float32, what those with a mask look like.
    """

    paths: list
    thumbnails: np.ndarray
    known: np.ndarray


def unmarked(root, domain, *, skip_bad_files, advance):
    """Looks at the training images of a domain.

    Args:
        root: folder with trainA and trainB.
        domain: "a" or "b".
        skip_bad_files: bool; else a file that cannot be read is an error.
        advance: called after each image.

    Returns:
        `Unmarked`.

    Raises:
        UserError: the folder is missing, or a file is bad.
    """
    name = f"train{domain.upper()}"
    marked = {
        *(mask_files(root / f"{name}_mask") or ()),
        *(instance_files(root / f"{name}_seg") or ()),
    }
    paths, known, looks = [], [], []
    for path, problem in images_of(root, name):
        try:
            if problem:
                raise UserError(problem)
            look = thumbnail(path)
        except UserError as error:
            if not skip_bad_files:
                raise UserError(
                    f"{path}: {error}. Repair or remove it, or leave it out "
                    "with --skip-bad-files."
                ) from error
        else:
            if path.stem in marked:
                known.append(look)
            else:
                paths.append(path)
                looks.append(look)
        advance()
    return Unmarked(paths, np.array(looks), np.array(known))


def uncertainty(mask):
    """How far a mask is from a decision: mean of `4 m (1 - m)`.

    Args:
        mask: (B, H, W, 1) in [0, 1].

    Returns:
        (B,) float, 0 where all is 0 or 1, 1 where all is a half.
    """
    return np.mean(4.0 * mask * (1.0 - mask), axis=(1, 2, 3))


def uncertainties(options, load_run):
    """How uncertain a run is of its masks.

    Returns:
        dict of domain to dict of an image's name to `uncertainty`, of the
        domains that the run translates.

    Raises:
        UserError: it is no run of a method of two domains of plain images.
    """
    load_tensorflow()
    from tfmask.evaluation.context import Context
    from tfmask.methods import method_spec
    from tfmask.training.run_folder import open_images

    if load_run is None:
        from tfmask.training.run_folder import load_run

    config, method = load_run(options.run)
    spec = method.spec
    if spec.data != "unpaired" or len(spec.required) > 1:
        raise UserError(
            f"`{options.run}` is a run of {spec.name}, which does not find "
            "masks of single images of two domains. Give another --run, or "
            "leave it out."
        )
    # No mask is used, so that any may be missing.
    changed = dataclasses.replace(
        config.data,
        location=str(options.data),
        skip_bad_files=options.skip_bad_files,
        masks_for_training=0,
    )
    config = dataclasses.replace(config, data=changed)
    data = open_images(config, method_spec(spec.name), ("train",))
    context = Context(method, data, split="train", batch_size=BATCH)
    found = {}
    for direction in method.directions:
        translate, domain = context.translation(direction), direction[0]
        names = context.names(domain)
        found[domain] = {
            names[index]: float(value)
            for batch in context.read(data.test_batches, domain)
            for index, value in zip(
                batch["index"],
                uncertainty(translate({"image": batch["image"]})["mask"]),
                strict=True,
            )
        }
    return found


def rows_of(images, domain, count, values=None):
    """Rows of the table: the images of a domain to mark, best first.

    Args:
        images: `Unmarked`.
        domain: "a" or "b".
        count: int, at most so many.
        values: dict of name to uncertainty; None without a run.

    Returns:
        list of (domain, file, uncertainty), file as "trainA/NAME.jpg".
    """
    if values is None:
        chosen = spread(images.thumbnails, images.known, count)
    else:
        own = np.array([values[path.stem] for path in images.paths])
        chosen = without_repeats(own, images.thumbnails, images.known, count)
    rows = []
    for path in (images.paths[index] for index in chosen):
        value = "" if values is None else f"{values[path.stem]:.4f}"
        rows.append((domain, f"{path.parent.name}/{path.name}", value))
    return rows


@command
def main(argv=None, load_run=None):
    """Runs `tfmask prepare masks`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    from tfmask.ops.console import image_progress

    options = parse_options(Options, argv, "prepare masks")
    if os.path.lexists(options.out):
        raise UserError(
            f"`{options.out}` is already there. Give another file as `--out`."
        )
    found = {d: images_of(options.data, f"train{d.upper()}") for d in "ab"}
    with image_progress("Looking", sum(map(len, found.values()))) as advance:
        images = {
            domain: unmarked(
                options.data,
                domain,
                skip_bad_files=options.skip_bad_files,
                advance=advance,
            )
            for domain in found
        }
    values = dict.fromkeys(images)
    if options.run is not None:
        values = uncertainties(options, load_run)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for domain, own in values.items():
        rows = rows_of(images[domain], domain, options.count, own)
        writer.writerows(rows)
        name = f"train{domain.upper()}"
        print(
            f"{name}: {len(rows)} of {len(images[domain].paths)} images "
            f"without a mask, {len(images[domain].known)} have one"
        )
    write_text(options.out, table.getvalue())
    print(
        f"Listed in {options.out}. Put the mask of trainA/NAME.jpg into "
        f"{options.data / 'trainA_mask'}/NAME.png (of trainB: trainB_mask), as "
        "large as the image: white is the object, black the rest. Then train "
        "with --data.masks-for-training all."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
