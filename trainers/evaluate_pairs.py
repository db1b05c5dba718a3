"""What `tfmask evaluate` measures where the true translation is known."""

from tfmask.metrics import ChangeScores
from trainers.measuring import DATA_RANGE, Examples, require_finite, show
from trainers.translate import compiled_translate

ROWS = ("model", "identity")
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

    Returns:
        dict like that of `trainers.evaluate.evaluate`, rows `model` and
        `identity`, numbers `target_l1`, `target_psnr`, `target_ssim`.

    Raises:
        UserError: if the method's output is not finite.
    """
    counts, directions = {}, {}
    for direction in method.directions:
        source, target = direction[0], direction[-1]
        known = data.counts(split)[source]
        counts[direction] = known if limit is None else min(limit, known)
        examples = Examples(counts[direction], data.names(source, split))
        scores = {row: ChangeScores(DATA_RANGE) for row in ROWS}
        translate = compiled_translate(method, direction, *data.image_size)
        for pair in data.test_pairs(
            split=split, batch_size=batch_size, limit=limit
        ).as_numpy_iterator():
            image, truth = pair[source]["image"], pair[target]["image"]
            made = require_finite(translate({"image": image}))
            scores["model"].update(truth, made["image"])
            scores["identity"].update(truth, image)
            examples.update(
                pair[source]["index"],
                [image, made["mask"], made["image"], truth],
            )
            advance(len(image))
        directions[direction] = {
            row: _numbers(scores[row].result()) for row in ROWS
        }
        show(
            gallery,
            f"{source} to {target}",
            directions[direction],
            ["input", "mask", "translation", "true partner"],
            examples,
            counts[direction],
        )
    return {"n": counts, "notes": [NOTE], "directions": directions}


def _numbers(result):
    """The change between translation and partner, under its own names."""
    return {
        f"target_{kind}": result[f"change_{kind}"]
        for kind in ("l1", "psnr", "ssim")
    }
