"""Finds, checks and opens image sets."""

import hashlib
import os

from data_pipelines import checks, folders, synthetic, tfds_sets
from data_pipelines.arguments import check_seed, size_pair
from data_pipelines.sources import EncodedSource, SyntheticSource
from data_pipelines.unpaired import DOMAINS, SPLITS, UnpairedData
from tfmask.ops.errors import UserError, unknown_name

SYNTHETIC = "synthetic"


def open_data(
    location,
    image_size=64,
    *,
    seed=0,
    splits=SPLITS,
    skip_bad_files=False,
    synthetic_count=(1000, 100),
):
    """Opens image sets a and b and checks every file.

    Args:
        location: folder with trainA, trainB, testA, testB; or
            "tfds:cycle_gan/horse2zebra" and the like; or "synthetic" (objects
            differ in texture) or "synthetic:shapes" (in shape).
        image_size: int or (height, width) of the batches.
        seed: int, which synthetic set; other locations do not use it.
        splits: what to open; what is not asked for may be missing.
        skip_bad_files: bool; leave bad files out and list them in
            `skipped`, instead of raising.
        synthetic_count: (train, test) synthetic images per domain.

    Returns:
        `UnpairedData`.

    Raises:
        UserError: a folder is missing or empty, a file is bad, or an
            argument makes no sense. The text says which and what to do.
    """
    location = str(location)
    size = size_pair("image_size", image_size)
    check_seed(seed)
    for split in splits:
        if split not in SPLITS:
            raise unknown_name("split", split, SPLITS)
    kind, _, variant = location.partition(":")
    if kind == SYNTHETIC:
        variant = variant or synthetic.KINDS[0]
        if variant not in synthetic.KINDS:
            raise unknown_name(
                "kind of synthetic data", variant, synthetic.KINDS
            )
        if min(synthetic_count) < 1:
            raise UserError(
                "`synthetic_count` must be two numbers of at least 1. Got: "
                f"{synthetic_count}."
            )
        counts = dict(zip(SPLITS, synthetic_count, strict=True))
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
    if location.startswith(tfds_sets.PREFIX):
        kind, list_examples = "tfds", tfds_sets.list_examples
    else:
        kind, list_examples = "folder", folders.list_examples
    # All folders are looked for before the first file is decoded.
    examples = {
        (split, domain): list_examples(location, split, domain)
        for split in splits
        for domain in DOMAINS
    }
    sources, skipped, digest = _checked(examples, location, skip_bad_files)
    return UnpairedData(location, kind, size, sources, skipped, digest)


def _checked(examples, location, skip_bad_files):
    """Decodes all files; gives sources, skipped files and one hash."""
    stored = sum(
        os.path.getsize(file.path)
        for listed in examples.values()
        for example in listed
        for file in example.files
        if file.path and os.path.exists(file.path)
    )
    good, bad, digest = {}, [], hashlib.sha256()
    for key, listed in examples.items():
        good[key], problems, digests = checks.check_examples(
            listed, keep_content=stored <= checks.MEMORY_LIMIT
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
    sources = {key: EncodedSource(kept) for key, kept in good.items()}
    return sources, bad, digest
