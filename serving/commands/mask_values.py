"""Which pixels of a mask are the object, and which masks could mean both.

There is one rule for training, `tfmask prepare`, `translate` and `query`. This
module needs only NumPy.
"""

import functools

import numpy as np

INSIDE = 128  # this level and higher ones are object
_EXPECTED = "expected 0 outside and 255 inside the object"
# A mask with more levels than this is a drawing in shades. With fewer levels,
# its values may be numbers of classes.
_FEW = 16
_SMALL = 64
# The compression of a JPEG moves white by so much at most.
_NEARLY_WHITE = 224


def levels_of(pixels: np.ndarray) -> np.ndarray:
    """The brightest channel of each pixel.

    Args:
        pixels: (H, W) or (H, W, C) uint8.

    Returns:
        (H, W) uint8.
    """
    return functools.reduce(np.maximum, _planes(pixels))


def _planes(pixels):
    """The channels one by one: ten times as fast as along the last axis."""
    if pixels.ndim == 2:
        return [pixels]
    return [
        np.ascontiguousarray(pixels[..., n]) for n in range(pixels.shape[-1])
    ]


def mask_problem(
    pixels: np.ndarray, *, exact: bool = True, soft: bool = False
) -> str | None:
    """Why a mask would be read as what it does not mean.

    Args:
        pixels: (H, W) or (H, W, C) uint8; a pixel whose brightest channel
            is `INSIDE` or more is object.
        exact: bool; False for JPEGs, because they do not keep single values.
        soft: bool; shades count. So a mask of many shades may be all dark or
            all bright.

    Returns:
        str to put after the name of the file, or None.
    """
    planes = _planes(pixels)
    levels = functools.reduce(np.maximum, planes)
    if not levels.size:
        return None  # other code checks the size
    if ((levels == 0) | (levels == 255)).all():  # most masks, and fast
        values = sorted({int(levels.min()), int(levels.max())})
    else:
        values = np.flatnonzero(np.bincount(levels.ravel())).tolist()
    if soft and len(values) > _FEW:
        return None
    if values in ([0], [255], [0, 255]):
        return _colour_problem(pixels, planes, levels, values, exact)
    darkest, brightest = values[0], values[-1]
    if brightest < INSIDE:
        # Otherwise masks of 0 and 1 would count as empty.
        return f"has values from {darkest} to {brightest}, {_EXPECTED}"
    if darkest >= INSIDE and (exact or darkest < _NEARLY_WHITE):
        return (
            f"has {in_words(values)}, so that all of it would be object; "
            f"{_EXPECTED}"
        )
    low = [value for value in values if 0 < value < INSIDE]
    if exact and len(values) <= _FEW and low and low[-1] < _SMALL:
        return (
            f"has {in_words(values)}, which may be numbers of classes; "
            f"{_EXPECTED}"
        )
    return _colour_problem(pixels, planes, levels, values, exact)


def _colour_problem(pixels, planes, levels, values, exact):
    """The part of `mask_problem` about colours: few, and not all clear."""
    if not exact or all(np.array_equal(levels, plane) for plane in planes):
        return None
    colours, counts = colours_of(pixels)
    if values[0] >= INSIDE and len(colours) > 1:
        return (
            f"has the colours {_listed(colours[np.argsort(-counts)])}, which "
            f"are all bright, so that all of it would be object; {_EXPECTED}"
        )
    brightness = colours.max(axis=-1)
    unclear = (brightness > 0) & (brightness < INSIDE)
    if len(colours) <= _FEW and unclear.any():
        return (
            f"has the colours {_listed(colours[unclear])}, which are neither "
            f"black nor bright; {_EXPECTED}"
        )
    return None


def alpha_problem(levels: np.ndarray, alpha: np.ndarray) -> str | None:
    """Why a mask and its transparency say different things.

    Args:
        levels: (H, W) uint8, brightest channels.
        alpha: (H, W) uint8.

    Returns:
        str to put after the name of the file, or None.
    """
    inside, visible = levels >= INSIDE, alpha >= INSIDE
    constant = bool((levels == levels.flat[0]).all())
    if (
        not (constant and visible.any() != visible.all())
        and (visible | ~inside).all()
    ):
        return None
    what = (
        "holds the object in its transparency, its colour is the same "
        "everywhere"
        if constant
        else "has bright pixels that are transparent"
    )
    return f"{what}. Save it as grey without transparency: {_EXPECTED}"


def deep_problem(values: np.ndarray) -> str | None:
    """The same for a grey mask of 16 bits, before they become 8.

    Args:
        values: (H, W) integers.

    Returns:
        str to put after the name of the file, or None.
    """
    darkest, brightest = int(values.min()), int(values.max())
    if darkest >= 0 and (not brightest or 2**15 <= brightest < 2**16):
        return None
    return (
        f"has 16 bits or more a pixel and "
        f"{in_words(np.unique(values).tolist())}, expected 0 outside and "
        "65535 inside the object (or a mask of 8 bits)"
    )


def colours_of(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The colours of an image, and how many pixels have each.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        colours: (N, 3) uint8.
        counts: (N,) int.
    """
    wide = pixels.astype(np.int32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    colours, counts = np.unique(packed, return_counts=True)
    shifts = np.array([16, 8, 0])
    return (colours[:, None] >> shifts & 255).astype(np.uint8), counts


def in_words(values: list[int]) -> str:
    """`the values 0, 3 and 255`, or `values from 0 to 40` of many."""
    if len(values) == 1:
        return f"the value {values[0]} alone"
    if len(values) > 4:
        return f"values from {values[0]} to {values[-1]}"
    return f"the values {', '.join(map(str, values[:-1]))} and {values[-1]}"


def _listed(colours):
    """The first three of (N, 3) colours."""
    shown = ", ".join(str(tuple(c)) for c in colours[:3].tolist())
    return f"{shown}, ..." if len(colours) > 3 else shown
