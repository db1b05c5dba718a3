"""Reads images; resizes and crops images and label maps alike."""

import numpy as np
from PIL import Image

from serving.commands.files import file_problem
from serving.commands.pictures import PictureError
from serving.commands.pictures import read_image as decode_image
from serving.commands.pictures import read_numbers as decode_numbers
from tfmask.ops.errors import UserError


def read_rgb(path):
    """Reads a photograph, upright: see `pictures.read_image`.

    Args:
        path: path of the file.

    Returns:
        `PIL.Image` of mode RGB.

    Raises:
        UserError: it is missing or cannot be read. The text is only the reason.
    """
    return Image.fromarray(np.ascontiguousarray(_read(path, decode_image)))


def read_numbers(path):
    """Reads a label map: see `pictures.read_numbers`.

    Args:
        path: path of the file.

    Returns:
        (H, W) integers.

    Raises:
        UserError: as in `read_rgb`; or it has colours.
    """
    return _read(path, decode_numbers)


def _read(path, reader):
    problem = file_problem(path)
    if problem:
        raise UserError(problem)
    try:
        return reader(path.read_bytes())
    except OSError as error:
        raise UserError(f"cannot be opened ({error.strerror})") from error
    except PictureError as error:
        raise UserError(str(error)) from error


def crop_image(image, size):
    """Resizes until the image covers a size, then cuts out the centre.

    Args:
        image: `PIL.Image`.
        size: (height, width). None: the size does not change.

    Returns:
        `PIL.Image`; bicubic, antialiased if it shrinks.
    """
    if size is None:
        return image
    shape = image.height, image.width
    (top, bottom), (left, right) = _part_that_stays(shape, size)
    return image.resize(
        size[::-1], Image.Resampling.BICUBIC, box=(left, top, right, bottom)
    )


def crop_map(values, size):
    """The same for masks and label maps: nearest neighbour.

    Args:
        values: (H, W) array.
        size: (height, width). None: the size does not change.

    Returns:
        (height, width) array of the same dtype.
    """
    if size is None:
        return values
    rows, columns = (
        np.minimum(
            first + (np.arange(count) + 0.5) * (last - first) / count, side - 1
        ).astype(int)
        for (first, last), count, side in zip(
            _part_that_stays(values.shape, size),
            size,
            values.shape,
            strict=True,
        )
    )
    return values[np.ix_(rows, columns)]


def _part_that_stays(shape, size):
    """The part of (height, width) that stays: pairs of floats, in pixels.

    The image is resized to whole pixels. Its aspect is kept, except for the
    rounding. The cut begins at a whole pixel of the result.
    """
    scale = max(want / side for want, side in zip(size, shape, strict=True))
    spans = []
    for want, side in zip(size, shape, strict=True):
        resized = max(want, round(side * scale))
        first = (resized - want) // 2
        spans.append((first * side / resized, (first + want) * side / resized))
    return spans
