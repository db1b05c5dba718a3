"""Numbers of what a translation of instances changes and keeps."""

import numpy as np

# If the mean absolute difference over channels, in [-1, 1], is above this, a
# pixel counts as changed. It is a twentieth of the range.
CHANGED = 0.1
# A translated mask holds an instance if this many pixels are inside.
MIN_PIXELS = 4


def context_l1(source, translated, masks, translated_masks):
    """Change outside of the instances, before and after.

    Args:
        source: (B, H, W, 3) float in [-1, 1].
        translated: (B, H, W, 3) float in [-1, 1].
        masks: (B, N, H, W, 1) float in [0, 1], masks of the source.
        translated_masks: (B, N, H, W, 1) float in [0, 1], translated masks.

    Returns:
        (B,) float64: mean |x - y| over the pixels outside of all masks of both
        images (0.5 is inside); NaN if there is no such pixel.
    """
    inside = (np.maximum(masks, translated_masks) > 0.5).any(axis=1)[..., 0]
    change = _change(source, translated)
    with np.errstate(invalid="ignore"):
        return (change * ~inside).sum((1, 2)) / (~inside).sum((1, 2))


def changed_share(source, translated):
    """Share of the pixels that changed by more than `CHANGED`.

    Args:
        source: (B, H, W, 3) float in [-1, 1].
        translated: (B, H, W, 3) float in [-1, 1].

    Returns:
        (B,) float64 in [0, 1].
    """
    return (_change(source, translated) > CHANGED).mean((1, 2))


def instances_kept(masks, translated_masks):
    """How many instances a translation still has, of those it was given.

    Args:
        masks: (B, N, H, W, 1) float in [0, 1].
        translated_masks: (B, N, H, W, 1) float in [0, 1], slot by slot.

    Returns:
        (B,) float64: share of the given instances whose translated mask holds
        `MIN_PIXELS` pixels or more; NaN if there are no instances.
    """
    there = (masks > 0.5).any((2, 3, 4))
    still = (translated_masks > 0.5).sum((2, 3, 4)) >= MIN_PIXELS
    with np.errstate(invalid="ignore"):
        return (there & still).sum(1) / there.sum(1)


def area_ratio(masks, translated_masks):
    """How many times as large instances became, as a mean of each image.

    Args:
        masks: (B, N, H, W, 1) float in [0, 1].
        translated_masks: (B, N, H, W, 1) float in [0, 1], slot by slot.

    Returns:
        ratio: (B,) float64, the geometric mean over the instances of the image
            that are still there (`MIN_PIXELS`); NaN if there are none.
        flooded: (B,) float64, the share of the given instances that became
            smaller than half or larger than twice their size; NaN if there are
            none.
    """
    before = (masks > 0.5).sum((2, 3, 4))
    after = (translated_masks > 0.5).sum((2, 3, 4))
    there = before > 0
    both = there & (after >= MIN_PIXELS)
    ratio = np.where(both, after, 1) / np.where(both, before, 1)
    beyond = there & ((after < before / 2) | (after > 2 * before))
    with np.errstate(invalid="ignore"):
        mean = np.log(ratio).sum(1) / both.sum(1)
        return np.exp(mean), beyond.sum(1) / there.sum(1)


def _change(source, translated):
    difference = np.asarray(source, float) - np.asarray(translated, float)
    return np.abs(difference).mean(-1)
