"""The inputs of `translate`: arrays, batches, lists, files, encoded bytes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from serving.client.errors import InvalidArgument, invalid
from serving.client.port_values import (
    READERS,
    file_problem,
    is_file,
    name_of,
    named,
)
from serving.protocol.image_headers import read_header


class Item(NamedTuple):
    """One image to translate, and the other inputs that go with it.

    Attributes:
        labels: name to the words for it in errors: a path or a position.
        inputs: name to array, or to encoded bytes.
        size: int, about how many bytes it and its answer take.
    """

    labels: dict[str, str]
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

    def blamed(self, details: str) -> str:
        """The server's message, with the name of the input that caused it.

        Args:
            details: str, of the server.
        """
        files = {
            name: value
            for name, value in self.inputs.items()
            if isinstance(value, bytes)
        }
        for name, label in self.labels.items():
            # These are the words of the client, of the local server and of a
            # graph.
            prefix = re.match(rf"`?{re.escape(name)}`?: ", details)
            if prefix or details.startswith(f"`{name}`"):
                return f"{label}: {details[prefix.end() if prefix else 0 :]}"
        for name, data in files.items():
            problem = len(files) > 1 and file_problem(data)
            if problem:
                return f"{self.labels[name]}: {problem}"
        return f"{self.labels['image']}: {details}"


def _kind(value):
    """The sizes and types that all values of one request share."""
    if isinstance(value, bytes):
        return read_header(value)[1:3]
    if isinstance(value, tuple):
        return tuple(map(_kind, value))
    return value.shape, value.dtype.str


def _split(name, value, count):
    """One value an item out of a batch, a list or a single value."""
    if count is None:
        return [value]
    single = is_file(value) or not hasattr(value, "__len__")
    if single or len(value) != count:
        got = "one file" if is_file(value) else "one value"
        got = got if single else len(value)
        raise invalid(f"`{name}`: expected {count}, one an image. Got: {got}.")
    return list(value)


def _count(image) -> int | None:
    """How many images there are; None for a single one."""
    if isinstance(image, list | tuple):
        return len(image)
    if is_file(image):
        return None
    array = np.asarray(image)
    if array.ndim not in (3, 4):
        raise invalid(
            "`image`: expected (H, W, 3), (N, H, W, 3), a list, a path or "
            f"bytes. Got: an array of shape {array.shape}."
        )
    return None if array.ndim == 3 else len(array)


def _label(value, index, count) -> str:
    role = "`image`" if count is None else f"`image` {index}"
    return name_of(value) or role


def _size(value) -> int:
    if isinstance(value, tuple):
        return sum(map(_size, value))
    if isinstance(value, bytes):
        # The server decodes it and answers with an image of this size.
        return max(len(value), 3 * read_header(value).pixels)
    return value.nbytes


def _check_size(kind, value, image, label):
    """Checks that an input has the height and width of its image.

    The server resizes the file of another image to the size of the image.
    """
    if isinstance(value, tuple | bytes) != isinstance(image, bytes) and (
        kind in ("image", "masks")
    ):
        wanted = "all files" if kind == "masks" else "a file"
        raise invalid(
            f"{label}: expected {wanted} if the image is a file, and an array "
            "if the image is an array."
        )
    if isinstance(image, bytes):
        return
    size, value_size = image.shape[:2], value.shape[-3:-1]
    if value_size != size:
        raise invalid(
            f"{label}: expected {size} as the image. Got: {value_size}."
        )


def _item(image, label, others, kinds):
    read = READERS["image"]
    labels, inputs = {"image": label}, {"image": read(image, label)}
    for name, value in others.items():
        kind = kinds[name]
        labels[name] = named(value, f"`{name}` of {label}")
        inputs[name] = READERS[kind](value, labels[name])
        if kind not in ("attributes", "seed"):
            _check_size(kind, inputs[name], inputs["image"], labels[name])
    return Item(labels, inputs, sum(map(_size, inputs.values())))


def read_items(
    image: Any, others: Mapping[str, Any], kinds: Mapping[str, str]
) -> tuple[list[Item | InvalidArgument], bool]:
    """Turns the arguments of `translate` into items.

    Args:
        image: as in `Client.translate`.
        others: name to value for the other inputs.
        kinds: name to kind of all inputs, see `serving.client.ports`.

    Returns:
        (items, single). `single` is True for one image, and False for a batch
        or list. If an item cannot be sent, an error takes its place.

    Raises:
        InvalidArgument: there are more or fewer values than images.
    """
    count = _count(image)
    images = _split("image", image, count)
    values_by_name = {
        name: _split(name, value, count) for name, value in others.items()
    }
    items: list[Item | InvalidArgument] = []
    for index, value in enumerate(images):
        label = _label(value, index, count)
        mine = {name: values[index] for name, values in values_by_name.items()}
        try:
            items.append(_item(value, label, mine, kinds))
        except InvalidArgument as error:
            items.append(error)
    return items, count is None


def batches(
    items: Sequence[Item], max_bytes: int, max_images: int
) -> list[list[int]]:
    """Puts items that fit together into requests.

    Args:
        items: the items of `read_items`.
        max_bytes: int, the largest size of a request. One item alone may be
            larger.
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
