"""Synthetic objects with attributes: coloured cap, stripe and base.

One shaded disc lies among clutter on a textured background. Its cap (red), its
stripe (yellow) and its base (green) are on or off, each by itself with
probability one half. A part that is off has the blue of the body. The regions
are exact: if two images differ in only one attribute, they are equal outside of
the region of that attribute.
"""

import math

import numpy as np

from data_pipelines import scenes
from data_pipelines.synthetic import (
    _SURROUNDINGS,
    _clutter_fill,
    _generator,
    _paint_background,
    _place,
)
from tfmask.ops.errors import UserError

NAMES = ("cap", "stripe", "base")
# This is a part of the fingerprint of a data set. Raise it when images change.
VERSION = 1

_SPLITS = {"train": 0, "test": 1}
_DOMAIN = 2  # beside a and b of `synthetic.draw`
# Hues in degrees, and the place of a part: y in radii of the disc, downwards.
_HUES = {"cap": (-10, 15), "stripe": (48, 62), "base": (95, 130)}
_BANDS = {"cap": (-2.0, -0.4), "stripe": (-0.15, 0.2), "base": (0.45, 2.0)}


def draw(seed, split, index, size, *, attributes=None):
    """Draws one image: a pure function of its arguments.

    Args:
        seed: int, number of the data set.
        split: "train" or "test".
        index: int, 0 or more; there is no end.
        size: (height, width) in pixels. The scene is the same at any size.
        attributes: (3,) 0/1 in the order of `NAMES`. None: the image's own.
            With other attributes the result is the true translation.

    Returns:
        image: (H, W, 3) uint8.
        attributes: (3,) float32 0/1.
        regions: (H, W, 3) bool, the visible part of every attribute's
            region, whether it is on or off.

    Raises:
        UserError: `attributes` has not three numbers.
    """
    key = [seed, _DOMAIN, _SPLITS[split], index]
    rng, looks = _generator([*key, 0]), _generator([*key, 1])
    if attributes is None:
        attributes = own_attributes(seed, split, index)
    on = np.asarray(attributes, np.float32)
    if on.shape != (len(NAMES),):
        raise UserError(
            f"Expected {len(NAMES)} attributes ({', '.join(NAMES)}). Got: "
            f"{on.size}."
        )
    canvas = scenes.Canvas(size)
    turn = rng.uniform(0.0, 2.0 * math.pi)
    light = 0.35 * math.sin(turn), 0.35 * math.cos(turn)
    around = _SURROUNDINGS["textures"]
    _paint_background(rng, canvas, around)
    for _ in range(rng.integers(*around.clutter)):
        shape = scenes.Shape(
            rng, _place(rng, canvas, 0.0), rng.uniform(0.05, 0.2)
        )
        canvas.paint(shape, _clutter_fill(rng, around.patterns), light)
    radius = rng.uniform(0.24, 0.34)
    body = scenes.Shape(rng, _place(rng, canvas, radius), radius, "disc")
    canvas.paint(body, _fill(looks, radius, on), light, owner=0)
    for _ in range(rng.integers(*around.crumbs)):
        shape = scenes.Shape(
            rng, _place(rng, canvas, 0.0), rng.uniform(0.02, 0.05)
        )
        fill = _clutter_fill(rng, around.patterns)
        canvas.paint(shape, fill, light, hard=True)
    noise = rng.standard_normal(canvas.image.shape, np.float32)
    noise *= np.float32(rng.uniform(*around.noise))
    image = np.clip(255.0 * canvas.image + noise + 0.5, 0.0, 255.0)
    image = np.ascontiguousarray(image.astype(np.uint8).transpose(1, 2, 0))
    down = (canvas.y[:, None] - np.float32(body.centre[0])) / radius
    regions = np.stack(
        [(canvas.owner == 0) & _within(down, name) for name in NAMES], -1
    )
    return image, on, regions


def own_attributes(seed, split, index):
    """(3,) float32 0/1, what an image has where nothing else is asked."""
    key = [seed, _DOMAIN, _SPLITS[split], index, 2]
    return (_generator(key).random(len(NAMES)) < 0.5).astype(np.float32)


def _within(down, name):
    """Where a part lies, for y in radii of the disc."""
    first, last = _BANDS[name]
    return (down > first) & (down < last)


def _fill(rng, radius, on):
    """The body's blue, and the colours of the parts that are on."""
    body = scenes.colour(rng, (205, 230), (0.4, 0.7), (0.5, 0.8))
    dark = 0.8 * body
    coarseness = int(rng.integers(5, 9))
    # Draw numbers for all attributes, so that a switch changes nothing else.
    colours = {
        name: scenes.colour(rng, hues, (0.75, 0.95), (0.7, 0.95))
        for name, hues in _HUES.items()
    }

    def fill(y, x):
        spots = scenes.speckles(rng, y, x, coarseness)
        painted = body + spots * (dark - body)
        for name, wanted in zip(NAMES, on, strict=True):
            if wanted > 0:
                inside = _within(y / np.float32(radius), name)
                painted = np.where(inside, colours[name], painted)
        return painted

    return fill
