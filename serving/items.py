"""What `translate` accepts: arrays, batches, lists, files, encoded bytes."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from serving.command_line import expand_home
from serving.errors import invalid
from serving.image_headers import read_header
from serving.mask_values import mask_problem
from serving.pictures import (
    PictureError,
    as_png,
    binary,
    is_plain_image,
    is_plain_mask,
    read_image,
    read_mask,
)

_SENT = ("PNG", "JPEG")
_FORMATS = (*_SENT, "BMP")  # the last is converted


class Item(NamedTuple):
    """One image to translate, and the other inputs that go with it.

    Attributes:
        label: str, how an error calls it: a path or a position.
        inputs: name to array, or to encoded bytes.
        size: int, about how many bytes it and its answer take.
    """

    label: str
    inputs: dict[str, Any]
    size: int

    @property
    def encoded(self) -> bool:
        """Whether the image is a file's contents."""
        return isinstance(self.inputs["image"], bytes)

    @property
    def key(self):
        """Items with equal keys may share a request."""
        return tuple(
            (name, _kind(value)) for name, value in sorted(self.inputs.items())
        )


def _kind(value):
    """What values of one request have in common: their sizes and types."""
    if isinstance(value, bytes):
        return read_header(value)[1:3]
    if isinstance(value, tuple):
        return tuple(map(_kind, value))
    return value.shape, value.dtype.str


def _is_file(value) -> bool:
    return isinstance(value, str | bytes | bytearray | os.PathLike)


def read_encoded(value, label: str, *, is_mask: bool = False) -> bytes:
    """The bytes of an encoded image, in a form that servers read right.

    Their decoder applies no orientation tag (EXIF), and does not know all
    that a mask can be. Such files are converted to plain PNG here, with
    Pillow; all others are sent as they are.

    Args:
        value: path or bytes.
        label: str, how an error calls it.
        is_mask: bool; a mask of one object, which is checked where Pillow is
            installed.

    Returns:
        bytes.

    Raises:
        InvalidArgument: not readable, neither PNG, JPEG nor BMP, a mask that
            can mean two things, or a file to be converted without Pillow.
    """
    if isinstance(value, bytes | bytearray):
        data = bytes(value)
    else:
        try:
            data = expand_home(pathlib.Path(value)).read_bytes()
        except OSError as error:
            raise invalid(f"{label}: {error.strerror}") from None
        except ValueError as error:  # no such user, or a name with a NUL
            raise invalid(f"{label}: {error}") from None
    header = read_header(data)
    if header is None or header.format not in _FORMATS:
        kind = f"a {header.format} image" if header else "something else"
        raise invalid(
            f"{label}: expected a PNG, JPEG or BMP image. Got: {kind} "
            f"of {len(data)} bytes."
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
            f"{label}: a server would not read it right (its orientation "
            "tag, format or depth). Install Pillow, which converts it here "
            "(`pip install pillow`), or save it as an upright PNG of 8 bits."
        ) from None


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
    if _is_file(value):
        return read_encoded(value, label)
    return _image_array(value, label)


def _plane(value, label):
    """A mask (H, W) or (H, W, 1) as (H, W, 1)."""
    array = np.asarray(value)
    if array.ndim == 2:
        array = array[..., np.newaxis]
    if array.ndim != 3 or array.shape[-1] != 1 or array.dtype != np.uint8:
        raise invalid(
            f"{label}: expected uint8 of shape (H, W) or (H, W, 1). "
            f"Got: {array.dtype} {np.shape(value)}."
        )
    problem = mask_problem(array, soft=True)
    if problem:
        raise invalid(f"{label}: {problem}.")
    return array


def _instances(value, label):
    """Masks of single objects: (K, H, W, 1) uint8, or a tuple of bytes."""
    if isinstance(value, list | tuple) and value and all(map(_is_file, value)):
        return tuple(
            read_encoded(file, f"{label}, number {number}", is_mask=True)
            for number, file in enumerate(value)
        )
    array = np.asarray(value)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[-1] != 1 or array.dtype != np.uint8:
        raise invalid(
            f"{label}: expected uint8 of shape (K, H, W) or (K, H, W, 1), or "
            f"a list of K files. Got: {array.dtype} {np.shape(value)}."
        )
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


_READERS = {
    "image": _image,
    "mask": _plane,
    "masks": _instances,
    "attributes": _attributes,
    "seed": _seed,
}


