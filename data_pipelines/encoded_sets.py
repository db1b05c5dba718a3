"""From lists of encoded images to image sets: checked, hashed, decoded."""

import dataclasses
import hashlib

from data_pipelines import checks
from data_pipelines.arguments import DOMAINS
from data_pipelines.attribute_sources import AttributeFiles
from data_pipelines.sources import EncodedSource, HalfSource
from tfmask.ops.errors import UserError


def domains(options, kind, list_examples):
    """An `ImageSet` of two domains.

    Args:
        options: `OpenOptions`.
        kind: see `ImageSet`.
        list_examples: function of a split and a domain. It returns a list of
            `Example`.
    """
    # Look for all folders before the first file is decoded.
    listed = {
        (split, domain): list_examples(split, domain)
        for split in options.splits
        for domain in DOMAINS
    }
    labels = options.label_domains
    good, skipped, digest = _checked(options, listed, labels)
    sources = {
        key: EncodedSource(examples, labels=key[1] in labels)
        for key, examples in good.items()
    }
    return options.image_set(kind, "domains", sources, digest, skipped=skipped)


def pairs(options, kind, list_pairs, palette=None):
    """An `ImageSet` of pairs.

    Args:
        options, kind: see `domains`.
        list_pairs: function of a split. It returns a list of `Example` with
            partners or side by side.
        palette: `Palette` of the label maps, or None.
    """
    labels = options.label_domains
    # There is no domain, because an example is a pair.
    listed = {(split, ""): list_pairs(split) for split in options.splits}
    good, skipped, digest = _checked(options, listed, labels, palette)
    sources = {
        (split, domain): _side(paired_examples, domain, labels=domain in labels)
        for (split, _), paired_examples in good.items()
        for domain in DOMAINS
    }
    return options.image_set(
        kind=kind,
        layout="pairs",
        sources=sources,
        digest=digest,
        skipped=skipped,
        palettes=dict.fromkeys(labels, palette) if palette else {},
    )


def _side(examples, domain, *, labels):
    """The source of one domain of pairs."""
    if examples[0].side_by_side:
        return HalfSource(examples, domain, labels=labels)
    if domain == "b":
        examples = [
            dataclasses.replace(pair, image=pair.partner) for pair in examples
        ]
    return EncodedSource(examples, labels=labels)


def with_attributes(options, kind, list_examples, boxes=None):
    """An `ImageSet` with attributes.

    Args:
        options, kind: see `domains`.
        list_examples: function of a split. It returns a list of `Example` and
            an `AttributeList` with a row for each.
        boxes: see `AttributeFiles`.
    """
    names, boxes = options.attributes, boxes or {}
    listed, rows = {}, {}
    for split in options.splits:
        listed[split, "a"], attribute_rows = list_examples(split)
        # A test set may lack one value. Training would learn nothing then.
        rows[split] = attribute_rows.select(names, constant=split == "test")
    good, skipped, digest = _checked(options, listed)
    sources = {}
    for (split, role), examples in good.items():
        used = {example.image.label for example in examples}
        good_rows = rows[split].rows(
            [e.image.label in used for e in listed[split, role]]
        )
        digest.update(
            repr((good_rows.names, good_rows.values.tolist())).encode()
        )
        sources[split, role] = AttributeFiles(
            examples, good_rows, boxes, options.centre_crop
        )
    digest.update(repr((options.centre_crop, boxes)).encode())
    return options.image_set(
        kind=kind,
        layout="attributes",
        sources=sources,
        digest=digest,
        skipped=skipped,
        attributes=names,
    )


def _checked(options, listed, label_domains=(), palette=None):
    """Decodes all files; gives good examples, bad files and one hash."""
    stored = sum(
        file.stored
        for examples in listed.values()
        for example in examples
        for file in example.files
    )
    good, bad, digest = {}, [], hashlib.sha256()
    for key, examples in listed.items():
        labels = tuple(label_domains)
        if key[1]:  # no pairs: the image itself is of this domain
            labels = ("a",) if key[1] in labels else ()
        good[key], problems, digests = checks.check_examples(
            examples,
            keep_content=stored <= checks.MEMORY_LIMIT,
            label_maps=checks.LabelMaps(labels, palette),
        )
        bad += problems
        for part in digests:
            digest.update(part)
    if not options.skip_bad_files:
        checks.raise_for_bad(bad, options.location)
    for (split, domain), usable in good.items():
        if not usable:
            raise UserError(
                f"No usable image is left for {split}{domain.upper()} in "
                f"{options.location}: all {len(listed[split, domain])} are "
                f"bad. One of the bad files: {bad[0][0]}: {bad[0][1]}."
            )
    return good, bad, digest
