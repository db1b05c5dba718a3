"""One value of each kind of input, as a request holds it."""

import os
import pathlib
from typing import Any

import numpy as np

from serving.client.errors import invalid
from serving.commands.command_line import expand_home
from serving.commands.files import article
from serving.commands.mask_values import mask_problem
from serving.commands.picture_headers import is_plain_image, is_plain_mask
from serving.commands.pictures import (
    PictureError,
    as_png,
    binary,
    open_picture,
    read_image,
    read_mask,
)
from serving.protocol.image_headers import read_header

# The graphs of all TensorFlow releases decode these. The client converts WebP.
_SENT = ("PNG", "JPEG", "BMP")
_FORMATS = (*_SENT, "WEBP")
# Other common formats: offset, first bytes and name.
_OTHERS = (
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    *((4, b"ftyp" + brand, "HEIC") for brand in (b"hei", b"hev", b"mif1")),
    (0, b"\xff\xd8\xff", "damaged JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "damaged PNG"),
    (0, b"BM", "damaged BMP"),
)


def is_file(value: Any) -> bool:
    """Whether a value is an encoded image: a path, bytes or an open file."""
    if isinstance(value, memoryview):
        return value.ndim == 1
    return isinstance(value, str | bytes | bytearray | os.PathLike) or callable(
        getattr(value, "read", None)
    )


def name_of(value: Any) -> str | None:
    """The path of an encoded image, as far as the value tells."""
    if not isinstance(value, str | os.PathLike):
        value = getattr(value, "name", None)  # an open file's
    return os.fspath(value) if isinstance(value, str | os.PathLike) else None


def _content(value, label):
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    try:
        if not isinstance(value, str | os.PathLike):
            data = value.read()
        else:
            data = expand_home(pathlib.Path(value)).read_bytes()
    except OSError as error:
        raise invalid(f"{label}: {error.strerror or error}") from None
    except ValueError as error:  # no such user, a NUL, or a closed file
        raise invalid(f"{label}: {error}") from None
    if not isinstance(data, bytes):
        raise invalid(
            f"{label}: expected a file that is open for bytes "
            f'(`open(path, "rb")`). Got: {type(data).__name__} out of it.'
        )
    return data


def _format(data):
    """The format of bytes that are refused, in words."""
    header = read_header(data)
    if header:
        return f"a {header.format} image"
    for at, start, name in _OTHERS:
        if data.startswith(start, at):
            return f"{article(name)} {name} image"
    return "something else"


def read_encoded(value: Any, label: str, *, is_mask: bool = False) -> bytes:
    """The bytes of an encoded image, in a form that servers read right.

    The decoder of the servers ignores the orientation tag (EXIF). It does not
    know all forms of a mask. The client converts such files to plain PNG with
    Pillow. It sends all other files as they are.

    Args:
        value: path, bytes or a file that is open for bytes.
        label: str, the words for it in errors.
        is_mask: bool; it is a mask of one object. The client checks it if
            Pillow is installed.

    Returns:
        bytes.

    Raises:
        InvalidArgument: the file is not readable; it is neither PNG, JPEG, BMP
            nor WebP; it is a mask that can mean two things; or it must be
            converted and Pillow is missing.
    """
    data = _content(value, label)
    header = read_header(data)
    if header is None or header.format not in _FORMATS:
        raise invalid(
            f"{label}: expected a PNG, JPEG, BMP or WebP image. Got: "
            f"{_format(data)} of {len(data)} bytes."
        )
    is_plain = is_plain_mask if is_mask else is_plain_image
    plain = is_plain(data) and is_plain_image(data) and header.format in _SENT
    if plain and not is_mask:
        return data
    try:
        pixels = binary(read_mask(data)) if is_mask else read_image(data)
        return data if plain else as_png(pixels)
    except PictureError as error:
        raise invalid(f"{label}: {error}") from None
    except ImportError:
        if plain:
            return data
        raise invalid(
            f"{label}: a server would read it wrongly, because of its "
            "orientation tag, format or depth. Install Pillow to convert it "
            "here (`pip install pillow`), or save it as an upright PNG of 8 "
            "bits."
        ) from None


def file_problem(data: bytes) -> str | None:
    """Why an encoded image cannot be decoded, as far as Pillow tells."""
    try:
        open_picture(data)
    except PictureError as error:
        return str(error)
    except ImportError:
        pass  # nobody to ask
    return None


def _image_array(value, label) -> np.ndarray:
    array = np.asarray(value)
    if array.ndim != 3 or array.shape[-1] != 3:
        raise invalid(
            f"{label}: expected an image of shape (H, W, 3). "
            f"Got: {array.shape}."
        )
    if array.dtype != np.uint8:
        raise invalid(
            f"{label}: expected uint8, 0 to 255. Got: {array.dtype}. Scale "
            "and round it first."
        )
    return array


def _image(value, label):
    if is_file(value):
        return read_encoded(value, label)
    return _image_array(value, label)


def _mask_array(value, dimensions, shapes, label):
    """uint8 array of so many dimensions. A missing channel axis is added."""
    array = np.asarray(value)
    if array.ndim == dimensions - 1:
        array = array[..., np.newaxis]
    fits = array.ndim == dimensions and array.shape[-1] == 1
    if not fits or array.dtype != np.uint8:
        raise invalid(
            f"{label}: expected uint8 of shape {shapes}. "
            f"Got: {array.dtype} {np.shape(value)}."
        )
    return array


def _plane(value, label):
    """A mask (H, W) or (H, W, 1) as (H, W, 1)."""
    if is_file(value):
        raise invalid(
            f"{label}: expected an array, uint8 of shape (H, W). Got: a file. "
            "Read it, and the image, into arrays first."
        )
    array = _mask_array(value, 3, "(H, W) or (H, W, 1)", label)
    problem = mask_problem(array, soft=True)
    if problem:
        raise invalid(f"{label}: {problem}.")
    return array


def _instances(value, label):
    """Masks of single objects: (K, H, W, 1) uint8, or a tuple of bytes."""
    if isinstance(value, list | tuple) and value and all(map(is_file, value)):
        return tuple(
            read_encoded(
                file, named(file, f"{label}, number {number}"), is_mask=True
            )
            for number, file in enumerate(value)
        )
    shapes = "(K, H, W) or (K, H, W, 1), or a list of K files"
    array = _mask_array(value, 4, shapes, label)
    for number, mask in enumerate(array):
        problem = mask_problem(mask)
        if problem:
            raise invalid(f"{label}, number {number}: {problem}.")
    return array


def _attributes(value, label):
    """Attributes of one image: (K,) float32."""
    try:
        array = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        array = np.asarray(value, object)
    if array.ndim != 1 or array.dtype != np.float32:
        raise invalid(
            f"{label}: expected K numbers: 1 (on), 0 (off) or -1 (as it is). "
            f"Got: {value!r}."
        )
    return array


def _seed(value, label):
    """The number of a random choice."""
    limits = np.iinfo(np.int64)
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not limits.min <= value <= limits.max:
        raise invalid(
            f"{label}: expected a whole number of 64 bits. Got: {value!r}."
        )
    return np.int64(value)


def named(value: Any, role: str) -> str:
    """How an error calls a value beside the image: its own file, or its role.

    Args:
        value: of any kind.
        role: str, such as "`exemplar` of a.jpg".

    Returns:
        str.
    """
    path = name_of(value)
    return role if path is None else f"{path} ({role})"


READERS = {
    "image": _image,
    "mask": _plane,
    "masks": _instances,
    "attributes": _attributes,
    "seed": _seed,
}
