"""Measures of translations that should change given attributes."""

import numpy as np

from tfmask.evaluation.measures.measure import BEST_THRESHOLD, Measure
from tfmask.metrics import (
    MaskScores,
    background_l1,
    foreground_l1,
    mask_energy_inside,
)
from tfmask.metrics.accumulators import PerImage

NO_REGION = (
    "{title}: no region is known, its numbers and those of masks in it are "
    "null."
)
SOME_REGIONS = (
    "{title}: numbers of regions and of masks in them are of the {known} of "
    "{count} images whose region is known and visible."
)


class AttributeShares(Measure):
    """Shares of the attributes that changed, and that stayed, as asked."""

    needs = frozenset({"attributes"})
    names = ("attribute_accuracy", "kept_accuracy")

    def add(self, scores, answer, example):
        right = answer["seen"] == (example.target > 0.5)
        unchanged = example.target == example.source
        scores.add(
            attribute_accuracy=_share(right, example.asked),
            kept_accuracy=_share(right, unchanged),
        )


class PartChanges(Measure):
    """How much changed inside and outside of what is asked for."""

    needs = frozenset({"attributes"})
    names = ("outside_l1", "inside_l1", "change_l1", "region_share")

    def add(self, scores, answer, example):
        change = np.abs(answer["image"] - example.image.astype(np.float64))
        scores.add(change_l1=change.mean((1, 2, 3)))
        known = example.known
        if known.any():
            region = example.region[known]
            part = example.image[known], answer["image"][known], region
            scores.add(
                outside_l1=background_l1(*part),
                inside_l1=foreground_l1(*part),
                region_share=region.mean((1, 2, 3), dtype=float),
            )

    def notes(self):
        values = self.rows["model"]
        known = len(values.get("region_share"))
        count = len(values.get("change_l1"))
        text = SOME_REGIONS if known else NO_REGION
        text = text.format(title=self.title, known=known, count=count)
        return [text] if known < count else []

    def columns(self, example):
        return {"true region": example.region}


class PartMasks(Measure):
    """How well a mask meets the region of what is asked for."""

    needs = frozenset({"attributes"})
    names = ("energy_inside", "mean")
    about = BEST_THRESHOLD
    kind = "mask"

    def scores(self):
        return MaskScores(), PerImage()

    def add(self, scores, answer, example):
        if self.kind not in answer:
            return
        overlap, means = scores
        mask, known = answer[self.kind], example.known
        means.add(mean=mask.mean((1, 2, 3), dtype=float))
        if known.any():
            pair = mask[known], example.region[known]
            overlap.update(*pair)
            means.add(energy_inside=mask_energy_inside(*pair))

    def numbers(self, scores):
        overlap, means = scores
        overlaps = overlap.result()
        ends = ("iou", "iou_best", "iou_best_threshold")
        numbers = {end: overlaps[f"mask_{end}"] for end in ends}
        numbers |= super().numbers(means)
        return {f"{self.kind}_{end}": value for end, value in numbers.items()}


class CamMasks(PartMasks):
    """The same of the discriminator's Grad-CAM."""

    needs = frozenset({"attributes", "cam"})
    about = (
        "`cam_*` are of the Grad-CAM of the switched attribute in the run's "
        "discriminator, before and after the translation together, the same "
        "for every run whatever its loss."
    )
    kind = "cam"


def _share(right, wanted):
    """(B,) share of the wanted that are right; NaN where none is wanted."""
    with np.errstate(invalid="ignore"):
        return (right & wanted).sum(1) / wanted.sum(1)
