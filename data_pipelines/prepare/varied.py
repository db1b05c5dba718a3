"""Images that differ from each other, by how they look at a glance."""

import numpy as np
from PIL import Image

from data_pipelines.prepare.pixels import read_rgb

SIDE = 8
# Two images are nearly the same if a number is below this. The number is the
# root mean square of the difference of their thumbnails. Colours go from 0 to
# 1.
NEAR = 0.04


def thumbnail(path):
    """The thumbnail of an image.

    Args:
        path: image file.

    Returns:
        (192,) float32 in [0, 1]: the colours of 8 x 8 squares.

    Raises:
        UserError: as in `read_rgb`.
    """
    small = read_rgb(path).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float32).ravel() / 255.0


def spread(thumbnails, known, count):
    """Images far from each other: each is the farthest from those before.

    Args:
        thumbnails: (N, D) float array.
        known: (K, D) float array, images that are already there. If there are
            none, the first result is the image nearest to the mean.
        count: int, the largest number of images.

    Returns:
        list of int, indices in the order of the choice. With a smaller `count`,
        the list is the start of the longer list.
    """
    if not len(thumbnails):
        return []
    away = _distance_to_any(thumbnails, known)
    start = np.argmin(_distance(thumbnails, thumbnails.mean(0)))
    chosen = []
    for _ in range(min(count, len(thumbnails))):
        best = int(np.argmax(away)) if chosen or len(known) else int(start)
        chosen.append(best)
        away = np.minimum(away, _distance(thumbnails, thumbnails[best]))
        away[chosen] = -1.0  # equal images are not the same image
    return chosen


def without_repeats(values, thumbnails, known, count):
    """The images of the largest values, of nearly equal ones only one.

    Images that are nearly equal to a chosen or known image come last.

    Args:
        values: (N,) float array.
        thumbnails, known, count: see `spread`.

    Returns:
        list of int, indices, best first.
    """
    away = _distance_to_any(thumbnails, known)
    chosen, repeats = [], []
    for index in np.argsort(-values, kind="stable").tolist():
        if away[index] < NEAR:
            repeats.append(index)
            continue
        chosen.append(index)
        away = np.minimum(away, _distance(thumbnails, thumbnails[index]))
    return (chosen + repeats)[:count]


def _distance(thumbnails, one):
    return np.sqrt(np.square(thumbnails - one).mean(-1))


def _distance_to_any(thumbnails, known):
    """(N,) distances to the nearest known image; infinite without any."""
    away = np.full(len(thumbnails), np.inf)
    for one in known:
        away = np.minimum(away, _distance(thumbnails, one))
    return away
