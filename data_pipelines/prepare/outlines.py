"""Outlines as COCO writes them, to masks: polygons and run lengths."""

import numpy as np
from PIL import Image, ImageDraw

from tfmask.ops.errors import UserError

# Pillow draws between whole pixels and also fills pixels on the edge. So
# polygons are drawn larger, by an odd factor. Then the centre of every pixel is
# the centre of one of the fine pixels.
_FINE, _COARSE = 11, 3
_MOST_FINE = 2**20  # pixels; 127 MB when drawn
# Pixels. Points farther away are damage. Pillow's integers end not far beyond.
_FARTHEST = 1e6


def to_mask(segmentation, shape):
    """Mask of a COCO annotation's `segmentation`.

    Args:
        segmentation: list of polygons, or dict with `size` and `counts`
            (run lengths, as numbers or compressed to a text).
        shape: (height, width) of the image.

    Returns:
        (height, width) bool array.

    Raises:
        UserError: it is neither of these, or it does not fit the image. The
            text is only the reason.
    """
    if isinstance(segmentation, dict):
        return decode_runs(segmentation, shape)
    if isinstance(segmentation, list) and segmentation:
        return fill_polygons(segmentation, shape)
    raise UserError("has no outline (`segmentation`)")


def fill_polygons(polygons, shape):
    """Union of polygons: the pixels whose centre is inside.

    Args:
        polygons: list of [x0, y0, x1, y1, ...] in pixels; (0, 0) is the
            upper left corner of the first pixel, not its centre. Parts outside
            of the image are cut off.
        shape: (height, width).

    Returns:
        (height, width) bool array. Edges are off by a twentieth of a pixel,
        those of polygons larger than a megapixel by a sixth.

    Raises:
        UserError: a polygon is not a list of three or more points, or is
            far outside of any image.
    """
    mask = np.zeros(shape, bool)
    limit = np.array(shape[::-1])
    for polygon in polygons:
        points = _points(polygon)
        if np.abs(points).max() > _FARTHEST:
            raise UserError(
                f"has a polygon with the coordinate "
                f"{np.abs(points).max():.3g}, farther than {_FARTHEST:.0e} "
                "pixels from the image"
            )
        first = np.clip(np.floor(points.min(0)), 0, limit).astype(int)
        last = np.clip(np.ceil(points.max(0)), 0, limit).astype(int)
        if (last <= first).any():
            continue
        # This is only the part of the image that the polygon can reach.
        factor = _FINE if np.prod(last - first) <= _MOST_FINE else _COARSE
        fine = Image.new("L", tuple(((last - first) * factor).tolist()))
        corners = np.floor((points - first) * factor).astype(int)
        ImageDraw.Draw(fine).polygon(corners.ravel().tolist(), fill=1)
        centres = slice(factor // 2, None, factor)
        inside = np.asarray(fine)[centres, centres] > 0
        mask[first[1] : last[1], first[0] : last[0]] |= inside
    return mask


def _points(polygon):
    try:
        points = np.asarray(polygon, np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    wrong = points.ndim != 1 or points.size < 6 or points.size % 2
    if wrong or not np.isfinite(points).all():
        raise UserError(
            "has a polygon that is not a list x0, y0, x1, y1, ... of at "
            "least three points"
        )
    return points.reshape(-1, 2)


def decode_runs(runs, shape):
    """Mask from run lengths of 0, 1, 0, ... down the columns.

    Args:
        runs: dict with `size` [height, width] and `counts`, a list of ints
            or the compressed text.
        shape: (height, width) that `size` must be.

    Returns:
        (height, width) bool array.

    Raises:
        UserError: the size is wrong, or the runs do not fill it.
    """
    counts, size = runs.get("counts"), runs.get("size")
    if size != list(shape):
        raise UserError(
            f"has run lengths of size {size}, but its image is {shape[0]} "
            f"high and {shape[1]} wide"
        )
    if isinstance(counts, str):
        counts = decompress(counts)
    whole = isinstance(counts, list) and all(
        isinstance(count, int | float) and count >= 0 and count % 1 == 0
        for count in counts
    )
    if not whole or sum(counts) != shape[0] * shape[1]:
        raise UserError(
            f"has run lengths that do not add up to {shape[0]} x {shape[1]} "
            "pixels: expected whole numbers from 0"
        )
    inside = np.arange(len(counts)) % 2 == 1
    counts = np.asarray(counts, np.int64)
    return np.repeat(inside, counts).reshape(shape[::-1]).T


def decompress(text):
    """Run lengths from COCO's compressed text.

    Each character, after subtracting code 48, has five bits of a number (lowest
    first), and a bit that says if more characters follow. The fifth bit of the
    last character is the sign. From the fourth number on, it is the difference
    to the number two places before.

    Args:
        text: str.

    Returns:
        list of ints, possibly negative if the text is damaged.

    Raises:
        UserError: the text has other characters, or ends within a number.
    """
    counts, value, shift = [], 0, 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64:
            raise UserError(f"has run lengths with the character {character!r}")
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
        value = shift = 0
    if shift:
        raise UserError("has run lengths that end within a number")
    return counts
