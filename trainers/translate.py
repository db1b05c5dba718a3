"""`tfmask translate`: image files in, translations and masks out."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from serving.commands.command_line import require_least
from serving.commands.files import sample_folder
from serving.commands.tiles import tiling_of
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow
from tfmask.translation.image_files import bad_images, list_images, plan_outputs
from tfmask.translation.inputs import (
    check_inputs,
    given_inputs,
    results_of,
    samples_of,
)
from tfmask.translation.options import with_inputs
from tfmask.translation.translate import direction_of, translate_files

DONE = "translated"


@dataclasses.dataclass(frozen=True)
class _Options:
    """Translate images of any size with a trained run.

    Writes OUTPUT/NAME.png and OUTPUT/masks/NAME_mask.png for every image.
    Further outputs of the method are beside the mask: NAME_instance_0.png and
    so on for each mask of --instances, NAME_X_mask.png for another image X.
    """

    run: Path
    """Run folder of `tfmask train`."""
    input: Path
    """An image, or a folder of images (.jpg, .jpeg, .png, .bmp). Subfolders
    are not read."""
    output: Path
    """Folder for the results; made if it is missing."""
    mask_output: Path | None = None
    """Folder for the masks; None: OUTPUT/masks."""
    image_size: int | None = None
    """Resize every image to a square of this side first, as training and
    `tfmask evaluate` do; None: keep its size."""
    direction: Literal["a_to_b", "b_to_a"] | None = None
    """Which way to translate; None: a_to_b, or the only way of the run."""
    samples: int = 1
    """Answers to each image, of methods that have several. More than 1:
    OUTPUT/style_NUMBER is the folder of each, from --style-seed on."""
    tile: int | None = None
    """Translate images that are larger in tiles of this side, which overlap
    and fade into each other: less memory, see docs/large_pictures.md. None:
    in one pass."""
    overlap: int | None = None
    """Pixels that tiles share at least; None: a quarter of --tile."""
    overwrite: bool = False
    """Replace results that are already there."""

    def __post_init__(self):
        require_least(self, samples=1, image_size=1)
        if self.image_size is not None and self.mask is not None:
            raise ValueError("`image_size` and `mask` do not go together.")
        tiling_of(self.tile, self.overlap)


Options = with_inputs(_Options)


def planned(options, images, inputs):
    """Where the results go: a plan for each answer, in the order of numbers.

    Args:
        options: `Options`.
        images: list of paths.
        inputs: `Inputs`.

    Raises:
        UserError: as in `plan_outputs`.
    """
    first = next(iter(inputs.seeds.values()), 0)
    plans = []
    for seed in range(first, first + options.samples):
        folders = options.output, options.mask_output
        if options.samples > 1:
            folders = (f and sample_folder(f, seed) for f in folders)
        output, mask_output = folders
        plans.append(
            plan_outputs(
                images,
                output,
                results_of(inputs, images),
                mask_output=mask_output,
                more_inputs=inputs.paths,
                overwrite=options.overwrite,
            )
        )
    return plans


@command
def main(argv: list[str] | None = None, load_run=None) -> int:
    """Runs `tfmask translate`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    options = parse_options(Options, argv, "translate")
    listing = list_images(options.input)
    images = listing.images
    inputs = given_inputs(options, images)
    plans = planned(options, images, inputs)

    if not images:
        raise UserError(bad_images(listing.problems, listing.count, DONE))
    load_tensorflow()
    from serving.commands.progress import tiled_progress

    if load_run is None:
        from tfmask.training.run_folder import load_run

    _, method = load_run(options.run)
    direction = direction_of(options.run, method, options.direction)
    inputs = check_inputs(options.run, method, inputs)
    answers = samples_of(options.run, method, inputs, options.samples)
    failed = dict(listing.problems)
    total = options.samples * len(images)
    with tiled_progress("Translating", total) as bars:
        for plan, values in zip(plans, answers.values(), strict=True):
            failed |= translate_files(
                method,
                plan,
                direction,
                inputs=values,
                image_size=options.image_size,
                tiling=tiling_of(options.tile, options.overlap),
                advance=bars.advance,
                progress=bars.tiles,
            )
    print(
        f"{listing.count - len(failed)} of {listing.count} images translated "
        f"to {options.output}"
    )
    for line in listing.left_out():
        print(line)
    if failed:
        raise UserError(bad_images(failed, listing.count, DONE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
