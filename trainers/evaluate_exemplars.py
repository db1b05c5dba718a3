"""What `tfmask evaluate` measures of methods that take an exemplar.

Every image gets an exemplar that differs in one attribute at least, the same
for every run. Beside the run stands the same run with masks of 1, which
transfers the look of the whole image, as methods without masks do. Where
regions are known, masks are also edited: with the region of ONE attribute as
both masks, only that attribute should change.
"""

from typing import NamedTuple

import numpy as np

from trainers.attribute_scores import (
    Judge,
    Table,
    Task,
    collect,
    only,
    regions_of,
)
from trainers.measuring import BEST_THRESHOLD, require_finite
from trainers.translate import compiled_translate

ROWS = ("model", "whole_image", "identity")
SINGLE_ROWS = ("model", "found_masks", "identity")
COLUMNS = (
    *("input", "mask", "exemplar", "its mask", "translation"),
    *("second row of the table", "true region"),
)
SINGLE = (
    "single_*: the region of one attribute was given as the mask of the image "
    "and of the exemplar, in pairs that differ in it and in another one and "
    "show it in both; `found_masks` are the same pairs with the run's own "
    "masks."
)


class Result(NamedTuple):
    """What became of a batch.

    Attributes:
        image: (B, H, W, 3) float in [-1, 1].
        seen: (B, K) bool, attributes that it has.
        mask, exemplar_mask: (B, H, W, 1) float in [0, 1].
    """

    image: np.ndarray
    seen: np.ndarray
    mask: np.ndarray
    exemplar_mask: np.ndarray


def evaluate_exemplars(
    method,
    data,
    *,
    split="test",
    limit=None,
    batch_size=8,
    gallery=None,
    advance=lambda count: None,
    classifier=None,
):
    """Measures a method that takes an exemplar.

    Args:
        method: `LOMIT`.
        data: see `evaluate_attributes`.
        split: "test" or "train".
        limit: int or None, only the first images.
        batch_size: int; the averages do not depend on it.
        gallery: `Gallery` or None; gets tables and sections.
        advance: called with the number of images done.
        classifier: see `Judge`.

    Returns:
        dict like that of `evaluate_attributes`. `directions` has `a_to_b`,
        rows `model`, `whole_image` and `identity`, and for every attribute
        with a known region `single_NAME`, rows `model`, `found_masks` and
        `identity`; `single_attribute` is their mean.

    Raises:
        UserError: if the method's output is not finite, or all images have
            the same attributes.
    """
    judge = Judge(data, classifier)
    run = _runner(method, judge, *data.image_size)
    pairs = Table(ROWS, data, split, limit)
    singles = {
        name: Table(SINGLE_ROWS, data, split, limit)
        for name in data.region_names
    }
    for pair in data.test_pairs(
        split=split, batch_size=batch_size, limit=limit
    ).as_numpy_iterator():
        numbers, exemplar = pair["a"]["index"], pair["b"]["image"]
        task = _transfer(pair, data)
        found = run(task.image, exemplar)
        nothing, full = np.zeros_like(found.mask), np.ones_like(found.mask)
        whole = run(task.image, exemplar, full, full)
        seen = judge.check(task.image, task.source)
        same = Result(task.image, seen, nothing, nothing)
        rows = {"model": found, "whole_image": whole, "identity": same}
        _update(pairs, numbers, task, exemplar, rows)
        for name, table in singles.items():
            position = data.attributes.index(name)
            task, region, chosen = _single(pair, position)
            if not chosen.any():
                continue
            task = _of(task, chosen)
            given = task.region, region[chosen]
            rows = {
                "model": run(task.image, exemplar[chosen], *given),
                "found_masks": _of(found, chosen),
                "identity": _of(same, chosen),
            }
            _update(table, numbers[chosen], task, exemplar[chosen], rows)
        advance(len(numbers))
    tables = {f"single_{name}": table for name, table in singles.items()}
    whole = collect({"a_to_b": pairs}, COLUMNS, gallery)
    parts = collect(tables, COLUMNS, gallery, mean="single_attribute")
    notes = [BEST_THRESHOLD, judge.note(split), *whole["notes"]]
    if singles:
        notes += [SINGLE, *parts["notes"]]
    return {
        "n": {**whole["n"], **parts["n"]},
        "notes": notes,
        "classifier": judge.result(),
        "directions": {**whole["directions"], **parts["directions"]},
    }


def _runner(method, judge, height, width):
    """Function of image, exemplar and perhaps both masks: a `Result`."""
    masks = ("mask", "exemplar_mask")
    find = compiled_translate(method, "a_to_b", height, width)
    obey = compiled_translate(method, "a_to_b", height, width, more=masks)

    def run(image, exemplar, *given):
        inputs = {"image": image, "exemplar": exemplar}
        inputs |= zip(masks, given, strict=False)
        made = require_finite((obey if given else find)(inputs))
        image = made["image"]
        return Result(image, judge.seen_in(image), *(made[n] for n in masks))

    return run


def _transfer(pair, data):
    """The `Task` to give images the attributes of their exemplars."""
    source, target = pair["a"]["attributes"], pair["b"]["attributes"]
    asked = source != target
    known = np.isin(data.attributes, data.region_names)
    parts = regions_of(pair["a"]) * asked[:, None, None, :]
    # Unknown is not empty: of all or none of what differs.
    whole = ~(asked & ~known).any(1)[:, None, None, None]
    region = parts.max(-1, keepdims=True) * whole
    return Task(pair["a"]["image"], source, target, asked, region)


def _single(pair, position):
    """What editing masks to one attribute's region asks for.

    Returns:
        (`Task`, region in the exemplar (B, H, W, 1), which pairs of the
        batch do (B,) bool).
    """
    source, other = pair["a"]["attributes"], pair["b"]["attributes"]
    asked = only(source, position)
    target = np.where(asked, other, source)
    regions = [
        regions_of(pair[domain])[..., position : position + 1]
        for domain in ("a", "b")
    ]
    differs = source != other
    chosen = differs[:, position] & (differs.sum(1) > 1)
    for region in regions:
        chosen &= region.any((1, 2, 3))
    task = Task(pair["a"]["image"], source, target, asked, regions[0])
    return task, regions[1], chosen


def _of(arrays, chosen):
    """A named tuple of the chosen examples (B,) of each array."""
    return arrays._make(values[chosen] for values in arrays)


def _update(table, numbers, task, exemplar, rows):
    """Adds a batch to a `Table`; `rows` are `Result`s, the run's first."""
    table.update(
        task,
        {row: (r.image, r.seen, {"mask": r.mask}) for row, r in rows.items()},
    )
    made, beside, _ = rows.values()
    table.examples.update(
        numbers,
        [
            *(task.image, made.mask, exemplar, made.exemplar_mask),
            *(made.image, beside.image, task.region),
        ],
    )
