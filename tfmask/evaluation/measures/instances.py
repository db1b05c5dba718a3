"""Measures around instances.

There is no true mask of a changed shape. So other things are measured: the
change around the instances, the change of the whole image, whether every
instance is still there, and whether the translated outlines look like the
target's. A method that translates plain images is in the same table. It has
only the first two numbers, because it makes no outlines.
"""

import numpy as np

from tfmask.evaluation.measures.measure import Measure
from tfmask.metrics import (
    area_ratio,
    changed_share,
    context_l1,
    instances_kept,
)

# If the share of instances with another size is at least this, a table says so.
FLOODED = 0.2


class Surroundings(Measure):
    """The change around the instances, and whether they are still there."""

    needs = frozenset({"instances"})
    names = (
        "context_l1",
        "changed_share",
        "instances_kept",
        "area_ratio",
        "area_beyond",
    )

    def add(self, scores, answer, example):
        pair, masks = (example.image, answer["image"]), example.instances
        # A method without outlines counts as one with empty outlines.
        outlines = answer.get("instances", np.zeros_like(masks))
        scores.add(
            context_l1=context_l1(*pair, masks, outlines),
            changed_share=changed_share(*pair),
        )
        if "instances" in answer:
            ratio, beyond = area_ratio(masks, outlines)
            scores.add(
                instances_kept=instances_kept(masks, outlines),
                area_ratio=ratio,
                area_beyond=beyond,
            )

    def notes(self):
        covered = np.isnan(self.rows["model"].get("context_l1")).sum()
        text = (
            f"{self.title}: {covered} images lie in masks altogether and "
            "have no `context_l1`."
        )
        notes = [text] if covered else []
        beyond = self.rows["model"].mean("area_beyond")
        if beyond is not None and beyond > FLOODED:
            notes.append(
                f"{self.title}: {beyond:.0%} of the instances became smaller "
                "than a half or larger than twice. Look at them: outlines that "
                "flood the picture or vanish are a collapse."
            )
        return notes


class Outlines(Measure):
    """Share of the outlines that are taken for the target domain's."""

    needs = frozenset({"instances"})
    names = ("target_share",)

    def add(self, scores, answer, example):
        if "instances" in answer:
            scores.add(target_share=answer["taken"].astype(float))
