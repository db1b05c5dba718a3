"""Large pictures in tiles: where they are cut, and how they are joined.

`tfmask translate`, `translate_images`, the client and `tfmask query` use this
module. It needs NumPy. It also needs Pillow if a result belongs to another
picture.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Tiles begin at multiples of this number, because of the strides of most
# networks. Otherwise the grid of features of a tile would lie between that of
# the whole picture.
ALIGNED = 32
SMALLEST = 64

# Progress(done, total): is told at the start of a picture and after each tile.
Progress = Callable[[int, int], None]


class Window(NamedTuple):
    """One tile's place in the picture, and what its pixels count.

    Attributes:
        rows, columns: slices of the picture.
        weights: two float32 arrays (height,) and (width,). The weight of a
            pixel is their product. The weights of a pixel in all windows of a
            picture have the sum 1.
    """

    rows: slice
    columns: slice
    weights: tuple[np.ndarray, np.ndarray]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return len(self.weights[0]), len(self.weights[1])

    def cut(self, pixels: np.ndarray) -> np.ndarray:
        """The part of (..., H, W, C) pixels; a view."""
        return pixels[..., self.rows, self.columns, :]


@dataclass(frozen=True)
class Tiling:
    """How pictures are cut.

    Args:
        side: int, pixels of the side of a tile.
        overlap: int; neighbours share at least so many pixels. None: a quarter
            of the side. The outer quarter of the shared pixels of a tile does
            not count, because there the translation does not see the next
            pixels. Over the rest, one tile fades into the other.

    Raises:
        ValueError: no picture can be cut like this.
    """

    side: int
    overlap: int | None = None

    def __post_init__(self):
        if self.side < SMALLEST:
            raise ValueError(
                f"`tile` must be {SMALLEST} or more. Got: {self.side}"
            )
        most = self.side - ALIGNED
        if not 0 <= self.shared <= most:
            raise ValueError(
                f"`overlap` must be from 0 to {most}, {ALIGNED} less than "
                f"`tile`. Got: {self.overlap}"
            )

    @property
    def shared(self) -> int:
        """Pixels that neighbours share at least."""
        return self.side // 4 if self.overlap is None else self.overlap

    def windows(self, height: int, width: int) -> list[Window]:
        """The tiles of a picture, row by row; one where it is no larger."""
        rows, columns = self._spans(height), self._spans(width)
        return [
            Window(row, column, (row_weights, column_weights))
            for row, row_weights in rows
            for column, column_weights in columns
        ]

    def cuts(self, height: int, width: int) -> bool:
        """Whether a picture is larger than a tile."""
        return max(height, width) > self.side

    def _spans(self, length):
        """(slice, weights) of each tile along one side of the picture."""
        step = (self.side - self.shared) // ALIGNED * ALIGNED
        last = max(-(-(length - self.side) // ALIGNED) * ALIGNED, 0)
        count = -(-last // step) + 1
        starts = [
            last * number // max(count - 1, 1) // ALIGNED * ALIGNED
            for number in range(count)
        ]
        spans = [slice(at, min(at + self.side, length)) for at in starts]
        raw = [self._fading(span, length) for span in spans]
        total = np.zeros(length, np.float32)
        for span, weights in zip(spans, raw, strict=True):
            total[span] += weights
        return [
            (span, weights / total[span])
            for span, weights in zip(spans, raw, strict=True)
        ]

    def _fading(self, span, length):
        """Weights along a side before they are made to sum to 1."""
        places = np.arange(span.start, span.stop, dtype=np.float32) + 0.5
        weights = np.ones_like(places)
        margin, ramp = self.shared / 4, max(self.shared / 2, 1.0)
        if span.start > 0:
            inside = (places - span.start - margin) / ramp
            weights = np.minimum(weights, np.clip(inside, 0.0, 1.0))
        if span.stop < length:
            inside = (span.stop - places - margin) / ramp
            weights = np.minimum(weights, np.clip(inside, 0.0, 1.0))
        return weights


def tiling_of(tile: int | None, overlap: int | None) -> Tiling | None:
    """What `tile` and `overlap` of a call or a command say.

    Args:
        tile: int. None: pictures are not cut.
        overlap: int, or None.

    Raises:
        ValueError: as in `Tiling`; or `overlap` is given without `tile`.
    """
    if tile is not None:
        return Tiling(tile, overlap)
    if overlap is not None:
        raise ValueError("`overlap` needs `tile`, too.")
    return None


class Canvas:
    """The results of tiles, joined to results of the picture's size.

    Args:
        height, width: ints, the size of the picture.
        tiles: int, how many tiles there will be.
        others: names of results that belong to another picture. Each tile says
            something of all of it, so the mean of the tiles counts.
    """

    def __init__(
        self,
        height: int,
        width: int,
        tiles: int,
        others: Collection[str] = (),
    ):
        self._size, self._tiles = (height, width), tiles
        self._others = others
        self._sums: dict[str, np.ndarray] = {}

    def add(self, window: Window, outputs: Mapping[str, np.ndarray]) -> None:
        """Adds what became of a tile.

        Args:
            window: the place of the tile.
            outputs: name to (..., h, w, C) uint8. Of another picture it is a
                mask (h, w, 1), which is resized to the size of the picture.
        """
        rows, columns = window.weights
        weights = rows[:, None, None] * columns[:, None]
        for name, pixels in outputs.items():
            total = self._sum(name, pixels.shape)
            if name in self._others:
                from serving.commands.pictures import resized

                full = resized(pixels[..., 0], *self._size)[..., None]
                total += full / np.float32(self._tiles)
            else:
                window.cut(total)[...] += pixels * weights

    def _sum(self, name, shape):
        if name not in self._sums:
            full = (*shape[:-3], *self._size, shape[-1])
            self._sums[name] = np.zeros(full, np.float32)
        return self._sums[name]

    def results(self) -> dict[str, np.ndarray]:
        """name to (..., H, W, C) uint8; the canvas is empty afterwards."""
        results = {}
        for name in list(self._sums):
            pixels = self._sums.pop(name)
            results[name] = np.rint(pixels, out=pixels).astype(np.uint8)
        return results
