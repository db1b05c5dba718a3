"""Masks against the true regions of a domain, and changes around these.

Every number is beside the same number for two maps that learnt nothing. One is
the identity: nothing changes, and the mask is empty. The other is the mean mask
of the training images. A found mask must be better than it.
"""

from tfmask.evaluation.measures.measure import (
    BEST_THRESHOLD,
    DATA_RANGE,
    Measure,
)
from tfmask.metrics import ChangeScores, MaskScores, mask_iou

NO_MASKS = (
    "No true masks in the data ({split}, domain {domain}): mask, background "
    "and foreground numbers are null; `change_*` are of whole images."
)
NO_MEAN_MASK = (
    "No training masks for domain {domain}: there is no row for the mean mask."
)
OWN_THRESHOLD = (
    "{title}: the run's own threshold, {own:.2f}, gives a mask IoU of "
    "{iou:.3f}, {below:.3f} below the best threshold's."
)


class Masks(Measure):
    """How well masks meet the true ones."""

    needs = frozenset({"region"})
    about = BEST_THRESHOLD
    has_regions = False

    def scores(self):
        return MaskScores(own=self.context.thresholds.get(self.title))

    def add(self, scores, answer, example):
        if example.region is not None:
            self.has_regions = True
            scores.update(answer["mask"], example.region)

    def notes(self):
        facts = {"split": self.context.split, "domain": self.title[0]}
        if not self.has_regions:
            return [NO_MASKS.format(**facts)]
        notes = []
        if "mean_mask" not in self.rows:
            notes.append(NO_MEAN_MASK.format(**facts))
        own = self.context.thresholds.get(self.title)
        if own is not None:
            row = self.numbers(self.rows["model"])
            iou, best = row["mask_iou_own"], row["mask_iou_best"]
            # The best threshold is searched in steps of 0.01. Between two steps
            # it can be better.
            below = max(best - iou, 0.0)
            notes.append(
                OWN_THRESHOLD.format(
                    title=self.title, own=own, iou=iou, below=below
                )
            )
        return notes

    def columns(self, example):
        return {"true mask": example.region}

    def captions(self, example):
        if example.region is None:
            return None
        overlaps = mask_iou(example.rows["model"]["mask"], example.region)
        return [f" (mask IoU {value:.2f})" for value in overlaps]


class MaskLevel(Measure):
    """How much of the image masks take."""

    needs = frozenset({"region"})
    names = ("mask_mean",)

    def add(self, scores, answer, example):
        scores.add(mask_mean=answer["mask"].mean((1, 2, 3), dtype=float))


class Changes(Measure):
    """How much images changed, in all and around the true masks."""

    needs = frozenset({"region"})
    only = ("model", "identity")

    def scores(self):
        return ChangeScores(DATA_RANGE)

    def add(self, scores, answer, example):
        scores.update(example.image, answer["image"], example.region)

    def update(self, example):
        super().update(example)
        if "mean_mask" in example.rows:  # it also changes no pixel
            self.rows["mean_mask"] = self.rows["identity"]
