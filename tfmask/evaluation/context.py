"""The method, the data and the settings that tasks and measures read."""

import dataclasses
from typing import Any

import numpy as np

from tfmask.ops.errors import UserError
from tfmask.translation.translate import compiled_translate


@dataclasses.dataclass(frozen=True)
class Context:
    """A method, data, and how the one is measured on the other.

    Attributes:
        method: object with `directions`, `spec` and
            `translate(inputs, direction) -> {"image", "mask", ...}`.
        data: `ImageSet`.
        split: "test" or "train".
        limit: int or None; only so many first images of each domain are
            measured.
        batch_size: int; the numbers do not depend on it.
        classifier: `TrainedClassifier` of domains or of the attributes of the
            data; or None.
        segmenter: a segmenter of `load_segmenter` that reads photographs; or
            None.
        absent: "zero" or "skip", see `SegmentationScores`.
        instances: bool; plain translations are measured around instances.
        min_instances: int; an image with fewer instances is not measured around
            instances.
        compared: bool; there are rows to compare with the run. One of them is
            the mean training mask. It reads all training masks.
        thresholds: dict of direction to float, the threshold of the run for its
            masks. It is empty if that is not known.
        samples: int, how many answers to an image, for methods with several
            answers.
        features: `FeatureNetwork` that compares these answers; or None.
        sequence: dict, more arguments of `translate` for methods that take
            instances.
    """

    method: Any
    data: Any
    _: dataclasses.KW_ONLY
    split: str = "test"
    limit: int | None = None
    batch_size: int = 8
    classifier: Any = None
    segmenter: Any = None
    absent: str = "zero"
    instances: bool = False
    min_instances: int = 1
    compared: bool = True
    thresholds: dict = dataclasses.field(default_factory=dict)
    samples: int = 5
    features: Any = None
    sequence: dict = dataclasses.field(default_factory=dict)

    @property
    def offers(self):
        """set of str, what there is for all images."""
        judged = self.classifier is not None and self.data.layout == "domains"
        there = {"classifier": judged, "features": self.features is not None}
        return {name for name, available in there.items() if available}

    @property
    def inputs(self):
        """tuple of str, names of what the method translates."""
        return tuple(port.name for port in self.method.spec.required)

    def count(self, domain):
        """int, images of a domain that are measured."""
        known = self.data.counts(self.split)[domain]
        return min(self.limit or known, known)

    def names(self, domain):
        """list of str, the measured images'; `index` counts along it."""
        return self.data.names(domain, self.split)[: self.count(domain)]

    def read(self, batches, *domain, **wanted):
        """Batches of `data.test_batches` or `data.test_pairs` as arrays."""
        chosen = {"split": self.split, "limit": self.limit, **wanted}
        chosen["batch_size"] = self.batch_size
        return batches(*domain, **chosen).as_numpy_iterator()

    def translation(self, direction, more=()):
        """The method's translation as a function of a dict of arrays.

        Args:
            direction: "a_to_b" or "b_to_a".
            more: names of further inputs that the method does not need.

        Returns:
            As `compiled_translate`. The function raises a `UserError` if its
            result holds NaN or infinity.
        """
        translate = compiled_translate(
            self.method,
            direction,
            *self.data.image_size,
            more=more,
            **(self.sequence if "instances" in self.inputs else {}),
        )

        def finite(inputs):
            answer = translate(inputs)
            if not all(np.isfinite(values).all() for values in answer.values()):
                raise UserError(
                    "The run's translations hold NaN or infinity: its weights "
                    "are broken. Train again, or from an earlier checkpoint."
                )
            return answer

        return finite
