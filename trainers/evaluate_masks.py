"""What `tfmask evaluate` measures of masks, and of changes around them.

Every number stands beside the same number of two maps that learnt nothing:
the identity (nothing changes, empty mask) and the mean mask of the training
images (the floor that a found mask must beat).
"""

import numpy as np

from trainers.classifier_files import CLASSIFIED
from trainers.measuring import (
    BEST_THRESHOLD,
    DATA_RANGE,
    Examples,
    StepChanges,
    require_finite,
    show,
)

ROWS = ("model", "identity", "mean_mask")
NO_MASKS = (
    "No true masks in the data ({split}, domain {domain}): mask, background "
    "and foreground numbers are null; `change_*` are of whole images."
)
NO_MEAN_MASK = (
    "No training masks for domain {domain}: there is no row for the mean mask."
)


def evaluate_masks(
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
    """Measures a method in all of its directions.

    Args:
        method: has `directions` and
            `translate(inputs, direction) -> {"image", "mask"}`.
        data: has `test_batches`, `region_mean`, `counts`, `names` and
            `describe`, as `data_pipelines.open_data` gives it.
        split: "test" or "train".
        limit: int or None, only the first images of each domain.
        batch_size: int; the averages do not depend on it.
        gallery: `Gallery` or None; gets a table and a section a direction.
        advance: called with the number of images done.
        classifier: `TrainedClassifier` of domains, which adds
            `classified_as_target`; or None.

    Returns:
        dict: `n` (direction to images), `notes` (list of str), `directions`
        (direction to row to number), rows and names as in docs/evaluation.md.
        Infinite PSNR is `float("inf")`, what cannot be measured is None.

    Raises:
        UserError: if the method's output is not finite.
    """
    from tfmask.metrics import mask_iou

    counts, remarks, directions = {}, [BEST_THRESHOLD], {}
    for direction in method.directions:
        domain = direction[0]
        known = data.counts(split)[domain]
        total = known if limit is None else min(limit, known)
        examples = Examples(total, data.names(domain, split))
        scores = _Scores(
            _mean_training_mask(data, domain), classifier, direction[-1]
        )
        steps = StepChanges()
        for numbers, source, made, region in _translations(
            method, data, direction, split, limit, batch_size
        ):
            image, mask = made["image"], made["mask"]
            scores.update(source, image, mask, region)
            steps.update(made)
            notes = None
            if region is not None:
                notes = [f" (mask IoU {v:.2f})" for v in mask_iou(mask, region)]
            examples.update(numbers, [source, mask, image, region], notes)
            advance(len(source))
        counts[direction] = scores.count
        directions[direction] = scores.rows()
        directions[direction]["model"] |= steps.result()
        if not scores.has_regions:
            remarks.append(NO_MASKS.format(split=split, domain=domain))
        elif scores.mean_mask is None:
            remarks.append(NO_MEAN_MASK.format(domain=domain))
        show(
            gallery,
            f"{domain} to {direction[-1]}",
            directions[direction],
            ["input", "mask", "translation", "true mask"],
            examples,
            scores.count,
        )
    if classifier is not None:
        remarks.append(classifier.note(directions, split))
    return {"n": counts, "notes": remarks, "directions": directions}


def _mean_training_mask(data, domain):
    """(H, W) float32, or None without training images or masks."""
    if "train" not in data.describe()["counts"]:
        return None
    return data.region_mean(domain)


def _translations(method, data, direction, split, limit, batch_size):
    """Yields places, source, what was made and region (or None) of batches."""
    from trainers.translate import compiled_translate

    batches = data.test_batches(
        direction[0], split=split, batch_size=batch_size, limit=limit
    )
    height, width = batches.element_spec["image"].shape[1:3]
    translate = compiled_translate(method, direction, height, width)
    for batch in batches.as_numpy_iterator():
        made = require_finite(translate({"image": batch["image"]}))
        yield batch["index"], batch["image"], made, batch.get("region")


class _Scores:
    """The numbers of one direction: the run's and those of the two maps."""

    def __init__(self, mean_mask, classifier, target):
        from tfmask.metrics import ChangeScores, MaskScores

        self._classifier, self._target = classifier, target
        self._taken = {"model": [], "identity": []}

        self.count = 0
        self.has_regions = False
        self.mean_mask = mean_mask
        self._changes = {
            "model": ChangeScores(DATA_RANGE),
            "identity": ChangeScores(DATA_RANGE),
        }
        self._masks = {row: MaskScores() for row in ROWS}
        self._levels = []

    def update(self, source, image, mask, region):
        self.count += len(source)
        self._changes["model"].update(source, image, region)
        self._changes["identity"].update(source, source, region)
        self._levels.append(mask.mean(axis=(1, 2, 3), dtype=np.float64))
        if self._classifier is not None:
            for row, images in (("model", image), ("identity", source)):
                taken = self._classifier.takes_for(images, self._target)
                self._taken[row].append(taken)
        if region is None:
            return
        self.has_regions = True
        self._masks["model"].update(mask, region)
        self._masks["identity"].update(np.zeros_like(region), region)
        if self.mean_mask is not None:
            mean = np.broadcast_to(self.mean_mask[..., None], region.shape)
            self._masks["mean_mask"].update(mean, region)

    def rows(self):
        """dict of row to dict of number; None for a row that is missing."""
        levels = {
            "model": float(np.mean(np.concatenate(self._levels))),
            "identity": 0.0,
        }
        if self.mean_mask is not None:
            levels["mean_mask"] = float(np.mean(self.mean_mask, dtype=float))
        # The mean mask changes no pixel: its changes are the identity's.
        changes = {
            row: self._changes["model" if row == "model" else "identity"]
            for row in levels
        }
        rows = {
            row: {
                **self._masks[row].result(),
                "mask_mean": levels[row],
                **changes[row].result(),
            }
            for row in levels
        }
        if self._classifier is not None:
            for row, taken in self._taken.items():
                share = float(np.mean(np.concatenate(taken)))
                rows[row][CLASSIFIED] = share
        return {row: rows.get(row) for row in ROWS}
