"""Shapes, textures and light of the synthetic images, in plain NumPy.

Coordinates are in units of the shorter side of the image. So a scene looks
alike at every size. The same function paints all shapes, both objects and
clutter. They differ only in colours and textures.
"""

import colorsys
import functools
import math

import numpy as np

# A painted edge starts at this share of the shape's colour and reaches 1
# half a pixel further in; outside the edge the share is exactly 0.
EDGE_SHARE = 0.6


def colour(rng, hue, saturation, value):
    """Random (3, 1, 1) RGB in [0, 1] from ranges of hue (degrees) and so on."""
    hue, saturation, value = (
        low + (high - low) * number
        for (low, high), number in zip(
            (hue, saturation, value), rng.random(3).tolist(), strict=True
        )
    )
    rgb = colorsys.hsv_to_rgb(hue % 360.0 / 360.0, saturation, value)
    return np.array(rgb, np.float32)[:, None, None]


@functools.lru_cache(maxsize=512)
def _upsampling(length, cells):
    """(length, cells) float32 matrix of linear interpolation."""
    position = np.linspace(0.0, cells - 1.0, length)
    distance = np.abs(position[:, None] - np.arange(cells)[None, :])
    return np.maximum(0.0, 1.0 - distance).astype(np.float32)


def smooth_field(rng, shape, cells):
    """(H, W) float32 in [0, 1]: a random grid, linearly interpolated."""
    grid = rng.random((cells, cells), np.float32)
    return _upsampling(shape[0], cells) @ grid @ _upsampling(shape[1], cells).T


def _limited(field):
    # This takes a third of the time of np.clip on such small arrays.
    return np.minimum(np.maximum(field, 0.0), 1.0)


def speckles(rng, y, x, coarseness):
    """Irregular spots, (H, W) float32 in [0, 1]."""
    field = smooth_field(rng, (y.shape[0], x.shape[1]), coarseness)
    return _limited((field - np.float32(rng.uniform(0.5, 0.6))) * 7.0)


def stripes(rng, y, x, period):
    """Soft-edged stripes in a random direction, (H, W) float32 in [0, 1]."""
    angle = rng.uniform(0.0, math.pi)
    scale = 2.0 * math.pi / period
    wave = np.sin(
        y * np.float32(math.sin(angle) * scale)
        + x * np.float32(math.cos(angle) * scale)
        + np.float32(rng.uniform(0.0, 6.3))
    )
    return _limited(wave * 1.6 + 0.5)


def checks(rng, y, x, period):
    """A chequerboard in a random direction, (H, W) float32 in [0, 1]."""
    angle, scale = rng.uniform(0.0, math.pi), 2.0 * math.pi / period
    across, down = math.cos(angle) * scale, math.sin(angle) * scale
    wave = np.sin(x * np.float32(across) + y * np.float32(down)) * np.sin(
        y * np.float32(across) - x * np.float32(down)
    )
    return _limited(wave * 4.0 + 0.5)


def plain(rng, y, x, strength):
    """One direction of slow change, (H, W) float32."""
    angle = rng.uniform(0.0, 2.0 * math.pi)
    return np.float32(strength) * (
        y * np.float32(math.sin(angle)) + x * np.float32(math.cos(angle))
    )


