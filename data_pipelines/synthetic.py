"""Endless synthetic images with exact masks: two domains of objects.

One to four shaded objects lie among clutter on a textured background. In
domain a they are green to yellow with speckles, in domain b red to orange
with stripes. Nothing else tells the domains apart: outlines, places, light,
clutter, background and noise come from one distribution.

The kind "shapes" is different: objects are discs in domain a and five-pointed
stars in b. Nothing else tells the domains apart. The backgrounds are calm. So a
network that paints the whole image learns within minutes to keep them.

Masks are exact by definition: a pixel belongs to the topmost object that
covers its centre. Edges are antialiased only inwards. So a pixel outside of all
masks holds no trace of an object.
"""

import dataclasses
import functools
import math
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from data_pipelines import scenes
from data_pipelines.arguments import check_seed, size_pair
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError

MOST_OBJECTS = 4
KINDS = ("textures", "shapes")
# This is a part of the fingerprint of a data set. Raise it when images change.
VERSION = 2

_DOMAINS = {"a": 0, "b": 1}
_SPLITS = {"train": 0, "test": 1}
# Largest radius by number of objects, so that they find room.
_LARGEST_RADIUS = (0.30, 0.26, 0.22, 0.19)


@dataclasses.dataclass(frozen=True)
class _Surroundings:
    """Everything around the objects; ranges include only their low end."""

    clutter: tuple[int, int]
    """Pieces below the objects."""
    crumbs: tuple[int, int]
    """Small pieces on top of everything."""
    relief: tuple[float, float]
    """Strength of the background's pattern."""
    noise: tuple[float, float]
    """Standard deviation, of 255."""
    patterns: tuple
    """Of clutter and background."""


def draw(seed, domain, split, index, size, *, texture=None, kind="textures"):
    """Draws one image: a pure function of its arguments.

    Args:
        seed: int, number of the data set.
        domain: "a" or "b".
        split: "train" or "test".
        index: int, 0 or more; there is no end.
        size: (height, width) in pixels. The scene is the same at any size.
        texture: the objects get the look of this domain. None: of their own
            domain. With the other domain, the result is the true translation.
            It is equal to the original outside of the objects.
        kind: "textures" or "shapes", the difference between the domains.

    Returns:
        image: (H, W, 3) uint8.
        instances: (N, H, W) bool, visible part of each object, lowest
            first; N from 1 to `MOST_OBJECTS`.
    """
    key = [seed, _DOMAINS[domain], _SPLITS[split], index]
    rng = _generator([*key, 0])
    # This is a separate stream. The count of numbers that a texture draws must
    # not change other parts of the scene.
    texture_rng = _generator([*key, 1])
    canvas = scenes.Canvas(size)
    turn = rng.uniform(0.0, 2.0 * math.pi)
    light = 0.35 * math.sin(turn), 0.35 * math.cos(turn)
    around = _SURROUNDINGS[kind]
    _paint_background(rng, canvas, around)
    for _ in range(rng.integers(*around.clutter)):
        shape = scenes.Shape(
            rng, _place(rng, canvas, 0.0), rng.uniform(0.05, 0.2)
        )
        canvas.paint(shape, _clutter_fill(rng, around.patterns), light)
    looks, outline = _LOOKS, None
    if kind == "shapes":
        looks = dict.fromkeys(
            _DOMAINS, texture_rng.choice(list(_LOOKS.values()))
        )
        outline = _OUTLINES[domain]
    # All objects of an image have one look, as fruits of one kind do.
    fill = looks[texture or domain](texture_rng)
    objects = _objects(rng, canvas, outline)
    count = len(objects)
    for number, shape in enumerate(objects):
        canvas.paint(shape, fill, light, owner=number)
    for _ in range(rng.integers(*around.crumbs)):
        shape = scenes.Shape(
            rng, _place(rng, canvas, 0.0), rng.uniform(0.02, 0.05)
        )
        fill = _clutter_fill(rng, around.patterns)
        canvas.paint(shape, fill, light, hard=True)
    lighting = scenes.plain(
        rng, canvas.y[:, None], canvas.x[None, :], rng.uniform(0.0, 0.3)
    )
    canvas.image *= 255.0 * (1.0 + lighting - lighting.mean())
    noise_level = np.float32(rng.uniform(*around.noise))
    # This comes last, because only its length depends on the size of the image.
    noise = rng.standard_normal(canvas.image.shape, np.float32)
    noise *= noise_level
    noise += canvas.image
    image = np.minimum(np.maximum(noise + 0.5, 0.0), 255.0).astype(np.uint8)
    instances = canvas.owner[None] == np.arange(count)[:, None, None]
    image = np.ascontiguousarray(image.transpose(1, 2, 0))
    return image, instances[instances.any((1, 2))]


def _generator(key):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def _place(rng, canvas, margin):
    return tuple(
        rng.uniform(margin, extent - margin) for extent in canvas.extent
    )


def _paint_background(rng, canvas, around):
    shape = canvas.owner.shape
    first, second = (
        scenes.colour(rng, (0, 360), (0.05, 0.3), (0.25, 0.85))
        for _ in range(2)
    )
    mix = scenes.smooth_field(rng, shape, 4)
    y, x = canvas.y[:, None], canvas.x[None, :]
    pattern = around.patterns[rng.integers(len(around.patterns))]
    relief = np.float32(rng.uniform(*around.relief))
    mix = mix + relief * (pattern(rng, y, x) - 0.5)
    canvas.image[:] = first + np.clip(mix, 0, 1) * (second - first)


