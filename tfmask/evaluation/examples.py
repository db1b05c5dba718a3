"""The data that tasks give to measures."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Example:
    """A batch of images, what became of them, and what is known of them.

    Attributes:
        index: (B,) int, places of the images in the set.
        image: (B, H, W, 3) float in [-1, 1], the inputs.
        rows: dict of a row of the table to a dict of arrays. The row "model"
            has the translation. Other rows have something in its place. The
            arrays are `image` and, if they exist, `mask`, `cam` (B, H, W, 1),
            `instances` (B, N, H, W, 1), `taken` (n,) bool and `seen` (B, K)
            bool. `taken` is True if the judge takes the outline of an instance
            for the target's. `seen` has the attributes that the judge sees.
        shown: dict of a gallery's column to (B, H, W, C) arrays.
        captions: list of B str, for the gallery; or None.
        region: (B, H, W, 1) float 0/1, the place of the change. It is all 0 if
            that is not known; or None.
        partner: (B, H, W, 3), the true translations; or None.
        answers: (B, K, H, W, 3), translations by K numbers; or None.
        instances: (B, N, H, W, 1) float 0/1, given masks; or None.
        source: (B, K) float 0/1, attributes that the images have.
        target: (B, K) float 0/1, attributes that the translations should have.
        asked: (B, K) bool, the changed attributes that are judged.
    """

    index: np.ndarray
    image: np.ndarray
    rows: dict
    shown: dict
    captions: list | None = None
    region: np.ndarray | None = None
    partner: np.ndarray | None = None
    answers: np.ndarray | None = None
    instances: np.ndarray | None = None
    source: np.ndarray | None = None
    target: np.ndarray | None = None
    asked: np.ndarray | None = None

    @property
    def known(self):
        """(B,) bool, whether a region is known and visible."""
        if self.region is None:
            return np.zeros(len(self.image), bool)
        return self.region.any((1, 2, 3))