def _split(name, value, count):
    """One value an item out of a batch, a list or a single value."""
    if count is None:
        return [value]
    single = _is_file(value) or not hasattr(value, "__len__")
    if single or len(value) != count:
        got = "one file" if _is_file(value) else "one value"
        got = got if single else len(value)
        raise invalid(f"`{name}`: expected {count}, one an image. Got: {got}.")
    return list(value)


def _count(image) -> int | None:
    """How many images there are; None for a single one."""
    if isinstance(image, list | tuple):
        return len(image)
    if _is_file(image):
        return None
    array = np.asarray(image)
    if array.ndim not in (3, 4):
        raise invalid(
            "`image`: expected (H, W, 3), (N, H, W, 3), a list, a path or "
            f"bytes. Got: an array of shape {array.shape}."
        )
    return None if array.ndim == 3 else len(array)


def _label(value, index, count) -> str:
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    return "`image`" if count is None else f"`image` {index}"


def _size(value) -> int:
    if isinstance(value, tuple):
        return sum(map(_size, value))
    if isinstance(value, bytes):
        # The server decodes it, and answers with an image of that size.
        return max(len(value), 3 * read_header(value).pixels)
    return value.nbytes


def _check_size(name, kind, value, image, label):
    """What goes with an image must have its height and width.

    The server brings another image's file to the size of its image's.
    """
    if isinstance(value, tuple | bytes) != isinstance(image, bytes) and (
        kind in ("image", "masks")
    ):
        wanted = "all files" if kind == "masks" else "a file"
        raise invalid(
            f"`{name}` of {label}: expected {wanted} where the image is "
            "one, and an array where it is an array."
        )
    if isinstance(image, bytes):
        return
    size, found = image.shape[:2], value.shape[-3:-1]
    if found != size:
        raise invalid(
            f"`{name}` of {label}: expected {size} as the image. Got: {found}."
        )


def read_items(
    image, others: dict[str, Any], kinds: dict[str, str]
) -> tuple[list[Item], bool]:
    """Turns the arguments of `translate` into items.

    Args:
        image: what `translate` accepts.
        others: name to value for the other inputs.
        kinds: name to kind of all inputs, see `serving.ports`.

    Returns:
        (items, whether there was a single image and no batch or list).

    Raises:
        InvalidArgument: names the argument, what is expected and what came.
    """
    count = _count(image)
    images = _split("image", image, count)
    given = {name: _split(name, value, count) for name, value in others.items()}
    items = []
    for index, value in enumerate(images):
        label = _label(value, index, count)
        inputs = {"image": _image(value, label)}
        for name, values in given.items():
            where = f"`{name}` of {label}"
            kind = kinds[name]
            inputs[name] = _READERS[kind](values[index], where)
            if kind not in ("attributes", "seed"):
                _check_size(name, kind, inputs[name], inputs["image"], label)
        total = sum(_size(part) for part in inputs.values())
        items.append(Item(label, inputs, total))
    return items, count is None


def batches(
    items: Sequence[Item], max_bytes: int, max_images: int
) -> list[list[int]]:
    """Puts items that fit together into requests.

    Args:
        items: what `read_items` returned.
        max_bytes: int, size of a request; one item may be larger alone.
        max_images: int, images in a request.

    Returns:
        Lists of positions in `items`.
    """
    groups: dict[Any, list[list[int]]] = {}
    filled: dict[Any, int] = {}
    for index, item in enumerate(items):
        key = item.key
        lists = groups.setdefault(key, [])
        full = not lists or len(lists[-1]) >= max_images
        if full or filled[key] + item.size > max_bytes:
            lists.append([])
            filled[key] = 0
        lists[-1].append(index)
        filled[key] += item.size
    return [indices for lists in groups.values() for indices in lists]


def stack(items: Sequence[Item]) -> dict[str, np.ndarray]:
    """The inputs of one request.

    Args:
        items: items with equal keys.

    Returns:
        name to array with a batch dimension; encoded images as objects.
    """
    stacked = {}
    for name, first in items[0].inputs.items():
        values = [item.inputs[name] for item in items]
        if isinstance(first, bytes):
            stacked[name] = np.empty(len(values), object)
            stacked[name][:] = values
        elif isinstance(first, tuple):
            stacked[name] = np.empty((len(values), len(first)), object)
            stacked[name][:] = values
        else:
            stacked[name] = np.stack(values)
    return stacked
