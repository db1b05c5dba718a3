"""Finds, checks and opens image sets."""

import dataclasses
import hashlib
import os

from data_pipelines import (
    attribute_folders,
    attribute_scenes,
    checks,
    folders,
    paired_folders,
    paired_scenes,
    synthetic,
    tfds_sets,
)
from data_pipelines.arguments import check_seed, size_pair
from data_pipelines.attribute_data import AttributeData
from data_pipelines.attribute_sources import AttributeFiles, AttributeScenes
from data_pipelines.augment import INTERPOLATIONS
from data_pipelines.paired import PairedData
from data_pipelines.palettes import find_palette
from data_pipelines.sources import EncodedSource, HalfSource, SyntheticSource
from data_pipelines.unpaired import DOMAINS, SPLITS, UnpairedData
from serving.command_line import expand_home
from tfmask.ops.errors import UserError, unknown_name

SYNTHETIC = "synthetic"
# Kinds of synthetic data beside two unpaired domains.
ATTRIBUTES, PAIRED = "attributes", "paired"


def open_data(
    location,
    image_size=64,
    *,
    seed=0,
    splits=SPLITS,
    skip_bad_files=False,
    synthetic_count=(1000, 100),
    attributes=(),
    centre_crop=None,
    paired=False,
    label_domains=(),
    interpolation="bilinear",
    antialias=True,
):
    """Opens image sets a and b, or one with attributes; checks every file.

    Args:
        location: folder with trainA, trainB, testA, testB; or
            "tfds:cycle_gan/horse2zebra" and the like; or "synthetic" (objects
            differ in texture) or "synthetic:shapes" (in shape). Pairs: a
            folder with train/A, train/B, ..., or with both images side by
            side in train/NAME.jpg, ...; "tfds:NAME#FEATURE,FEATURE"; or
            "synthetic:paired". With attributes: a folder with CelebA's list
            or `attributes.csv`, "tfds:celeb_a", or "synthetic:attributes".
        image_size: int or (height, width) of the batches.
        seed: int, which synthetic set; other locations do not use it.
        splits: what to open; what is not asked for may be missing.
        skip_bad_files: bool; leave bad files out and list them in
            `skipped`, instead of raising.
        synthetic_count: (train, test) synthetic images per domain.
        attributes: names of those wanted; none means all of the synthetic
            ones. Only for locations that have some.
        centre_crop: int, pixels; what images with attributes are cut to
            first. None: their largest centred square.
        paired: bool; images of equal names in trainA and trainB are pairs,
            too.
        label_domains: of "a" and "b", those whose files are label maps,
            which are resized by nearest neighbour. For pairs their colours
            are read from the folder's classes.csv, if it is there.
        interpolation: "bilinear" or "bicubic", how images are resized; masks
            and label maps are not.
        antialias: bool; False takes the nearest pixels only where images
            become smaller, as TensorFlow 1 did.

    Returns:
        `UnpairedData`, `PairedData` for pairs, or `AttributeData` for a
        location with attributes.

    Raises:
        UserError: a folder is missing or empty, a file is bad, or an
            argument makes no sense. The text says which and what to do.
    """
    if interpolation not in INTERPOLATIONS:
        raise unknown_name("interpolation", interpolation, INTERPOLATIONS)
    data = _opened(
        *(location, image_size, seed, splits, skip_bad_files),
        *(synthetic_count, attributes, centre_crop, paired, label_domains),
    )
    data.interpolation, data.antialias = interpolation, antialias
    return data


