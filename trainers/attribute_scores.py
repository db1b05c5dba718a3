"""What is measured of a translation that shall change given attributes."""

from typing import NamedTuple

import numpy as np

from tfmask.metrics import (
    MaskScores,
    background_l1,
    foreground_l1,
    mask_energy_inside,
)
from trainers.attribute_classifier import AttributeClassifier
from trainers.classifier_files import accuracy_text, label_accuracies
from trainers.measuring import Examples, show

LEARNT = 20_000  # training images that the classifier sees, at most
_IOU = ("iou", "iou_best", "iou_best_threshold")
OWN_JUDGE = (
    "a small network trained on the true attributes of {learnt} training images"
)
JUDGE = (
    "Attributes are judged by {judge}. Of the {split} images it is right for "
    "{shares}."
)
NO_IMAGE = "{title}: there is no such image, so no numbers."
NO_REGION = (
    "{title}: no region is known, its numbers and those of masks in it are "
    "null."
)
SOME_REGIONS = (
    "{title}: numbers of regions and of masks in them are of the {known} of "
    "{count} images whose region is known and visible."
)


class Task(NamedTuple):
    """Images, and what their translations shall have.

    Attributes:
        image: (B, H, W, 3) float in [-1, 1].
        source: (B, K) float 0/1, what they have.
        target: (B, K) float 0/1, what they shall have.
        asked: (B, K) bool, the changed attributes that are looked at.
        region: (B, H, W, 1) float 0/1, where these are; all 0 where that is
            not known.
    """

    image: np.ndarray
    source: np.ndarray
    target: np.ndarray
    asked: np.ndarray
    region: np.ndarray


class Scores:
    """One row: means over images of translations of `Task`s.

    Args:
        kinds: of masks, the first word of their numbers' names.

    Attributes:
        count: int, images so far.
        known: int, those whose region is known and visible.
    """

    def __init__(self, kinds=("mask",)):
        self.count = self.known = 0
        self._kinds = kinds
        self._values = {}
        self._masks = {kind: MaskScores() for kind in kinds}

    def update(self, task, output, seen, masks):
        """Adds a batch.

        Args:
            task: `Task`.
            output: (B, H, W, 3) float in [-1, 1], the translations.
            seen: (B, K) bool, attributes that these have.
            masks: dict of kind to (B, H, W, 1) float in [0, 1].
        """
        self.count += len(output)
        right = seen == (task.target > 0.5)
        change = np.abs(output - task.image.astype(np.float64))
        self._add("attribute_accuracy", _share(right, task.asked))
        self._add("kept_accuracy", _share(right, task.target == task.source))
        self._add("change_l1", change.mean((1, 2, 3)))
        for kind, mask in masks.items():
            self._add(f"{kind}_mean", mask.mean((1, 2, 3), dtype=float))
        known = task.region.any((1, 2, 3))
        if not known.any():
            return
        self.known += int(known.sum())
        region = task.region[known]
        pair = task.image[known], output[known], region
        self._add("outside_l1", background_l1(*pair))
        self._add("inside_l1", foreground_l1(*pair))
        self._add("region_share", region.mean((1, 2, 3), dtype=float))
        for kind, mask in masks.items():
            self._masks[kind].update(mask[known], region)
            inside = mask_energy_inside(mask[known], region)
            self._add(f"{kind}_energy_inside", inside)

    def result(self):
        """dict of float or None (None: no image has the number)."""
        names = ["attribute_accuracy", "kept_accuracy"]
        names += ["outside_l1", "inside_l1", "change_l1", "region_share"]
        numbers = {name: self._mean(name) for name in names}
        for kind in self._kinds:
            found = self._masks[kind].result()
            numbers |= {f"{kind}_{end}": found[f"mask_{end}"] for end in _IOU}
            for end in ("energy_inside", "mean"):
                numbers[f"{kind}_{end}"] = self._mean(f"{kind}_{end}")
        return numbers

    def _add(self, name, values):
        self._values.setdefault(name, []).append(values)

    def _mean(self, name):
        values = np.concatenate(self._values.get(name, [np.empty(0)]))
        values = values[~np.isnan(values)]
        return float(values.mean()) if len(values) else None


