"""`tfmask embed`: where a run's content and style codes lie, as a plot.

t-SNE brings each kind of code of LOMIT's test images to two dimensions. There
is one plot for each attribute, coloured by it. Only the foreground style should
show the attributes (Figure 8 of the paper).
"""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from serving.commands.command_line import require_least
from tfmask.evaluation.code_embedding import (
    codes_of,
    embedded,
    figure,
    separations,
    table,
)
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import check_results_folder, write_png, write_text
from tfmask.ops.start import load_tensorflow
from tfmask.training.resuming import require_data

PLOT, TABLE = "embedding.png", "embedding.csv"


@dataclasses.dataclass(frozen=True)
class Options:
    """Plot a LOMIT run's codes: OUTPUT/embedding.png and .csv.

    Needs scikit-learn, the extra `embed`.
    """

    run: Path
    """Run folder of `tfmask train`."""
    output: Path
    """Folder for the results; made if it is missing."""
    data: str | None = None
    """Other data with the run's attributes; None: the data of the training."""
    split: Literal["test", "train"] = "test"
    """Images to encode."""
    limit: int = 500
    """Only the first so many images."""
    perplexity: float = 30.0
    """Perplexity of t-SNE: about how many neighbours count."""
    seed: int = 0
    """Seed of t-SNE."""
    batch_size: int = 8
    """Images at a time; the codes do not depend on it."""
    overwrite: bool = False
    """Replace a plot that is already there."""

    def __post_init__(self):
        require_least(self, limit=1, perplexity=1, batch_size=1)


def _print_separations(separations, names):
    print("silhouettes of the codes (1: apart by the attribute, 0: mixed)")
    for code, values in separations.items():
        numbers = ", ".join(
            f"{name} {'-' if value is None else f'{value:.3f}'}"
            for name, value in zip(names, values, strict=True)
        )
        print(f"  {code.replace('_', ' ')}: {numbers}")


def _open(config, options):
    from tfmask.training.training_data import open_training_data

    changes = {"attributes": config.method.attributes}
    if options.data is None:
        require_data(options.run, config.data.location)
    else:
        changes["location"] = options.data
    changed = dataclasses.replace(config.data, **changes)
    return open_training_data(
        dataclasses.replace(config, data=changed), splits=(options.split,)
    )


@command
def main(argv=None, load_run=None):
    """Runs `tfmask embed`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    options = parse_options(Options, argv, "embed")
    check_results_folder(
        options.output,
        (PLOT, TABLE),
        overwrite=options.overwrite,
        option="output",
    )
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise UserError(
            "`tfmask embed` needs scikit-learn: pip install 'tfmask[embed]'"
        ) from error
    load_tensorflow()
    from tfmask.methods.lomit.method import LOMIT

    if load_run is None:
        from tfmask.training.run_folder import load_run

    config, method = load_run(options.run)
    if not isinstance(method, LOMIT):
        raise UserError(
            "`tfmask embed` plots the codes of lomit. Got: a run of "
            f"{config.method_name}, `{options.run}`"
        )
    data = _open(config, options)
    codes, attributes, index = codes_of(
        method,
        data,
        split=options.split,
        limit=options.limit,
        batch_size=options.batch_size,
    )
    places = {
        name: embedded(values, perplexity=options.perplexity, seed=options.seed)
        for name, values in codes.items()
    }
    names, files = data.attributes, data.names("a", options.split)
    images = [files[number] for number in index]
    write_png(options.output / PLOT, figure(places, attributes, names))
    write_text(options.output / TABLE, table(places, attributes, names, images))
    _print_separations(separations(codes, attributes), names)
    print(f"{len(images)} images: {options.output / PLOT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
