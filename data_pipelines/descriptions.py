"""Descriptions of an image set, in words and for JSON."""


def in_words(data):
    """See `ImageSet.counts_in_words`."""
    parts = []
    for split in data.splits:
        counts = data.counts(split)
        if data.layout == "domains":
            parts += [f"{split}{r.upper()} {n}" for r, n in counts.items()]
        else:
            pairs = " pairs" if data.layout == "pairs" else ""
            parts.append(f"{split} {counts['a']}{pairs}")
    if data.skipped:
        parts.append(f"skipped {len(data.skipped)}")
    return ", ".join(parts)


def facts(data, fingerprint):
    """See `ImageSet.describe`."""
    masks = shares = {}
    if data.layout == "attributes":
        shares = {"attributes": {s: _shares(data, s) for s in data.splits}}
    else:
        masks = {
            "regions": {s: data.has_regions(s) for s in data.splits},
            "instance_count": data.instance_count,
        }
    return {
        "location": data.location,
        "kind": data.kind,
        "image_size": list(data.image_size),
        "counts": {split: data.counts(split) for split in data.splits},
        **masks,
        "skipped": len(data.skipped),
        "fingerprint": fingerprint,
        **shares,
    }


def names_taught(data):
    """dict of role to the names of the images that are `taught`."""
    taught = {}
    for role, indices in data.taught.items():
        # Without an index, the training images may be closed.
        names = data.names(role, "train") if indices else []
        taught[role] = [names[index] for index in indices]
    return taught


def _shares(data, split):
    values = data.source("a", split).attributes
    shares = values.mean(axis=0, dtype=float).round(4).tolist()
    return dict(zip(data.attributes, shares, strict=True))
