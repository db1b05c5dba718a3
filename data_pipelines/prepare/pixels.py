"""Reads images; resizes and crops images and label maps alike."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from serving.files import file_problem
from tfmask.ops.errors import UserError


def open_image(path):
    """Reads and decodes an image file.

    Args:
        path: path of the file.

    Returns:
        `PIL.Image` of whatever mode. The orientation tag of cameras is not
        applied, as everywhere in `data_pipelines`.

    Raises:
        UserError: it is missing or cannot be read. The text is the reason
            alone.
    """
    problem = file_problem(path)
    if problem:
        raise UserError(problem)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be opened ({error.strerror})") from error
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
    except UnidentifiedImageError as error:
        raise UserError("is not an image that can be read") from error
    except (
        OSError,
        SyntaxError,  # Pillow's word for a broken PNG
        ValueError,
        Image.DecompressionBombError,
    ) as error:
        raise UserError(f"is a damaged image ({error})") from error
    return image


def read_rgb(path):
    """Reads a photograph.

    Args:
        path: path of the file.

    Returns:
        `PIL.Image` of mode RGB: grey and palette become RGB, transparency is
        dropped, 16 bits become 8.

    Raises:
        UserError: as `open_image`.
    """
    image = open_image(path)
    if image.mode[:2] == "I;" or image.mode == "I":
        # Pillow would clip the values instead of scaling them.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("RGB")


def crop_image(image, size):
    """Resizes until the image covers a size, then cuts out the centre.

    Args:
        image: `PIL.Image`.
        size: (height, width), or None to leave it as it is.

    Returns:
        `PIL.Image`; bicubic, antialiased where it shrinks.
    """
    if size is None:
        return image
    shape = image.height, image.width
    (top, bottom), (left, right) = _kept(shape, size)
    return image.resize(
        size[::-1], Image.Resampling.BICUBIC, box=(left, top, right, bottom)
    )


def crop_map(values, size):
    """The same for masks and label maps: nearest neighbour.

    Args:
        values: (H, W) array.
        size: (height, width), or None to leave it as it is.

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
            _kept(values.shape, size), size, values.shape, strict=True
        )
    )
    return values[np.ix_(rows, columns)]


def _kept(shape, size):
    """What of (height, width) stays: pairs of floats, in pixels.

    The image is resized to whole pixels with its aspect kept (but for the
    rounding), and the cut begins at a whole pixel of that.
    """
    scale = max(want / side for want, side in zip(size, shape, strict=True))
    kept = []
    for want, side in zip(size, shape, strict=True):
        resized = max(want, round(side * scale))
        first = (resized - want) // 2
        kept.append((first * side / resized, (first + want) * side / resized))
    return kept
