"""`tfmask embed`: where a run's content and style codes lie, as a plot.

The codes of LOMIT's test images, each brought to two dimensions by t-SNE and
coloured by every attribute in turn: only the foreground style should show them
(the paper's Figure 8).
"""

import csv
import dataclasses
import io
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import check_results_folder, write_png, write_text
from tfmask.ops.precision import mean_over
from tfmask.ops.start import load_tensorflow
from tfmask.training.resuming import require_data

CODES = ("content", "foreground_style", "background_style")
PLOT, TABLE = "embedding.png", "embedding.csv"
PANEL = 240  # pixels
_OFF, _ON = (60, 110, 190), (225, 95, 40)
_MARGIN, _DOT, _SMOOTH = 12, 2, 3  # pixels, and how much larger it is drawn


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
    """Other data with the run's attributes; None: what it was trained on."""
    split: Literal["test", "train"] = "test"
    """Which images."""
    limit: int = 500
    """Only the first so many images."""
    perplexity: float = 30.0
    """Of t-SNE: about how many neighbours count."""
    seed: int = 0
    """Of t-SNE."""
    batch_size: int = 8
    """Images at a time; the codes do not depend on it."""
    overwrite: bool = False
    """Replace a plot that is already there."""

    def __post_init__(self):
        for name in ("limit", "perplexity", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must be 1 or more. Got: {getattr(self, name)}"
                )


def codes_of(method, data, *, split="test", limit=None, batch_size=8):
    """The codes of images, masks found with their partners.

    Args:
        method: `LOMIT`.
        data: `ImageSet` with attributes.
        split, limit, batch_size: see `ImageSet.test_pairs`.

    Returns:
        (dict of `CODES` to (N, D) float32, (N, K) bool attributes, (N,) int
        places in `data.names`). A content is its mean over the image.
    """
    import tensorflow as tf

    @tf.function(autograph=False, reduce_retracing=True)
    def graph(images, partners):
        codes = method.codes_of(
            tf.concat([images, partners], axis=0), "inference"
        )
        content = mean_over(codes.content, (2, 1))
        return [
            values[: tf.shape(images)[0]]
            for values in (content, codes.foreground, codes.background)
        ]

    parts = []
    for batch in data.test_pairs(
        split=split, batch_size=batch_size, limit=limit
    ):
        found = graph(batch["a"]["image"], batch["b"]["image"])
        shown = (batch["a"]["attributes"], batch["a"]["index"])
        parts.append([values.numpy() for values in (*found, *shown)])
    *found, attributes, index = map(np.concatenate, zip(*parts, strict=True))
    return dict(zip(CODES, found, strict=True)), attributes > 0.5, index


def embedded(codes, *, perplexity=30.0, seed=0):
    """(N, D) codes to (N, 2) by t-SNE; alike codes lie together.

    Raises:
        UserError: there are no more codes than `perplexity`.
    """
    from sklearn.manifold import TSNE

    if len(codes) <= perplexity:
        raise UserError(
            f"`--perplexity` must be below the number of images, {len(codes)}. "
            f"Got: {perplexity:g}"
        )
    return TSNE(
        2, init="pca", perplexity=perplexity, random_state=seed
    ).fit_transform(codes)


def separations(codes, attributes):
    """How far each attribute sets codes apart, before t-SNE.

    Args:
        codes: dict of name to (N, D) array.
        attributes: (N, K) bool.

    Returns:
        dict of name to list of K silhouettes in [-1, 1]: 1 where images with
        the attribute and without it are far from each other, 0 where they
        mix. None where all images have it, or none.
    """
    from sklearn.metrics import silhouette_score

    return {
        name: [
            None if on.all() or not on.any() else silhouette_score(values, on)
            for on in attributes.T
        ]
        for name, values in codes.items()
    }


def panel(places, on):
    """One plot.

    Args:
        places: (N, 2) float.
        on: (N,) bool, which dots have the second colour.

    Returns:
        (PANEL, PANEL, 3) uint8.
    """
    from PIL import Image, ImageDraw

    low, high = places.min(axis=0), places.max(axis=0)
    unit = (places - low) / np.maximum(high - low, 1e-12)
    dots = _SMOOTH * (_MARGIN + unit * (PANEL - 2 * _MARGIN))
    picture = Image.new("RGB", (_SMOOTH * PANEL,) * 2, "white")
    draw, radius = ImageDraw.Draw(picture), _SMOOTH * _DOT
    # Mixed, or the colour that is drawn last would seem to be more.
    for number in np.random.default_rng(0).permutation(len(dots)):
        x, y = dots[number]
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=_ON if on[number] else _OFF)
    return np.asarray(picture.resize((PANEL, PANEL), Image.Resampling.BOX))


def figure(places, attributes, names):
    """All plots: a column a code, a row an attribute.

    Args:
        places: dict of name to (N, 2) float.
        attributes: (N, K) bool.
        names: K str.

    Returns:
        (H, W, 3) uint8.
    """
    from PIL import Image, ImageDraw

    line = 20
    width, height = PANEL * len(places), (PANEL + line) * len(names)
    sheet = Image.new("RGB", (width, height + line), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((4, 4), "with the attribute", fill=_ON)
    draw.text((PANEL + 4, 4), "without it", fill=_OFF)
    for row, name in enumerate(names):
        top = line + row * (PANEL + line)
        for column, (code, found) in enumerate(places.items()):
            left = column * PANEL
            title = f"{code.replace('_', ' ')}, {name}"
            draw.text((left + 4, top + 4), title, fill="black")
            plot = Image.fromarray(panel(found, attributes[:, row]))
            sheet.paste(plot, (left, top + line))
    return np.asarray(sheet)


def table(places, attributes, names, images):
    """The numbers behind a figure as CSV text, a line an image."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    axes = [f"{code}_{axis}" for code in places for axis in "xy"]
    writer.writerow(["image", *names, *axes])
    for number, image in enumerate(images):
        found = np.concatenate([values[number] for values in places.values()])
        switches = attributes[number].astype(int)
        writer.writerow([image, *switches, *(f"{v:.4f}" for v in found)])
    return file.getvalue()


def _print_separations(found, names):
    print("silhouettes of the codes (1: apart by the attribute, 0: mixed)")
    for code, values in found.items():
        numbers = ", ".join(
            f"{name} {'-' if value is None else f'{value:.3f}'}"
            for name, value in zip(names, values, strict=True)
        )
        print(f"  {code.replace('_', ' ')}: {numbers}")


def _open(config, options):
    from tfmask.training.run_folder import open_training_data

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
