"""`tfmask metrics`: KID, FID and IS between any two folders of images.

Numbers of sets have a meaning only with their conditions. So the report names
the network and its checksum, the resizing, counts, sizes and seeds.
"""

import dataclasses
import datetime
import sys
from pathlib import Path

from serving.commands.command_line import require_least
from tfmask.evaluation.feature_networks import (
    Features,
    check_weights,
    open_network,
)
from tfmask.evaluation.feature_sets import (
    NPZ,
    features_of,
    open_folder,
    read_features,
)
from tfmask.evaluation.set_distances import listed, measure
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import check_results_file, write_json
from tfmask.ops.package_versions import package_versions
from tfmask.ops.start import load_tensorflow

UNITS = "nothing is multiplied: papers print KID times 100 or 1000"


@dataclasses.dataclass(frozen=True)
class Options:
    """Compare two sets of images: KID, FID and, with classes, IS.

    A set is a folder of images, or an .npz file with `features` (N, D) and,
    for IS, `logits` (N, C); or, for FID only, with `mu` and `sigma`.
    """

    real: Path
    """Real images of the target: the others should look like these."""
    fake: Path
    """Images to judge."""
    json: Path
    """File for the numbers."""
    overwrite: bool = False
    """Replace numbers that are already there."""
    source: Path | None = None
    """Real images that were translated: adds the average of the distances to
    source and target, and the row of the identity map."""
    features: Features | None = None
    """Network for folders: Inception with --weights; an UNTRAINED one with
    fixed random weights; or your own classifier. Compare numbers of the last
    two only with each other."""
    weights: Path | None = None
    """For `inception`: Keras' InceptionV3 weights without top (.h5), folder of
    TF-GAN's SavedModel, or classify_image_graph_def.pb; for `classifier`:
    folder of `tfmask classifier`."""
    features_cache: Path | None = None
    """Folder that keeps features of `real` and `source` for the next time."""
    image_size: int | None = None
    """Resize all images to squares of this side first, antialiased."""
    kid_subsets: int = 100
    """Random subsets whose mean is the KID."""
    kid_size: int | None = None
    """Images in a subset; None: 1000, or all of the smaller set."""
    draws: int = 10
    """Subsets for the average of source and target."""
    draw_size: int = 50
    """Images in each of these."""
    splits: int = 10
    """Parts for the Inception Score."""
    seed: int = 2020
    """Seed of the subsets."""
    batch_size: int = 16
    """Images at a time; the numbers do not depend on it."""
    skip_bad_files: bool = False
    """Leave out bad files and list them. Otherwise bad files are an error."""

    def __post_init__(self):
        require_least(
            self, image_size=2, kid_subsets=1, kid_size=2, draws=1,
            draw_size=2, splits=1, batch_size=1, seed=0,
        )  # fmt: skip
        check_weights(self.features, self.weights)


def _read(options):
    """The sets, and what their network is (None where no image was read)."""
    sets, folders = {}, {}
    for name in ("real", "fake", "source"):
        path = getattr(options, name)
        if path is not None and path.suffix == NPZ:
            sets[name] = read_features(path)
        elif path is not None:
            folders[name] = path
    if not folders:
        return sets, None
    if options.features is None:
        name, path = next(iter(folders.items()))
        raise UserError(
            f"`--{name} {path}` holds images. Say which network computes their "
            "features: `--features inception --weights FILE`, `--features "
            "classifier --weights DIR` or `--features random-inception` "
            "(untrained)."
        )
    load_tensorflow()
    from serving.commands.progress import image_progress

    # Check all folders before the network is built.
    folders = {
        name: open_folder(name, path, skip_bad_files=options.skip_bad_files)
        for name, path in folders.items()
    }
    network = open_network(options.features, options.weights)
    total = sum(folder.about["count"] for folder in folders.values())
    with image_progress("Reading features", total) as advance:
        for name, folder in folders.items():
            sets[name] = features_of(
                folder,
                network,
                cache=None if name == "fake" else options.features_cache,
                image_size=options.image_size,
                batch_size=options.batch_size,
                advance=advance,
            )
    return sets, network.about


def _print(result):
    from rich.console import Console
    from rich.table import Table

    rows, counts = result["rows"], result["counts"]
    counts = {name: n or "of unknown count" for name, n in counts.items()}
    table = Table(title=f"images: {listed(counts)}")
    table.add_column("")
    for row in rows:
        table.add_column(row, justify="right")
    for name in rows["fake"]:
        cells = [row.get(name) for row in rows.values()]
        table.add_row(
            name.replace("_", " "),
            *("-" if value is None else f"{value:.6g}" for value in cells),
        )
    console = Console()
    console.print(table)
    for text in result["notes"]:
        console.print(text, markup=False, highlight=False)
    if about := result["features"]:
        for name in ("network", "weights", "sha256", "resize"):
            console.print(f"{name}: {about[name]}", markup=False)


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask metrics`; returns the exit code."""
    options = parse_options(Options, argv, "metrics")
    check_results_file(options.json, "units", overwrite=options.overwrite)
    sets, network = _read(options)
    measured = measure(sets, options)
    if network and "warning" in network:
        measured["notes"].insert(0, network["warning"])
    result = {
        "sets": {name: feature_set.about for name, feature_set in sets.items()},
        "counts": {
            name: feature_set.count for name, feature_set in sets.items()
        },
        "features": network,
        "image_size": options.image_size,
        "units": UNITS,
        **measured,
        "versions": package_versions(),
        "date": datetime.datetime.now(datetime.UTC).isoformat("T", "seconds"),
    }
    write_json(options.json, result)
    _print(result)
    print(f"Numbers: {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
