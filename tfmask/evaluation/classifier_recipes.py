"""How classifiers are trained, on what, and how often they are right."""

from typing import NamedTuple

import numpy as np

from tfmask.evaluation.classifier_files import (
    ATTRIBUTES,
    DOMAINS,
    label_accuracies,
)
from tfmask.ops.errors import UserError


class Recipe(NamedTuple):
    """A network's defaults. Our choice: no paper gives its schedule.

    Attributes:
        image_size: int, side in pixels.
        least_size: int, the smallest side that the network takes.
        steps: int.
        batch_size: int.
        learning_rate: float, rate of Adam. It falls to 0 along half a cosine.
    """

    image_size: int
    least_size: int
    steps: int
    batch_size: int
    learning_rate: float


RECIPES = {
    "small": Recipe(64, 16, 600, 64, 2e-3),
    "inception": Recipe(299, 75, 2000, 32, 1e-4),
}


def open_labelled(options):
    """The data, and what is to be learnt of it.

    Returns:
        (data, `ATTRIBUTES` or `DOMAINS`, names of the logits).

    Raises:
        UserError: as in `open_data`; or an attribute is the same in all images.
    """
    from data_pipelines import open_data

    data = open_data(
        options.data,
        options.recipe.image_size,
        seed=options.seed,
        skip_bad_files=options.skip_bad_files,
        attributes=options.attributes,
        centre_crop=options.centre_crop,
    )
    if data.layout != "attributes":
        return data, DOMAINS, ("b",)
    for name, share in data.describe()["attributes"]["train"].items():
        if share in (0.0, 1.0):
            raise UserError(
                f"The attribute `{name}` is {share:.0f} in all training images "
                f"of {options.data}: nothing can be learnt about it. Select "
                "others with `--attributes`."
            )
    return data, ATTRIBUTES, data.attributes


def accuracy(classifier, data):
    """How often a classifier is right about the test images.

    Args:
        classifier: `TrainedClassifier`.
        data: the data of `open_labelled`.

    Returns:
        dict of `images` (int) and `labels`, see `label_accuracies`.
    """
    predicted, true = [], []
    for domain in data.counts("test"):
        for batch in data.test_batches(
            domain, batch_size=16
        ).as_numpy_iterator():
            images = batch["image"]
            predicted.append(classifier.seen_in(images))
            is_b = np.full((len(images), 1), domain == "b")
            true.append(batch.get("attributes", is_b) > 0.5)
    predicted, true = np.concatenate(predicted), np.concatenate(true)
    labels = classifier.about["labels"]
    return {
        "images": len(true),
        "labels": label_accuracies(labels, predicted, true),
    }
