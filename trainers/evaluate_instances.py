"""What `tfmask evaluate` measures around instances.

There is no true mask of a changed shape. Measured instead: what changed
around the instances, how much changed at all, whether every instance is
still there, and whether the translated outlines look like the target's. A
method that translates plain images stands in the same table by the first
two: it makes no outlines.
"""

import numpy as np

from tfmask.metrics import changed_share, context_l1, instances_kept
from tfmask.ops.errors import UserError
from trainers.classifier_files import CLASSIFIED
from trainers.measuring import Examples, show
from trainers.shape_classifier import ShapeClassifier, mask_crops
from trainers.translate import compiled_translate

ROWS = ("model", "identity")
CLASSIFIER = (
    "`target_share` is judged by a small network trained on the true masks of "
    "the training images; of true test masks it takes {a:.3f} of a for a's "
    "and {b:.3f} of b for b's."
)
NO_OUTLINES = (
    "The method translates plain images: `context_l1` is of the pixels in none "
    "of the given masks; `instances_kept` and `target_share` are null."
)


def evaluate_instances(
    method,
    data,
    *,
    split="test",
    limit=None,
    batch_size=8,
    min_instances=1,
    gallery=None,
    advance=lambda count: None,
    classifier=None,
    **options,
):
    """Measures a method in both directions, around the instances of the data.

    Args:
        method: `InstaGAN`, or a method that translates plain images.
        data: `UnpairedData` with instance masks in train and in `split`.
        split: "test" or "train".
        limit: int or None, only the first images of each domain.
        batch_size: int; the averages do not depend on it.
        min_instances: int, images with fewer are left out and counted.
        gallery: `Gallery` or None; gets a table and a section a direction.
        advance: called with the number of images done.
        classifier: as of `evaluate_masks`.
        **options: `per_step`, `keep_background`: see `InstaGAN.translate`.

    Returns:
        dict like that of `evaluate_masks`, rows `model` and
        `identity`, and `classifier`: its accuracies on true masks. A number
        that no image has is None.

    Raises:
        UserError: there are no instance masks, or no image has enough.
    """
    shapes, accuracy = _trained_classifier(data, split, batch_size)
    counts, directions = {}, {}
    notes = [CLASSIFIER.format(**accuracy)]
    inputs = method.translate_inputs
    columns = ["input", "its masks", "translation"]
    if "instances" in inputs:
        columns.append("translated masks")
    else:
        notes.append(NO_OUTLINES)
    for direction in ("a_to_b", "b_to_a"):
        domain, target = direction[0], direction[-1]
        rows = {row: _Numbers(shapes, target, classifier) for row in ROWS}
        total = data.counts(split)[domain]
        names = data.names(domain, split)
        examples = Examples(min(limit or total, total), names)
        translate = None
        for batch in data.test_batches(
            domain,
            split=split,
            batch_size=batch_size,
            limit=limit,
            with_instances=True,
        ).as_numpy_iterator():
            advance(len(batch["image"]))
            enough = batch["instances"].any((2, 3, 4)).sum(1) >= min_instances
            image, given = batch["image"][enough], batch["instances"][enough]
            if not len(image):
                continue
            if translate is None:
                translate = compiled_translate(
                    method, direction, *image.shape[1:3], **options
                )
            whole = {"image": image, "instances": given}
            made = translate({name: whole[name] for name in inputs})
            found = made.get("instances")
            rows["model"].update(image, made["image"], given, found)
            rows["identity"].update(image, image, given, given)
            shown = [image, given.max(1), made["image"], made["mask"]]
            examples.update(batch["index"][enough], shown[: len(columns)])
        counts[direction] = rows["model"].count
        if not counts[direction]:
            raise UserError(
                f"No image of {split}{domain.upper()} has {min_instances} "
                "instances or more."
            )
        if counts[direction] < min(limit or total, total):
            notes.append(
                f"{direction}: images with fewer than {min_instances} "
                "instances were left out."
            )
        if covered := rows["model"].covered:
            notes.append(
                f"{direction}: {covered} images lie in masks altogether and "
                "have no `context_l1`."
            )
        directions[direction] = {row: rows[row].result() for row in ROWS}
        show(
            gallery,
            f"{domain} to {target}",
            directions[direction],
            columns,
            examples,
            counts[direction],
        )
    if classifier is not None:
        notes.append(classifier.note(directions, split))
    return {
        "n": counts,
        "notes": notes,
        "classifier": accuracy,
        "directions": directions,
    }


def _trained_classifier(data, split, batch_size):
    def crops(domain, which):
        return np.concatenate(
            [
                mask_crops(batch["instances"])
                for batch in data.test_batches(
                    domain,
                    split=which,
                    batch_size=batch_size,
                    with_instances=True,
                ).as_numpy_iterator()
            ]
        )

    classifier = ShapeClassifier()
    classifier.train(crops("a", "train"), crops("b", "train"))
    return classifier, {
        domain: classifier.share_of(crops(domain, split), domain)
        for domain in ("a", "b")
    }


class _Numbers:
    """One row: means over images, and over instances for their shapes.

    Args:
        shapes: `ShapeClassifier`.
        target: "a" or "b".
        classifier: `TrainedClassifier` of domains, or None.
    """

    def __init__(self, shapes, target, classifier):
        self.count = 0
        self._shapes, self._target = shapes, target
        self._classifier = classifier
        self._values = {
            "context_l1": [],
            "changed_share": [],
            "instances_kept": [],
        }
        if classifier is not None:
            self._values[CLASSIFIED] = []
        self._crops = []

    def update(self, source, translated, given, found):
        """Takes a batch; `found` is None of a method without outlines."""
        self.count += len(source)
        kept, outlines = np.full(len(source), np.nan), found
        if found is None:  # no outline is an empty one
            outlines = np.zeros_like(given)
        else:
            kept = instances_kept(given, found)
        for name, values in {
            "context_l1": context_l1(source, translated, given, outlines),
            "changed_share": changed_share(source, translated),
            "instances_kept": kept,
        }.items():
            self._values[name].append(values)
        if self._classifier is not None:
            taken = self._classifier.takes_for(translated, self._target)
            self._values[CLASSIFIED].append(taken.astype(float))
        self._crops.append(mask_crops(outlines))

    def result(self):
        numbers = {
            name: _mean(np.concatenate(values))
            for name, values in self._values.items()
        }
        crops = np.concatenate(self._crops)
        share = self._shapes.share_of(crops, self._target)
        numbers["target_share"] = _mean(np.array([share]))
        return numbers

    @property
    def covered(self):
        """Images of which every pixel lies in a mask, before or after."""
        return int(np.isnan(np.concatenate(self._values["context_l1"])).sum())


def _mean(values):
    """Of those that are not NaN; None where there are none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