def _opened(
    location,
    image_size,
    seed,
    splits,
    skip_bad_files,
    synthetic_count,
    attributes,
    centre_crop,
    paired,
    label_domains,
):
    """See `open_data`."""
    try:
        location = expand_home(str(location))
    except ValueError as error:
        raise UserError(str(error)) from error
    size = size_pair("image_size", image_size)
    check_seed(seed)
    for split in splits:
        if split not in SPLITS:
            raise unknown_name("split", split, SPLITS)
    for domain in label_domains:
        if domain not in DOMAINS:
            raise unknown_name("label domain", domain, DOMAINS)
    kind, _, variant = location.partition(":")
    if kind == SYNTHETIC:
        return _open_synthetic(
            *(location, variant, size, seed, splits),
            synthetic_count,
            attributes,
        )
    is_tfds = location.startswith(tfds_sets.PREFIX)
    kind = "tfds" if is_tfds else "folder"
    if tfds_sets.is_attribute_set(
        location
    ) or attribute_folders.is_attribute_folder(location):
        return _open_attributes(
            *(location, kind, size, splits, skip_bad_files),
            attributes,
            centre_crop,
        )
    _no_attributes(location, attributes)
    layout = None
    if not is_tfds:
        layout = paired_folders.paired_layout(location)
        if paired:
            layout = layout or paired_folders.UNPAIRED
    if layout or (is_tfds and "#" in location):
        return _open_pairs(
            *(location, kind, size, splits, skip_bad_files),
            layout,
            label_domains,
        )
    list_examples = (tfds_sets if is_tfds else folders).list_examples
    # All folders are looked for before the first file is decoded.
    examples = {
        (split, domain): list_examples(location, split, domain)
        for split in splits
        for domain in DOMAINS
    }
    good, skipped, digest = _checked(
        examples, location, skip_bad_files, label_domains
    )
    sources = {
        key: EncodedSource(kept, labels=key[1] in label_domains)
        for key, kept in good.items()
    }
    return UnpairedData(location, kind, size, sources, skipped, digest)


def _open_synthetic(
    location, variant, size, seed, splits, synthetic_count, attributes
):
    kinds = (*synthetic.KINDS, PAIRED, ATTRIBUTES)
    variant = variant or kinds[0]
    if variant not in kinds:
        raise unknown_name("kind of synthetic data", variant, kinds)
    if min(synthetic_count) < 1:
        raise UserError(
            "`synthetic_count` (--data.synthetic-count) must be two numbers "
            f"of at least 1. Got: {synthetic_count}."
        )
    counts = dict(zip(SPLITS, synthetic_count, strict=True))
    if variant == ATTRIBUTES:
        names = tuple(attributes) or attribute_scenes.NAMES
        for name in names:
            if name not in attribute_scenes.NAMES:
                raise unknown_name("attribute", name, attribute_scenes.NAMES)
        version = attribute_scenes.VERSION
        text = f"{location} {version} {seed} {counts} {names}"
        sources = {
            split: AttributeScenes(seed, split, counts[split], names)
            for split in splits
        }
        digest = hashlib.sha256(text.encode())
        return AttributeData(
            location, SYNTHETIC, size, sources, [], digest, names
        )
    _no_attributes(location, attributes)
    if variant == PAIRED:
        sources = {}
        for split in splits:
            drawn = paired_scenes.remembered_scenes(seed, split)
            for domain in DOMAINS:
                sources[split, domain] = paired_scenes.PairedScenes(
                    domain, counts[split], drawn
                )
        text = f"{location} {paired_scenes.VERSION} {seed} {counts}"
        digest = hashlib.sha256(text.encode())
        return PairedData(
            *(location, SYNTHETIC, size, sources, [], digest),
            palettes={"b": paired_scenes.PALETTE},
        )
    sources = {
        (split, domain): SyntheticSource(
            seed, domain, split, counts[split], kind=variant
        )
        for split in splits
        for domain in DOMAINS
    }
    text = f"{location} {synthetic.VERSION} {seed} {counts}"
    digest = hashlib.sha256(text.encode())
    return UnpairedData(location, SYNTHETIC, size, sources, [], digest)