_PATTERNS = (
    functools.partial(scenes.speckles, coarseness=16),
    functools.partial(scenes.speckles, coarseness=8),
    functools.partial(scenes.stripes, period=0.12),
    functools.partial(scenes.checks, period=0.25),
    functools.partial(scenes.plain, strength=0.5),
)

_SURROUNDINGS = {
    "textures": _Surroundings(
        clutter=(3, 7),
        crumbs=(0, 3),
        relief=(0.1, 0.5),
        noise=(1.5, 5.0),
        patterns=_PATTERNS,
    ),
    "shapes": _Surroundings(
        clutter=(0, 3),
        crumbs=(0, 1),
        relief=(0.1, 0.5),
        noise=(0.0, 1.0),
        patterns=_PATTERNS[-1:],
    ),
}


def _fill(rng, first, second, pattern):
    """Fill that mixes two colours by a pattern."""

    def fill(y, x):
        return first + pattern(rng, y, x) * (second - first)

    return fill


def _clutter_fill(rng, patterns):
    """Blue, violet or dull colours; the objects' patterns and others."""
    if rng.random() < 0.7:
        hue, saturation = (175.0, 310.0), (0.35, 0.8)
    else:
        hue, saturation = (0.0, 360.0), (0.0, 0.2)
    first, second = (
        scenes.colour(rng, hue, saturation, (0.3, 0.95)) for _ in range(2)
    )
    return _fill(rng, first, second, patterns[rng.integers(len(patterns))])


def _speckled_green(rng):
    first = scenes.colour(rng, (62, 105), (0.6, 0.9), (0.6, 0.95))
    if rng.random() < 0.5:
        second = scenes.colour(rng, (50, 60), (0.5, 0.8), (0.9, 1.0))
    else:
        second = scenes.colour(rng, (90, 125), (0.7, 0.9), (0.3, 0.45))
    coarseness = int(rng.integers(7, 13))
    return _fill(
        rng,
        first,
        second,
        functools.partial(scenes.speckles, coarseness=coarseness),
    )


def _striped_red(rng):
    first = scenes.colour(rng, (-10, 15), (0.7, 0.95), (0.65, 0.95))
    if rng.random() < 0.5:
        second = scenes.colour(rng, (22, 36), (0.7, 0.95), (0.9, 1.0))
    else:
        second = scenes.colour(rng, (-10, 5), (0.7, 0.95), (0.35, 0.5))
    period = rng.uniform(0.09, 0.14)
    return _fill(
        rng, first, second, functools.partial(scenes.stripes, period=period)
    )


_LOOKS = {"a": _speckled_green, "b": _striped_red}
_OUTLINES = {"a": "disc", "b": "star"}


def _objects(rng, canvas, outline=None):
    """One to four shapes that overlap a little at most, or not at all.

    Outlines that tell domains apart must not hide each other.
    """
    nearest = 0.75 if outline is None else 1.05
    count = int(rng.integers(1, MOST_OBJECTS + 1))
    shapes = []
    for _ in range(count):
        radius = rng.uniform(0.14, _LARGEST_RADIUS[count - 1])
        for _ in range(8):
            centre = _place(rng, canvas, 0.8 * radius)
            free = all(
                math.dist(centre, other.centre)
                > nearest * (radius + other.radius)
                for other in shapes
            )
            if free:
                shapes.append(scenes.Shape(rng, centre, radius, outline))
                break
    return shapes


def write_folder(path, counts, image_size=64, seed=0, kind="textures"):
    """Writes a synthetic set in the folder layout, with masks.

    Args:
        path: folder to make. It must be empty or missing.
        counts: dict from split ("train", "test") to images per domain.
        image_size: int or (height, width).
        seed: int, number of the data set.
        kind: "textures" or "shapes".

    Raises:
        UserError: `path` is not empty, or `image_size` is too small.
    """
    from PIL import Image

    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(
            f"Expected a new or empty folder to write to, but {path} holds "
            "something already. Give another one or empty it."
        )
    size = size_pair("image_size", image_size)
    check_seed(seed)
    for split, count in counts.items():
        for domain in _DOMAINS:
            stem = f"{split}{domain.upper()}"
            folders = [path / f"{stem}{end}" for end in ("", "_mask", "_seg")]
            for folder in folders:
                folder.mkdir(parents=True, exist_ok=True)
            images, masks, parts = folders
            for index in range(count):
                image, instances = draw(
                    seed, domain, split, index, size, kind=kind
                )
                name = f"{index:05d}"
                Image.fromarray(image).save(images / f"{name}.png")
                instances = instances.astype(np.uint8) * 255
                Image.fromarray(instances.max(0)).save(masks / f"{name}.png")
                for number, instance in enumerate(instances):
                    Image.fromarray(instance).save(
                        parts / f"{name}_{number}.png"
                    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Write a synthetic image set with masks, in the folder layout."""

    output: Path
    """Folder to make."""
    train_count: int = 200
    """Training images per domain."""
    test_count: int = 40
    """Test images per domain."""
    image_size: int = 64
    """Height and width in pixels."""
    seed: int = 0
    """Another seed, another set."""
    kind: Literal["textures", "shapes"] = "textures"
    """The difference between the domains."""


@command
def main(argv: list[str] | None = None) -> int:
    """Command line of `write_folder`.

    Returns:
        0, or 1 after one line on stderr.
    """
    options = parse_options(Options, argv, "synthetic")
    write_folder(
        options.output,
        {"train": options.train_count, "test": options.test_count},
        options.image_size,
        options.seed,
        options.kind,
    )
    print(f"Wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
