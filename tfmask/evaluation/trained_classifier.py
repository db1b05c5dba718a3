"""Classifiers of `tfmask classifier` at work: as judges, and for features."""

import keras
import numpy as np
import tensorflow as tf

from tfmask.evaluation.classifier_files import (
    ATTRIBUTES,
    CLASSIFIED,
    DOMAINS,
    read_about,
    read_network,
)
from tfmask.evaluation.feature_sets import FeatureNetwork
from tfmask.ops.arrays import image_to_uint8
from tfmask.ops.errors import UserError

NOTE = (
    "`{number}` is judged by {judge}. Of the real {split} images it takes "
    "{shares}."
)
ONLY_THIS = (
    "FEATURES OF A CLASSIFIER trained on {data} (fingerprint {fingerprint}): "
    "they see what tells its classes apart, and little else. Numbers compare "
    "only with numbers of the same classifier, SHA-256 {sha256}."
)
_PIXELS = tf.TensorSpec((None, None, None, 3), tf.float32)


class TrainedClassifier:
    """The answers of a classifier for images.

    Args:
        network: `keras.Sequential` of `classifier_network`.
        about: dict of `tells` (`ATTRIBUTES` or `DOMAINS`) and `labels`, the
            names of its logits. Its name and its facts need all fields of
            `about.json`.
        location: folder of the classifier, for messages.
    """

    def __init__(self, network, about, location=None):
        self.about, self._location = about, location
        self._columns = np.arange(len(about["labels"]))
        self._logits = tf.function(
            lambda pixels: network(pixels, training=False),
            autograph=False,
            input_signature=[_PIXELS],
        )

    def __str__(self):
        return (
            f"the {self.about['network']} classifier {self._location} "
            f"(SHA-256 {self.about['sha256'][:16]}), trained on "
            f"{self.about['data']['location']}"
        )

    def select(self, labels):
        """From now on only these labels are seen, in this order.

        Raises:
            UserError: the classifier does not know one of them.
        """
        known = self.about["labels"]
        missing = [label for label in labels if label not in known]
        if self.about["tells"] != ATTRIBUTES or missing:
            raise UserError(
                "`--classifier` must know the run's attributes, "
                f"{', '.join(labels)}. Got: {_what(self.about)}, "
                f"{self._location}"
            )
        self._columns = np.array([known.index(label) for label in labels])

    def require_domains(self):
        """Raises a `UserError` if it tells attributes, not domains."""
        if self.about["tells"] != DOMAINS:
            raise UserError(
                "`--classifier` must tell domain b from domain a, as the run "
                f"translates between these. Got: {_what(self.about)}, "
                f"{self._location}"
            )

    def seen_in(self, images):
        """Which labels images have.

        Args:
            images: (B, H, W, 3) float in [-1, 1], of any size. They are rounded
                to 8 bits, as in files.

        Returns:
            (B, K) bool.
        """
        pixels = image_to_uint8(images).astype(np.float32)
        return self._logits(pixels).numpy()[:, self._columns] > 0.0

    def takes_for(self, images, domain):
        """(B,) bool, whether images are taken for a domain's, "a" or "b"."""
        return self.seen_in(images)[:, 0] == (domain == "b")

    def facts(self):
        """dict for reports: which one it is, and how good."""
        names = ("tells", "labels", "network", "image_size", "sha256", "test")
        data = self.about["data"]
        return {
            "location": str(self._location),
            **{name: self.about[name] for name in names},
            "trained_on": {n: data[n] for n in ("location", "fingerprint")},
        }

    def note(self, directions, split):
        """A sentence on `CLASSIFIED`, and how far it can be trusted.

        Args:
            directions: dict of direction to rows with `identity`. The number of
                `identity` says how many real images are taken for images of the
                other domain.
            split: str.
        """
        shares = ", ".join(
            f"{1 - rows['identity'][CLASSIFIED]:.3f} of {direction[0]} for "
            f"{direction[0]}'s"
            for direction, rows in directions.items()
        )
        return NOTE.format(
            number=CLASSIFIED, judge=self, split=split, shares=shares
        )


def load_classifier(folder):
    """The `TrainedClassifier` of a folder of `tfmask classifier`.

    Raises:
        UserError: it is not such a folder, or it is broken.
    """
    about = read_about(folder)
    return TrainedClassifier(read_network(folder, about), about, folder)


def classifier_features(folder):
    """A classifier as a network that gives features: its head's inputs.

    Args:
        folder: folder of `tfmask classifier`.

    Returns:
        `FeatureNetwork`. If the classifier tells domains apart, it has `logits`
        of the classes a and b: 0 and z. Attributes are no classes, because they
        do not exclude each other.

    Raises:
        UserError: as in `load_classifier`.
    """
    about = read_about(folder)
    network = read_network(folder, about)
    resizing, *body, head = network.layers
    trunk = keras.Sequential([keras.layers.Input((*resizing.size, 3)), *body])

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec((None, *resizing.size, 3), tf.float32)],
    )
    def run(images):
        outputs = {"features": trunk(images, training=False)}
        if about["tells"] == DOMAINS:
            z = head(outputs["features"])
            outputs["logits"] = tf.concat([tf.zeros_like(z), z], axis=-1)
        return outputs

    return FeatureNetwork(
        {
            "network": f"{about['network']} network that is {_what(about)}: "
            "what goes into its last layer",
            "weights": str(folder),
            "sha256": about["sha256"],
            "resize": "bilinear, antialiased, to "
            + "x".join(map(str, resizing.size)),
            "warning": ONLY_THIS.format(
                data=about["data"]["location"],
                fingerprint=about["data"]["fingerprint"],
                sha256=about["sha256"],
            ),
        },
        lambda image: resizing(image[None])[0],
        run,
    )


def _what(about):
    """A classifier in words."""
    if about["tells"] == DOMAINS:
        return "a classifier of the domains a and b"
    return f"a classifier of the attributes {', '.join(about['labels'])}"