class Table:
    """Rows of `Scores` and the examples of one direction.

    Args:
        rows: list of str.
        data: `AttributeData`, of whose `split` some images are measured.
        split: str.
        limit: int or None.
        kinds: see `Scores`.
    """

    def __init__(self, rows, data, split, limit, kinds=("mask",)):
        total = data.counts(split)["a"]
        self.examples = Examples(
            min(limit or total, total), data.names("a", split)
        )
        self._scores = {row: Scores(kinds) for row in rows}

    def update(self, task, results):
        """Adds a batch.

        Args:
            task: `Task`.
            results: dict of row to (output, seen, masks), see `Scores`.
        """
        for row, result in results.items():
            self._scores[row].update(task, *result)

    @property
    def count(self):
        """int, images so far."""
        return self._scores["model"].count

    def result(self):
        """dict of row to dict of number."""
        return {row: scores.result() for row, scores in self._scores.items()}

    def notes(self, title):
        """What a reader must know of it, list of str."""
        known = self._scores["model"].known
        if known == self.count:
            return []
        text = SOME_REGIONS if known else NO_REGION
        return [text.format(title=title, known=known, count=self.count)]


def collect(tables, columns, gallery, mean=None):
    """The results of finished tables, which also go to a gallery.

    Args:
        tables: dict of title to `Table`.
        columns: list of str, what their examples show.
        gallery: `Gallery` or None.
        mean: str, title of one more table, their mean; or None.

    Returns:
        dict of `n`, `directions` and `notes`, as of an evaluation.
    """
    counts, directions, notes = {}, {}, []
    for title, table in tables.items():
        if not table.count:
            notes.append(NO_IMAGE.format(title=title))
            continue
        counts[title] = table.count
        directions[title] = table.result()
        notes += table.notes(title)
        show(
            *(gallery, title.replace("_", " "), directions[title]),
            *(columns, table.examples, table.count),
        )
    if mean is not None and directions:
        directions[mean] = mean_rows(list(directions.values()))
        counts[mean] = sum(counts.values())
    return {"n": counts, "directions": directions, "notes": notes}


def mean_rows(tables):
    """The mean of equal tables, number by number.

    Args:
        tables: list of dicts of row to dict of numbers, one an attribute.

    Returns:
        The same of their means over the tables that have the number, without
        thresholds, which no mean makes sense of.
    """
    return {
        row: {
            name: _mean([table[row][name] for table in tables])
            for name in numbers
            if not name.endswith("threshold")
        }
        for row, numbers in tables[0].items()
    }


class Judge:
    """A classifier of attributes, and how often it is right.

    Args:
        data: `AttributeData`; without `classifier`, with training images.
        classifier: `TrainedClassifier` that sees the data's attributes; None:
            an `AttributeClassifier` learns from the training images.
    """

    def __init__(self, data, classifier=None):
        self._names, self._classifier = data.attributes, classifier
        self._seen, self._true = [], []
        if classifier is not None:
            self._title = str(classifier)
            return
        learnt = min(LEARNT, data.counts("train")["a"])
        self._title = OWN_JUDGE.format(learnt=learnt)
        self._classifier = AttributeClassifier(len(self._names))
        self._classifier.train(
            data.test_batches(
                split="train", batch_size=64, limit=LEARNT
            ).as_numpy_iterator()
        )

    def seen_in(self, images):
        """(B, K) bool, which attributes images have."""
        return self._classifier.seen_in(images)

    def check(self, images, attributes):
        """`seen_in` of true images, which count for its own accuracy."""
        seen = self.seen_in(images)
        self._seen.append(seen)
        self._true.append(attributes > 0.5)
        return seen

    def result(self):
        """dict of attribute to `accuracy` and `majority`."""
        seen, true = map(np.concatenate, (self._seen, self._true))
        return label_accuracies(self._names, seen, true)

    def note(self, split):
        """How good it is, as a sentence."""
        shares = accuracy_text(self.result())
        return JUDGE.format(judge=self._title, split=split, shares=shares)


def regions_of(batch):
    """(B, H, W, K) float 0/1: the attributes' regions, 0 where not known."""
    if "attribute_regions" in batch:
        return batch["attribute_regions"]
    count = batch["attributes"].shape[1]
    return np.zeros((*batch["image"].shape[:3], count), np.float32)


def only(attributes, position):
    """(B, K) bool like `attributes`, true for one attribute."""
    chosen = np.zeros(attributes.shape, bool)
    chosen[:, position] = True
    return chosen


def _share(right, wanted):
    """(B,) share of the wanted that are right; NaN where none is wanted."""
    with np.errstate(invalid="ignore"):
        return (right & wanted).sum(1) / wanted.sum(1)


def _mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
