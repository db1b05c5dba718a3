"""KID of a benchmark's translations, by `tfmask translate` and `metrics`."""

import json
from pathlib import Path

from tfmask.evaluation.classifier_files import read_about
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.translation.image_files import list_images

DRAW_SIZE = 50  # of attention-guided translation's Table 1
DISTANCES = ("kid_average", "kid_target", "kid_source")


def check_features(options):
    """Checks the inputs of KID before anything is trained.

    Raises:
        UserError: the data are no files, or a classifier folder is wrong.
    """
    if options.features and any(
        _folder(options.data, domain) is None for domain in "ab"
    ):
        raise UserError(
            "`--features` needs a folder with testA and testB, or test/A and "
            f"test/B, as `--data`. Got: `{options.data}`"
        )
    if options.features == "classifier":
        read_about(options.weights)


def feature_lines(job, options):
    """The commands that the KID of an evaluated job still needs.

    Args:
        job: `Job`.
        options: of `trainers.benchmark`.

    Returns:
        list of command lines, each from the verb on.
    """
    plain = len(method_spec(job.arm.method).required) == 1
    if options.features is None or not plain or not job.numbers.exists():
        return []
    result = json.loads(job.numbers.read_text(encoding="utf-8"))
    size = result["image_size"]
    if not isinstance(size, int):
        return []  # the images of the metrics are squares
    lines = []
    for direction in result["directions"]:
        if job.distances(direction).exists():
            continue
        translations = job.translations(direction)
        folders = [
            _folder(options.data, d) for d in (direction[0], direction[-1])
        ]
        counts = [_count(folder) for folder in folders]
        done = len(list(translations.glob("*.png")))
        if done < counts[0]:
            lines.append(
                [
                    "translate",
                    "--run",
                    str(job.run),
                    "--overwrite",
                    "--direction",
                    direction,
                    "--input",
                    str(folders[0]),
                    "--output",
                    str(translations),
                    "--image-size",
                    str(size),
                    "--mask-output",
                    f"{translations}_masks",
                ]
            )
        lines.append(
            [
                "metrics",
                "--real",
                str(folders[1]),
                "--fake",
                str(translations),
                "--source",
                str(folders[0]),
                "--image-size",
                str(size),
                "--draw-size",
                str(min(DRAW_SIZE, *counts)),
                *feature_options(options),
                "--features-cache",
                str(options.out / "features"),
                "--json",
                str(job.distances(direction)),
            ]
        )
    return lines


def feature_options(options):
    """The network of features, as options of `metrics` and `evaluate`."""
    weights = ["--weights", str(options.weights)] * bool(options.weights)
    return ["--features", options.features, *weights]


def add_distances(job, result):
    """Puts the KID, where it was measured, into the rows of an evaluation.

    Args:
        job: `Job`.
        result: dict of `tfmask evaluate`; changed.
    """
    for direction, rows in result["directions"].items():
        file = job.distances(direction)
        if not file.exists():
            continue
        distances = json.loads(file.read_text(encoding="utf-8"))["rows"]
        for row, name in (("model", "fake"), ("identity", "identity")):
            for number in DISTANCES:
                rows[row][number] = distances[name][number]


def _folder(data, domain):
    """Path of a domain's test images, or None."""
    name = domain.upper()
    for folder in (Path(data) / f"test{name}", Path(data) / "test" / name):
        if folder.is_dir():
            return folder
    return None


def _count(folder):
    return len(list_images(folder).images)
