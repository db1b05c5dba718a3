"""`tfmask prepare masks`: which training images to mark by hand.

A few given masks help much (`--data.masks-for-training`). Masks help most for
images whose masks a run is least certain about. Before there is a run, masks
help most for images that differ most from each other. This command draws no
masks. The user marks the images.
"""

import csv
import dataclasses
import io
import os
import sys
from pathlib import Path

from data_pipelines.folders import images_of
from data_pipelines.marking import DOMAINS
from data_pipelines.sharded_folders import refuse_shards
from serving.commands.command_line import require_least
from tfmask.evaluation.unmarked_images import rows_of, uncertainties, unmarked
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_text

COLUMNS = ("domain", "file", "uncertainty")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """List the training images whose masks are worth most.

    With --run these are the images for whose masks the run is least certain.
    Without it they are images that differ from each other. Images that have a
    mask are left out.
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
    """Leave out bad files. Otherwise bad files are an error."""

    def __post_init__(self):
        require_least(self, count=1)


def images_to_mark(data, *, count, skip_bad_files, run=None, load_run=None):
    """The training images whose masks are worth most; shows a bar.

    Args:
        data: folder with trainA and trainB.
        count: int, the largest number of images of each domain.
        skip_bad_files: bool; skips files that cannot be read. False: they are
            an error.
        run: run folder. None: the images are those that differ from each other.
        load_run: stands in for that of `tfmask.training.run_folder`.

    Returns:
        dict of domain to (`Unmarked`, rows as in `rows_of`). It has the domains
        that the run translates.

    Raises:
        UserError: a folder or run does not fit, or a file is bad.
    """
    from serving.commands.progress import image_progress

    refuse_shards(data, "Marking masks")
    listed = {d: images_of(data, f"train{d.upper()}") for d in DOMAINS}
    with image_progress("Looking", sum(map(len, listed.values()))) as advance:
        images = {
            domain: unmarked(
                data, domain, skip_bad_files=skip_bad_files, advance=advance
            )
            for domain in listed
        }
    values = dict.fromkeys(images)
    if run is not None:
        values = uncertainties(
            data, run, skip_bad_files=skip_bad_files, load_run=load_run
        )
    return {
        domain: (images[domain], rows_of(images[domain], domain, count, own))
        for domain, own in values.items()
    }


@command
def main(argv=None, load_run=None):
    """Runs `tfmask prepare masks`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    options = parse_options(Options, argv, "prepare masks")
    if os.path.lexists(options.out):
        raise UserError(
            f"`{options.out}` is already there. Give another file as `--out`."
        )
    to_mark = images_to_mark(
        options.data,
        count=options.count,
        skip_bad_files=options.skip_bad_files,
        run=options.run,
        load_run=load_run,
    )
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for domain, (images, rows) in to_mark.items():
        writer.writerows(rows)
        name = f"train{domain.upper()}"
        print(
            f"{name}: {len(rows)} of {len(images.paths)} images "
            f"without a mask, {len(images.known)} have one"
        )
    write_text(options.out, table.getvalue())
    print(
        f"Listed in {options.out}. Put the mask of trainA/NAME.jpg into "
        f"{options.data / 'trainA_mask'}/NAME.png (of trainB: trainB_mask), as "
        "large as the image: white is the object, black the rest. Then train "
        "with --preset photos --data.masks-for-training all."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
