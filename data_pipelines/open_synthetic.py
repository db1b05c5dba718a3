"""Opens images that are drawn and not read: `synthetic:KIND`."""

import hashlib

from data_pipelines import attribute_scenes, paired_scenes, synthetic
from data_pipelines.arguments import DOMAINS, SPLITS
from data_pipelines.attribute_sources import AttributeScenes
from data_pipelines.sources import SyntheticSource
from tfmask.ops.errors import unknown_name

_NAME = "synthetic"
# Kinds beside two unpaired domains.
_ATTRIBUTES, _PAIRED = "attributes", "paired"


def owns(location):
    """Whether a location is one of these."""
    return location.partition(":")[0] == _NAME


def open_set(options):
    """The `ImageSet` of `OpenOptions`."""
    kinds = (*synthetic.KINDS, _PAIRED, _ATTRIBUTES)
    kind = options.location.partition(":")[2] or kinds[0]
    if kind not in kinds:
        raise unknown_name("kind of synthetic data", kind, kinds)
    counts = dict(zip(SPLITS, options.synthetic_count, strict=True))
    if kind == _ATTRIBUTES:
        return _attributes(options, counts)
    options.refuse_attributes()
    if kind == _PAIRED:
        return _pairs(options, counts)
    sources = {
        (split, domain): SyntheticSource(
            options.seed, domain, split, counts[split], kind=kind
        )
        for split in options.splits
        for domain in DOMAINS
    }
    digest = _digest(options, synthetic.VERSION, counts)
    return options.image_set(_NAME, "domains", sources, digest)


def _attributes(options, counts):
    names = tuple(options.attributes) or attribute_scenes.NAMES
    for name in names:
        if name not in attribute_scenes.NAMES:
            raise unknown_name("attribute", name, attribute_scenes.NAMES)
    sources = {
        (split, "a"): AttributeScenes(options.seed, split, counts[split], names)
        for split in options.splits
    }
    digest = _digest(options, attribute_scenes.VERSION, counts, names)
    return options.image_set(
        kind=_NAME,
        layout="attributes",
        sources=sources,
        digest=digest,
        attributes=names,
    )


def _pairs(options, counts):
    sources = {}
    for split in options.splits:
        drawn = paired_scenes.remembered_scenes(options.seed, split)
        for domain in DOMAINS:
            sources[split, domain] = paired_scenes.PairedScenes(
                domain, counts[split], drawn
            )
    digest = _digest(options, paired_scenes.VERSION, counts)
    return options.image_set(
        kind=_NAME,
        layout="pairs",
        sources=sources,
        digest=digest,
        palettes={"b": paired_scenes.PALETTE},
    )


def _digest(options, version, *parts):
    words = (options.location, version, options.seed, *parts)
    return hashlib.sha256(" ".join(map(str, words)).encode())
