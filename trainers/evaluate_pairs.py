"""What `tfmask evaluate` measures where the true translation is known."""

from tfmask.metrics import ChangeScores
from trainers.label_scores import LabelScores
from trainers.measuring import (
    DATA_RANGE,
    Examples,
    StepChanges,
    require_finite,
    show,
)
from trainers.translate import compiled_translate

ROWS = ("model", "identity")
DISTANCES = {
    f"target_{kind}": f"change_{kind}" for kind in ("l1", "psnr", "ssim")
}
NOTE = (
    "Pairs: `target_*` compares the translation with the true partner. Where "
    "the input leaves much open, as from labels to photographs, a right "
    "translation need not be near."
)


def evaluate_pairs(
    method,
    data,
    *,
    split="test",
    limit=None,
    batch_size=8,
    gallery=None,
    advance=lambda count: None,
    segmenter=None,
    absent="zero",
):
    """Measures a method on pairs, in each of its directions.

    Args:
        method: has `directions` and `translate(inputs, direction)`.
        data: `PairedData`.
        split: "test" or "train".
        limit: int or None, only the first pairs.
        batch_size: int; the averages do not depend on it.
        gallery: `Gallery` or None; gets a table and a section a direction.
        advance: called with the number of images done.
        segmenter: of `load_segmenter`, which reads photographs; or None.
        absent: "zero" or "skip", see `SegmentationScores`.

    Returns:
        dict like that of `evaluate_masks`, rows `model`,
        `identity` and `true_partner` (None without scores of classes),
        numbers `target_l1`, `target_psnr`, `target_ssim`, `pixel_accuracy`,
        `class_accuracy` and `class_iou`.

    Raises:
        UserError: if the method's output is not finite.
    """
    counts, directions, notes = {}, {}, [NOTE]
    for direction in method.directions:
        source, target = direction[0], direction[-1]
        known = data.counts(split)[source]
        counts[direction] = known if limit is None else min(limit, known)
        examples = Examples(counts[direction], data.names(source, split))
        scores = {row: ChangeScores(DATA_RANGE) for row in ROWS}
        labels = LabelScores(
            data, direction, segmenter=segmenter, absent=absent
        )
        notes += [note for note in labels.notes if note not in notes]
        steps = StepChanges()
        translate = compiled_translate(method, direction, *data.image_size)
        for pair in data.test_pairs(
            split=split, batch_size=batch_size, limit=limit
        ).as_numpy_iterator():
            image, truth = pair[source]["image"], pair[target]["image"]
            made = require_finite(translate({"image": image}))
            scores["model"].update(truth, made["image"])
            scores["identity"].update(truth, image)
            labels.update(
                pair,
                {
                    "model": made["image"],
                    "identity": image,
                    "true_partner": truth,
                },
            )
            steps.update(made)
            examples.update(
                pair[source]["index"],
                [image, made["mask"], made["image"], truth],
            )
            advance(len(image))
        directions[direction] = {
            row: _distances(scores[row].result()) | labels.result(row)
            for row in ROWS
        }
        directions[direction]["model"] |= steps.result()
        directions[direction]["true_partner"] = (
            dict.fromkeys(DISTANCES) | labels.result("true_partner")
            if labels.known
            else None
        )
        show(
            gallery,
            f"{source} to {target}",
            directions[direction],
            ["input", "mask", "translation", "true partner"],
            examples,
            counts[direction],
        )
    return {"n": counts, "notes": notes, "directions": directions}


def _distances(result):
    """The change between translation and partner, under its own names."""
    return {name: result[change] for name, change in DISTANCES.items()}