def _open_pairs(
    location, kind, size, splits, skip_bad_files, layout, label_domains
):
    palette = None
    if layout and label_domains:
        palette = find_palette(location)
    # No domain: an example is a pair.
    examples = {
        (split, ""): paired_folders.list_pairs(
            location, split, layout, skip_unmatched=skip_bad_files
        )
        if layout
        else tfds_sets.list_pairs(location, split)
        for split in splits
    }
    good, skipped, digest = _checked(
        examples, location, skip_bad_files, label_domains, palette
    )
    sources = {}
    for (split, _), pairs in good.items():
        for domain in DOMAINS:
            labels = domain in label_domains
            if layout == paired_folders.SIDE_BY_SIDE:
                source = HalfSource(pairs, domain, labels=labels)
            elif domain == "a":
                source = EncodedSource(pairs, labels=labels)
            else:
                partners = [
                    dataclasses.replace(pair, image=pair.partner)
                    for pair in pairs
                ]
                source = EncodedSource(partners, labels=labels)
            sources[split, domain] = source
    return PairedData(
        *(location, kind, size, sources, skipped, digest),
        palettes=dict.fromkeys(label_domains, palette) if palette else {},
    )


def _open_attributes(
    location, kind, size, splits, skip_bad_files, attributes, centre_crop
):
    if centre_crop is not None and centre_crop < 1:
        raise UserError(f"`centre_crop` must be 1 or more. Got: {centre_crop}.")
    boxes, listed, rows = {}, {}, {}
    if kind == "folder":
        everything = attribute_folders.read_list(location)
        boxes = attribute_folders.read_boxes(
            location, attributes, everything.names
        )
    for split in splits:
        if kind == "folder":
            found = attribute_folders.list_examples(location, everything, split)
        else:
            found = attribute_folders.tfds_examples(location, split)
        listed[split, "a"] = found[0]
        # A test set may lack one value, training learns nothing then.
        rows[split] = found[1].select(attributes, constant=split == "test")
    good, skipped, digest = _checked(listed, location, skip_bad_files)
    sources = {}
    for split in splits:
        used = {example.image.label for example in good[split, "a"]}
        kept = rows[split].rows(
            [e.image.label in used for e in listed[split, "a"]]
        )
        digest.update(repr((kept.names, kept.values.tolist())).encode())
        sources[split] = AttributeFiles(
            good[split, "a"], kept, boxes, centre_crop
        )
    digest.update(repr((centre_crop, boxes)).encode())
    return AttributeData(
        location, kind, size, sources, skipped, digest, attributes
    )


def _no_attributes(location, attributes):
    if attributes:
        raise UserError(
            f"{location} has no attributes, but some are selected: "
            f"{', '.join(attributes)}. Leave out `--data.attributes` (of "
            "`tfmask classifier`: `--attributes`). Sets with attributes are "
            "`synthetic:attributes`, `tfds:celeb_a` and folders with "
            f"{attribute_folders.CELEBA_LIST} or {attribute_folders.CSV_LIST}."
        )


def _checked(
    examples, location, skip_bad_files, label_domains=(), palette=None
):
    """Decodes all files; gives good examples, bad files and one hash."""
    stored = sum(
        os.path.getsize(file.path)
        for listed in examples.values()
        for example in listed
        for file in example.files
        if file.path and os.path.exists(file.path)
    )
    good, bad, digest = {}, [], hashlib.sha256()
    for key, listed in examples.items():
        domains = tuple(label_domains)
        if key[1]:  # no pairs: the image itself is of this domain
            domains = ("a",) if key[1] in domains else ()
        good[key], problems, digests = checks.check_examples(
            listed,
            keep_content=stored <= checks.MEMORY_LIMIT,
            label_maps=checks.LabelMaps(domains, palette),
        )
        bad += problems
        for part in digests:
            digest.update(part)
    if not skip_bad_files:
        checks.raise_for_bad(bad, location)
    for (split, domain), kept in good.items():
        if not kept:
            raise UserError(
                f"No usable image is left for {split}{domain.upper()} in "
                f"{location}: all {len(examples[split, domain])} are bad. "
                f"One of the bad files: {bad[0][0]}: {bad[0][1]}."
            )
    return good, bad, digest
