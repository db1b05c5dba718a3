"""Every image is translated with an exemplar, the same for every run.

On data with attributes, the exemplar differs in at least one attribute. The
table also has the same run with masks of 1. It transfers the look of the whole
image, as methods without masks do. If regions are known, masks are also edited:
both masks are the region of ONE attribute. Then only that attribute should
change.
"""

import numpy as np

from tfmask.evaluation.examples import Example
from tfmask.evaluation.judges import Judge
from tfmask.evaluation.tasks.directions import Directions
from tfmask.evaluation.tasks.switches import only, region_of

MASKS = ("mask", "exemplar_mask")
SINGLE = (
    "single_*: the region of one attribute was given as the mask of the image "
    "and of the exemplar, in pairs that differ in it and in another one and "
    "show it in both; `found_masks` are the same pairs with the run's own "
    "masks."
)
NO_IMAGE = "{title}: there is no such image, so no numbers."


class Guided(Directions):
    """Methods that take an exemplar of the other domain."""

    @classmethod
    def fits(cls, context):
        return "exemplar" in context.inputs and context.data.layout == "domains"

    def batches(self, direction):
        source, target = direction[0], direction[-1]
        for pair in self.context.read(self.context.data.test_pairs, source):
            yield {**pair[source], "exemplar": pair[target]["image"]}

    def shown(self, batch, answer):
        first, *others = super().shown(batch, answer).items()
        return dict([first, ("exemplar", batch["exemplar"]), *others])


class Transfers(Directions):
    """Methods that take over an exemplar's attributes."""

    offers = frozenset({"attributes"})
    beside = ()
    means = {"single_attribute": "single_"}

    def __init__(self, context):
        super().__init__(context)
        self.judge = Judge(context)
        (direction,) = context.method.directions
        self._obey = context.translation(direction, MASKS)
        self._singles = {
            f"single_{name}": context.data.attributes.index(name)
            for name in context.data.region_names
        }

    @classmethod
    def fits(cls, context):
        return (
            "exemplar" in context.inputs and context.data.layout == "attributes"
        )

    def titles(self, direction):
        return [direction, *self._singles]

    def notes(self, title, count):
        if title not in self._singles:
            return []
        return [SINGLE] if count else [SINGLE, NO_IMAGE.format(title=title)]

    def batches(self, direction):
        for pair in self.context.read(self.context.data.test_pairs):
            yield {**pair["a"], "other": pair["b"]}

    def examples(self, direction, batch):
        image, attributes = batch["image"], batch["attributes"]
        answer = self._run(self.translate[direction], batch)
        same = {"image": image, "mask": np.zeros_like(answer["mask"])}
        same["seen"] = self.judge.check(image, attributes)
        full = dict.fromkeys(MASKS, np.ones_like(answer["mask"]))
        rows = {
            "model": answer,
            "whole_image": self._run(self._obey, batch, **full),
            "identity": same,
        }
        yield direction, _example(batch, rows, **self._all_of(batch))
        for title, position in self._singles.items():
            chosen, asked = _one_of(batch, position)
            if not chosen.any():
                continue
            part, asked = _of(batch, chosen), _of(asked, chosen)
            masks = asked["region"], region_of(part["other"], position)
            both_masks = dict(zip(MASKS, masks, strict=True))
            rows = {
                "model": self._run(self._obey, part, **both_masks),
                "found_masks": _of(answer, chosen),
                "identity": _of(same, chosen),
            }
            yield title, _example(part, rows, **asked)

    def _run(self, translate, batch, **masks):
        """The translation of a batch, with both masks given or without."""
        exemplar = batch["other"]["image"]
        answer = translate(
            {"image": batch["image"], "exemplar": exemplar, **masks}
        )
        return {**answer, "seen": self.judge.seen_in(answer["image"])}

    def _all_of(self, batch):
        """Fields of `Example` that ask for all attributes that differ."""
        data = self.context.data
        source, target = batch["attributes"], batch["other"]["attributes"]
        asked = source != target
        known = np.isin(data.attributes, data.region_names)
        nowhere = np.zeros_like(batch["image"][..., :1])
        regions = batch.get("attribute_regions", nowhere)
        parts = regions * asked[:, None, None, :]
        # Unknown is not empty. So the regions of all differing attributes must
        # be known, or none.
        whole = ~(asked & ~known).any(1)[:, None, None, None]
        region = parts.max(-1, keepdims=True) * whole
        return dict(source=source, target=target, asked=asked, region=region)


def _one_of(batch, position):
    """Fields of `Example` that ask for one attribute, by its region as mask.

    Returns:
        (which images of the batch do (B,) bool, fields of `Example`).
    """
    source, other = batch["attributes"], batch["other"]["attributes"]
    asked, differs = only(source, position), source != other
    target = np.where(asked, other, source)
    region = region_of(batch, position)
    chosen = differs[:, position] & (differs.sum(1) > 1)
    for there in (region, region_of(batch["other"], position)):
        chosen &= there.any((1, 2, 3))
    return chosen, dict(
        source=source, target=target, asked=asked, region=region
    )


def _of(arrays, chosen):
    """The chosen examples (B,) of a dict of arrays, or of such dicts."""
    if isinstance(arrays, dict):
        return {name: _of(part, chosen) for name, part in arrays.items()}
    return arrays[chosen]


def _example(batch, rows, **asked):
    """The `Example` of rows, the run's first."""
    answer, beside, _ = rows.values()
    return Example(
        index=batch["index"],
        image=batch["image"],
        rows=rows,
        shown={
            "input": batch["image"],
            "mask": answer["mask"],
            "exemplar": batch["other"]["image"],
            "its mask": answer["exemplar_mask"],
            "translation": answer["image"],
            "second row of the table": beside["image"],
        },
        **asked,
    )