class Shape:
    """An outline.

    Args:
        rng: NumPy generator that draws the outline.
        centre: (y, x) in units of the shorter side.
        radius: float in the same units, about half the shape's extent.
        kind: "ellipse", "polygon" (convex, rounded), "blob" (joined discs),
            "disc" or "star" (five points); None draws one of the first
            three.
    """

    def __init__(self, rng, centre, radius, kind=None):
        self.centre, self.radius = centre, radius
        self.kind = kind or ("ellipse", "polygon", "blob")[rng.integers(3)]
        angle = rng.uniform(0.0, 2.0 * math.pi)
        self.angle = angle
        if self.kind == "ellipse":
            self.axes = radius, radius * rng.uniform(0.55, 1.0)
        elif self.kind == "polygon":
            sides = int(rng.integers(3, 7))
            turns = angle + 2.0 * math.pi / sides * (
                np.arange(sides) + rng.uniform(-0.2, 0.2, sides)
            )
            self.normals = np.sin(turns), np.cos(turns)
            self.offsets = radius * rng.uniform(0.55, 0.85, sides)
        elif self.kind == "blob":
            turns = angle + np.array([0.0, 2.1, 4.2])
            reach = radius * rng.uniform(0.3, 0.6, 3)
            self.discs = np.sin(turns) * reach, np.cos(turns) * reach
            self.sizes = radius * rng.uniform(0.3, 0.5, 3)

    def depth(self, y, x):
        """How far inside the outline each point lies, negative outside.

        Args:
            y: (H, 1) float32, relative to the centre.
            x: (1, W) float32, relative to the centre.

        Returns:
            (H, W) float32 in units of the shorter side. The outline is at 0.
            Far from it, the value is only roughly a distance.
        """
        if self.kind == "ellipse":
            sine = np.float32(math.sin(self.angle))
            cosine = np.float32(math.cos(self.angle))
            along, across = x * cosine + y * sine, y * cosine - x * sine
            long, short = np.float32(self.axes)
            along, across = along / long, across / short
            level = np.sqrt(along * along + across * across)
            return (1.0 - level) * short
        if self.kind == "polygon":
            disc = np.float32(1.05 * self.radius) - np.sqrt(y * y + x * x)
            down, right = map(_stacked, self.normals)
            edges = _stacked(self.offsets) - (down * y + right * x)
            return np.minimum(disc, edges.min(0))
        if self.kind == "disc":
            return np.float32(self.radius) - np.sqrt(y * y + x * x)
        if self.kind == "star":
            return self._star_depth(y, x)
        down, right = map(_stacked, self.discs)
        away = np.square(y - down) + np.square(x - right) + np.float32(1e-6)
        pull = (np.square(_stacked(self.sizes)) / away).sum(0)
        return (1.0 - 1.0 / np.sqrt(pull)) * np.float32(self.radius)

    def _star_depth(self, y, x):
        """Distance from the edge of a five-pointed star."""
        sector = 2.0 * math.pi / 5.0
        turned = np.arctan2(y, x) - np.float32(self.angle)
        # All ten half-points are equal, so fold the plane onto one of them.
        folded = np.abs(np.mod(turned + sector / 2.0, sector) - sector / 2.0)
        away = np.sqrt(y * y + x * x)
        along, across = away * np.cos(folded), away * np.sin(folded)
        tip = np.array([self.radius, 0.0])
        notch = 0.42 * self.radius
        notch = notch * np.array([math.cos(sector / 2), math.sin(sector / 2)])
        edge = notch - tip
        normal = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
        depth = (tip[0] - along) * normal[0] - across * normal[1]
        return depth.astype(np.float32)


def _stacked(values):
    """(K,) numbers as a (K, 1, 1) float32 array."""
    return values.astype(np.float32)[:, None, None]


class Canvas:
    """An image under construction and, per pixel, the object it shows.

    Args:
        size: (height, width) in pixels.

    Attributes:
        image: (3, H, W) float32, about [0, 1]. Channels come first, because
            NumPy is slow if the last axis is short.
        owner: (H, W) int8, number of the object or -1.
    """

    def __init__(self, size):
        self.height, self.width = size
        self.unit = min(size)
        self.y = ((np.arange(self.height) + 0.5) / self.unit).astype("f4")
        self.x = ((np.arange(self.width) + 0.5) / self.unit).astype("f4")
        self.extent = self.height / self.unit, self.width / self.unit
        self.image = np.zeros((3, self.height, self.width), np.float32)
        self.owner = np.full((self.height, self.width), -1, np.int8)

    def paint(self, shape, fill, light, *, owner=-1, hard=False):
        """Puts a shape on top of what is there.

        Args:
            shape: `Shape`.
            fill: function (y, x) of the window's coordinates to (3, H, W)
                float32 colours.
            light: (y, x) direction the light comes from, for the shading.
            owner: int, number of the object, -1 for clutter.
            hard: bool, the edge has no antialiasing. Then the pixels of the
                shape keep no trace of the pixels below.
        """
        rows, y = self._window(self.y, shape.centre[0], shape.radius)
        columns, x = self._window(self.x, shape.centre[1], shape.radius)
        if not (len(y) and len(x)):
            return
        y, x = y[:, None], x[None, :]
        depth = shape.depth(y, x) * self.unit
        inside = depth > 0.0
        if hard:
            share = inside
        else:
            share = EDGE_SHARE + 2.0 * (1.0 - EDGE_SHARE) * depth
            share = np.minimum(share, 1.0) * inside
        down = y / np.float32(shape.radius) - np.float32(light[0])
        right = x / np.float32(shape.radius) - np.float32(light[1])
        shade = 1.1 - np.minimum(0.2 * (down * down + right * right), 0.5)
        window = self.image[:, rows, columns]
        painted = fill(y, x)
        painted *= shade
        painted -= window
        painted *= share
        window += painted
        self.owner[rows, columns][inside] = owner

    def _window(self, axis, centre, radius):
        first = round((centre - 1.3 * radius) * self.unit)
        last = round((centre + 1.3 * radius) * self.unit)
        window = slice(max(first, 0), max(last, 0))
        return window, axis[window] - np.float32(centre)
