"""`tfmask classifier`: a network that tells a set's classes apart.

It learns attributes, or the domain of an image, from the true labels of the
training images. `tfmask evaluate --classifier` judges translations with it.
`tfmask metrics --features classifier` compares sets with it.
"""

import datetime
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from tfmask.evaluation.classifier_files import (
    ATTRIBUTES,
    accuracy_text,
    write_classifier,
)
from tfmask.evaluation.classifier_recipes import (
    RECIPES,
    Recipe,
    accuracy,
    open_labelled,
)
from tfmask.ops.command import command, parse_options
from tfmask.ops.files import require_free, sha256_of
from tfmask.ops.locks import only_writer
from tfmask.ops.start import load_tensorflow


@dataclass(frozen=True, kw_only=True)
class Options:
    """Train a classifier of attributes, or of the domains a and b.

    After Ctrl-C or a kill the same command continues. Writes
    OUT/classifier.keras, which takes pixels from 0 to 255 of images of any
    size and gives a logit for each attribute, or one of domain b; and
    OUT/about.json, with its accuracy on the test images.
    """

    data: str
    """Data, as for `tfmask train`; if it has attributes, these are learnt."""
    out: Path
    """Folder to make."""
    attributes: tuple[str, ...] = ()
    """Attributes to learn; none: all attributes of synthetic data."""
    network: Literal["small", "inception"] = "small"
    """Four strided convolutions, or InceptionV3, which is trained as a
    whole."""
    weights: Path | None = None
    """First weights of `inception`: Keras' InceptionV3 weights without top
    (.h5). None: random weights, which need far more images and steps."""
    image_size: int | None = None
    """Side in pixels that images are resized to; None: 64, inception: 299."""
    steps: int | None = None
    """Training steps; None: 600, inception: 2000."""
    batch_size: int | None = None
    """Images in a step, half of them of each domain; None: 64, inception:
    32."""
    learning_rate: float | None = None
    """Adam's first learning rate; it falls to 0. None: 0.002, inception:
    0.0001."""
    seed: int = 0
    """Seed of weights, order, crops and flips, and of synthetic images."""
    centre_crop: int | None = None
    """Images with attributes: crop them to so many pixels, as in training."""
    skip_bad_files: bool = False
    """Leave out bad files and list them. Otherwise bad files are an error."""

    def __post_init__(self):
        recipe = self.recipe
        for name, least in (("image_size", recipe.least_size), ("steps", 1)):
            if getattr(recipe, name) < least:
                raise ValueError(
                    f"`{name}` of {self.network} must be {least} or more. "
                    f"Got: {getattr(recipe, name)}"
                )
        if recipe.batch_size < 2 or recipe.batch_size % 2:
            raise ValueError(
                "`batch_size` must be even and 2 or more. Got: "
                f"{recipe.batch_size}"
            )
        if recipe.learning_rate <= 0:
            raise ValueError(
                f"`learning_rate` must be above 0. Got: {recipe.learning_rate}"
            )
        if self.weights is not None and self.network != "inception":
            raise ValueError(
                "`--weights` are InceptionV3's: they need `--network "
                f"inception`. Got: {self.network}"
            )

    @property
    def recipe(self):
        """`Recipe`: the network's, with the options in their place."""
        default = RECIPES[self.network]
        options = {name: getattr(self, name, None) for name in Recipe._fields}
        return default._replace(
            **{name: v for name, v in options.items() if v is not None}
        )


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask classifier`; returns the exit code."""
    options = parse_options(Options, argv, "classifier")
    require_free(options.out)
    load_tensorflow()
    from tfmask.evaluation.classifier_networks import classifier_network
    from tfmask.evaluation.classifier_training import (
        UnfinishedTraining,
        fit,
        training_batches,
    )
    from tfmask.evaluation.trained_classifier import TrainedClassifier

    recipe = options.recipe
    data, tells, labels = open_labelled(options)
    network = classifier_network(
        options.network,
        len(labels),
        recipe.image_size,
        seed=options.seed,
        weights=options.weights,
    )
    _say(options, recipe, network, tells, labels)
    weights = options.weights
    settings = {
        "tells": tells,
        "labels": list(labels),
        "network": options.network,
        "parameters": network.count_params(),
        "initial_weights": "random" if weights is None else str(weights),
        "initial_sha256": None if weights is None else sha256_of(weights),
        "image_size": [recipe.image_size] * 2,
        "steps": recipe.steps,
        "batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "seed": options.seed,
    }
    facts = data.describe()
    unfinished = UnfinishedTraining(
        options.out, {**settings, "data": facts["fingerprint"]}
    )
    stream = partial(
        training_batches, data, tells, recipe.batch_size, options.seed
    )
    with only_writer(unfinished.folder, "Or give another folder as `--out`."):
        fit(network, stream, recipe, unfinished)
        about = {
            **settings,
            "data": facts,
            "test": accuracy(TrainedClassifier(network, settings), data),
            "date": datetime.datetime.now(datetime.UTC).isoformat(
                "T", "seconds"
            ),
        }
        about = write_classifier(options.out, network, about)
        unfinished.remove()
    for path, reason in data.skipped:
        print(f"skipped {path}: {reason}")
    print(
        f"of {about['test']['images']} real test images it is right for "
        f"{accuracy_text(about['test']['labels'])}\n"
        f"SHA-256 {about['sha256']}\nClassifier: {options.out}"
    )
    return 0


def _say(options, recipe, network, tells, labels):
    """Prints what will be trained, on stderr."""
    what = "domain b from domain a"
    if tells == ATTRIBUTES:
        what = ", ".join(labels)
    lines = [
        f"{options.network} network of {network.count_params():,} parameters "
        f"learns to tell {what}: {recipe.steps} steps of batch "
        f"{recipe.batch_size}, {recipe.image_size} px"
    ]
    if options.network == "inception" and options.weights is None:
        lines.append(
            "no `--weights`: InceptionV3 begins with RANDOM weights, it is no "
            "fine-tuning"
        )
    print("\n".join(lines), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
