"""Masks as colour over a picture, which a person paints and wipes away.

A page shows an editor a dict with `background`, the picture (SIDE, SIDE, 3),
and `layer`, its paint (SIDE, SIDE, 4), both uint8. It gives the layer back. The
strength of its colour (the last channel) is the mask. Pixels without colour are
not in the mask.
"""

from collections.abc import Sequence

import numpy as np

from serving.commands.mask_values import INSIDE
from serving.commands.pictures import binary, resized

# The colour of a mask. Each object has its own colour, from the first on.
COLOURS = (
    (230, 25, 75),
    (0, 130, 200),
    (245, 190, 0),
    (145, 30, 180),
    (0, 160, 90),
    (240, 110, 20),
)
# Full colour hides this share of the picture.
OPACITY = 0.6
# Height and width of every editor.
SIDE = 768
_AROUND = 240  # grey


def reduced(picture: np.ndarray) -> np.ndarray:
    """A picture no larger than an editor.

    Args:
        picture: (H, W, 3) uint8.

    Returns:
        (h, w, 3) uint8.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    return resized(
        picture, max(1, round(height * scale)), max(1, round(width * scale))
    )


def _place(size):
    """Where a picture lies on the canvas: (rows, columns, repeats).

    A small one is repeated in both directions, a whole number of times. So its
    mask comes back exact to the pixel.
    """
    scale = min(1.0, SIDE / max(size))
    repeats = max(1, SIDE // max(size))
    sides = [max(1, round(side * scale)) * repeats for side in size]
    rows, columns = (
        slice((SIDE - side) // 2, (SIDE - side) // 2 + side) for side in sides
    )
    return rows, columns, repeats


def _on_canvas(pixels, around):
    """(H, W, ...) on the canvas."""
    rows, columns, repeats = _place(pixels.shape[:2])
    canvas = np.full((SIDE, SIDE, *pixels.shape[2:]), around, np.uint8)
    larger = reduced(pixels).repeat(repeats, axis=0).repeat(repeats, axis=1)
    canvas[rows, columns] = larger
    return canvas


def _off_canvas(levels, size):
    """(height, width) of what `_on_canvas` made of as many."""
    rows, columns, repeats = _place(size)
    levels = levels[rows, columns]
    if repeats == 1:
        return resized(levels, *size)
    height, width = size
    blocks = levels.reshape(height, repeats, width, repeats)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)


def editor(
    picture: np.ndarray, mask: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """What an editor shows for a picture and its mask.

    Args:
        picture: (H, W, 3) uint8.
        mask: (H, W) uint8, or None for an empty one.

    Returns:
        `background` and `layer`, each `SIDE` high and wide.
    """
    if mask is None:
        mask = np.zeros(picture.shape[:2], np.uint8)
    colour = np.full((SIDE, SIDE, 3), COLOURS[0], np.uint8)
    return {
        "background": _on_canvas(picture, _AROUND),
        "layer": np.dstack([colour, _on_canvas(mask, 0)]),
    }


def mask_of(
    layer: np.ndarray | None, size: tuple[int, int]
) -> np.ndarray | None:
    """The mask that an editor holds.

    Args:
        layer: the editor's, (SIDE, SIDE, 4) uint8; None if it is empty.
        size: (height, width) of the picture.

    Returns:
        (height, width) uint8. None if the editor is empty.
    """
    if layer is None:
        return None
    return _off_canvas(layer[..., 3], size)


def objects_of(layer: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    """The objects that an editor holds: each colour is one.

    Args:
        layer: the editor's, (SIDE, SIDE, 4) uint8; None if it is empty.
        size: (height, width) of the picture.

    Returns:
        (K, height, width, 1) uint8 of 0 and 255, in the order of `COLOURS`;
        K is 0 where nothing is painted.
    """
    painted = []
    if layer is not None:
        wide = layer[..., None, :3].astype(np.int32)
        nearest = np.abs(wide - COLOURS).sum(axis=-1).argmin(axis=-1)
        inside = layer[..., 3] >= INSIDE
        for number in range(len(COLOURS)):
            one = np.uint8(255) * (inside & (nearest == number))
            painted.append(binary(_off_canvas(one, size)))
    # Paint outside of the picture, or smaller than a pixel, is no object.
    masks = [mask for mask in painted if mask.any()]
    return np.array(masks, np.uint8).reshape(len(masks), *size, 1)


def coloured(masks: Sequence[np.ndarray], picture: np.ndarray) -> np.ndarray:
    """A picture with its objects in colour.

    Args:
        masks: (K, H, W) or (K, H, W, 1) uint8.
        picture: (H, W, 3) uint8, of the same size.

    Returns:
        (H, W, 3) uint8.
    """
    shown = picture
    for number, mask in enumerate(masks):
        colour = np.full_like(picture, COLOURS[number % len(COLOURS)])
        levels = np.rint(mask.reshape(picture.shape[:2]) * OPACITY)
        shown = blended(shown, colour, levels.astype(np.uint8))
    return shown


def blended(
    outside: np.ndarray, inside: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """One picture where a mask is, another one elsewhere.

    Args:
        outside: (H, W, 3) uint8, where the mask is 0.
        inside: (H, W, 3) uint8, where it is 255.
        mask: (H, W) uint8.

    Returns:
        (H, W, 3) uint8; mixed where the mask is in between.
    """
    share = mask[..., None] / np.float32(255)
    mixed = share * inside + (1 - share) * outside
    return np.rint(mixed).astype(np.uint8)
