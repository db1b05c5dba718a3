"""The folder that `tfmask classifier` leaves: a Keras file and its facts."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from tfmask.ops.errors import UserError
from tfmask.ops.files import sha256_of, write_json
from tfmask.ops.package_versions import package_versions

NETWORK, ABOUT = "classifier.keras", "about.json"
FORMAT = "tfmask-classifier-1"
# Kinds of classifiers: one logit for each attribute, or one for domain b.
ATTRIBUTES, DOMAINS = "attributes", "domains"
# The share of translations that the classifier puts into the target domain.
CLASSIFIED = "classified_as_target"


def label_accuracies(labels, predicted, true):
    """How often a classifier is right.

    Args:
        labels: K str.
        predicted: (N, K) bool, the answers of the classifier.
        true: (N, K) bool.

    Returns:
        dict of label to `accuracy` and `majority`. `majority` is the accuracy
        if one always takes the more frequent value.
    """
    on = true.mean(0)
    columns = zip(
        (predicted == true).mean(0), np.maximum(on, 1 - on), strict=True
    )
    return {
        label: {"accuracy": float(accuracy), "majority": float(majority)}
        for label, (accuracy, majority) in zip(labels, columns, strict=True)
    }


def accuracy_text(accuracies):
    """`label_accuracies` as a part of a sentence."""
    return ", ".join(
        f"{label} in {numbers['accuracy']:.3f} (the more frequent value: "
        f"{numbers['majority']:.3f})"
        for label, numbers in accuracies.items()
    )


def write_classifier(out, network, facts):
    """Writes both files at once: the folder is whole, or not there.

    Args:
        out: folder that `require_free` allows.
        network: Keras model without optimizer.
        facts: dict for `about.json`. The function adds format, checksum and
            versions.

    Returns:
        The facts as written.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=out.parent, prefix=f".{out.name}."
    ) as temporary:
        unpublished = Path(temporary) / "made"
        unpublished.mkdir()
        network.save(str(unpublished / NETWORK))
        facts = {
            "format": FORMAT,
            **facts,
            "sha256": sha256_of(unpublished / NETWORK),
            "versions": package_versions(),
        }
        write_json(unpublished / ABOUT, facts)
        os.replace(unpublished, out)
    return facts


def read_about(folder):
    """Facts about a folder's classifier, without loading TensorFlow.

    Args:
        folder: path.

    Returns:
        dict of `about.json`.

    Raises:
        UserError: it is no folder of `tfmask classifier`.
    """
    path = Path(folder) / ABOUT
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"`{folder}` is not a classifier: it has no {ABOUT}. Make one with "
            "`tfmask classifier`."
        ) from error
    except ValueError as error:
        raise UserError(f"`{path}` is damaged: {error}") from error
    format_read = about.get("format") if isinstance(about, dict) else None
    if format_read != FORMAT:
        raise UserError(
            f"`{path}` must be of `tfmask classifier`, of the format {FORMAT}. "
            f"Got: {format_read}"
        )
    return about


def read_network(folder, about):
    """The Keras model of a folder.

    Args:
        folder: path.
        about: dict of `read_about`.

    Returns:
        `keras.Sequential`.

    Raises:
        UserError: the file is missing, it was changed after it was written, or
            this Keras cannot read it.
    """
    import keras

    from tfmask.evaluation import classifier_networks  # noqa: F401, knows its layer

    path = Path(folder) / NETWORK
    if not path.is_file():
        raise UserError(f"`{folder}` has no {NETWORK}. Make it again.")
    checksum = sha256_of(path)
    if checksum != about["sha256"]:
        raise UserError(
            f"`{path}` is damaged or was changed: expected the SHA-256 "
            f"{about['sha256']} of {ABOUT}. Got: {checksum}"
        )
    made_with = about["versions"]["keras"]
    try:
        if made_with.split(".")[0] != keras.__version__.split(".")[0]:
            raise ValueError("the formats differ")
        return keras.models.load_model(str(path), compile=False)
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise UserError(
            f"`{path}` was made with Keras {made_with} and cannot be read by "
            f"Keras {keras.__version__}: {str(error).splitlines()[0]}. Train "
            "it again with this one."
        ) from error
