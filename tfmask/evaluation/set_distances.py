"""KID, FID and IS between sets of features."""

from tfmask.metrics import (
    frechet_distance,
    inception_score,
    kernel_distance,
    kernel_distance_of_subsets,
    softmax,
    source_target_kernel_distance,
)
from tfmask.ops.errors import UserError

NO_KID = (
    "A set has `mu` and `sigma` only: there is FID, KID needs features of "
    "single images."
)


NO_IS = "No Inception Score: these features come without class `logits`."


COUNTS = (
    "The counts differ ({counts}): KID allows for it, FID compares at equal "
    "counts only."
)


FEW = (
    "FID of {count} images and {width} features is far too large (it falls "
    "with the count): compare at equal counts only, and prefer KID."
)


SIZES = (
    "Image sizes differ ({sizes}): resizing gets into the numbers. "
    "`--image-size` brings all to one size first."
)


JPEG = "{count} images of `fake` are JPEG: compression changes FID. Use PNG."


GREY = "{count} of {total} images of `{name}` have three equal channels."


def measure(sets, options):
    """All numbers of sets of features.

    Args:
        sets: dict of `FeatureSet`: `real`, `fake` and perhaps `source`.
        options: `Options`.

    Returns:
        dict: `rows` (`fake` and, with `source`, `identity`, to dicts of
        float), `settings`, `notes`. Numbers that cannot be measured are
        missing.

    Raises:
        UserError: a set is too small for the options, or the features do not
            belong together.
    """
    _check(sets, options)
    counts = [one.count for one in sets.values() if one.count]
    settings = {
        "kid": {
            "subsets": options.kid_subsets,
            "size": options.kid_size or min([1000, *counts]),
            "seed": options.seed,
        },
        "source_target": {
            "draws": options.draws,
            "size": options.draw_size,
            "seed": options.seed,
        },
        "inception_score": {"splits": options.splits},
    }
    rows = {"fake": _row(sets["fake"], sets, settings)}
    if "source" in sets:
        rows["identity"] = _row(sets["source"], sets, settings)
    return {"settings": settings, "rows": rows, "notes": _notes(sets)}


def _row(judged, sets, settings):
    """The numbers of one set against the real images."""
    real, source = sets["real"], sets.get("source")
    row = {}
    if judged.features is not None and real.features is not None:
        pair = judged.features, real.features
        values = kernel_distance_of_subsets(*pair, **settings["kid"])
        row |= _mean_and_std("kid", values)
        row["kid_all"] = kernel_distance(*pair)
        if source is not None and source.features is not None:
            distances = source_target_kernel_distance(
                *pair, source.features, **settings["source_target"]
            )
            row |= _mean_and_std("kid_average", distances.average)
            row |= _mean_and_std("kid_target", distances.target)
            row |= _mean_and_std("kid_source", distances.source)
    row["fid"] = frechet_distance(
        *(
            one.moments if one.features is None else one.features
            for one in (judged, real)
        )
    )
    if judged.logits is not None:
        inception = inception_score(
            softmax(judged.logits), **settings["inception_score"]
        )
        row["inception_score"] = inception.score
        row["inception_score_std"] = inception.score_std
        row["mean_kl"], row["mean_kl_std"] = (
            inception.mean_kl,
            inception.mean_kl_std,
        )
    return row


def _mean_and_std(name, values):
    return {name: float(values.mean()), f"{name}_std": float(values.std())}


def _check(sets, options):
    widths = {name: feature_set.width for name, feature_set in sets.items()}
    if len(set(widths.values())) > 1:
        listed = ", ".join(
            f"`{name}` {width}" for name, width in widths.items()
        )
        raise UserError(
            "All sets need the features of one network. Got different numbers "
            f"of features: {listed}"
        )
    for name, feature_set in sets.items():
        needed = {"--kid-size": options.kid_size}
        if "source" in sets:
            needed["--draw-size"] = options.draw_size
        if name != "real" and feature_set.logits is not None:
            needed["--splits"] = options.splits
        for option, size in needed.items():
            if (
                size
                and feature_set.count is not None
                and feature_set.count < size
            ):
                raise UserError(
                    f"`{option} {size}` needs {size} images or more in every "
                    f"set. Got: {feature_set.count} in `--{name} "
                    f"{feature_set.about['location']}`"
                )


def _notes(sets):
    """Notes on the sets for the reader, list of str."""
    notes = []
    counts = {n: one.count for n, one in sets.items() if one.count}
    if len(set(counts.values())) > 1:
        notes.append(COUNTS.format(counts=listed(counts)))
    fewest, width = min(counts.values(), default=None), sets["real"].width
    if fewest is not None and fewest <= width:
        notes.append(FEW.format(count=fewest, width=width))
    sizes = {
        name: " ".join(one.about["sizes"])
        for name, one in sets.items()
        if "sizes" in one.about
    }
    if len(set(sizes.values())) > 1:
        notes.append(SIZES.format(sizes=listed(sizes)))
    for name, one in sets.items():
        if grey := one.about.get("grey"):
            notes.append(GREY.format(count=grey, total=one.count, name=name))
    if jpeg := sets["fake"].about.get("formats", {}).get("jpeg"):
        notes.append(JPEG.format(count=jpeg))
    if any(one.features is None for one in sets.values()):
        notes.append(NO_KID)
    if sets["fake"].logits is None:
        notes.append(NO_IS)
    return notes


def listed(values):
    """Names and values of a dict, in one line."""
    return ", ".join(f"{name} {value}" for name, value in values.items())
