"""NumPy arrays to `TensorProto` and back, without TensorFlow.

Reading follows TensorFlow's own decoder. Python's `make_ndarray` differs from
it. Missing values repeat the last one. Surplus values are dropped. A field of
another type counts as empty. uint8 wraps.
"""

import math
from typing import NamedTuple

import numpy as np

from serving.protocol import wire


class TensorError(ValueError):
    """A `TensorProto` that no tensor can be read from."""


class TensorTooLargeError(TensorError):
    """A short `TensorProto` that asks for a huge tensor."""


class DataType(NamedTuple):
    """One element type: its name, how it lies in memory and on the wire."""

    number: int
    name: str
    storage: np.dtype
    field: int


# Field numbers of tensor.proto. bfloat16 lies in memory as its bit pattern.
_CONTENT, _SHAPE, _TYPE, _STRINGS = 4, 2, 1, 8
_RAW = {5: "<f4", 6: "<f8", 9: "<f4", 12: "<f8"}
_VARINTS = {7, 10, 11, 13, 16, 17}

DATA_TYPES = {
    number: DataType(number, name, np.dtype(storage), field)
    for number, name, storage, field in (
        (1, "float", "<f4", 5),
        (2, "double", "<f8", 6),
        (3, "int32", "<i4", 7),
        (4, "uint8", "u1", 7),
        (5, "int16", "<i2", 7),
        (6, "int8", "i1", 7),
        (7, "string", "O", 8),
        (8, "complex64", "<c8", 9),
        (9, "int64", "<i8", 10),
        (10, "bool", "?", 11),
        (14, "bfloat16", "<u2", 13),
        (17, "uint16", "<u2", 7),
        (18, "complex128", "<c16", 12),
        (19, "half", "<f2", 13),
        (22, "uint32", "<u4", 16),
        (23, "uint64", "<u8", 17),
    )
}
STRING = DATA_TYPES[7]
_BFLOAT16 = DATA_TYPES[14]
_OF_NUMPY = {
    kind.storage: kind for kind in DATA_TYPES.values() if kind != _BFLOAT16
}
# Bytes of one element in TensorFlow's memory. A string has 24 bytes there.
STRING_BYTES = 24
# A message may grow by so many bytes if it repeats its last value (or zeros).
MAX_GROWTH_BYTES = 64 * 2**20
# Limits of NumPy. TensorFlow takes 254 dimensions, and empty tensors with huge
# sizes.
_MAX_DIMENSIONS = 32
_MAX_BYTES = 2**63


class Tensor(NamedTuple):
    """An element type and an array in its storage type."""

    kind: DataType
    array: np.ndarray


def data_type(array: np.ndarray) -> DataType:
    """The TensorFlow type of a NumPy array.

    Args:
        array: any array; `object`, `bytes` and `str` arrays are strings.

    Returns:
        `DataType`.

    Raises:
        TensorError: TensorFlow Serving has no such type.
    """
    if array.dtype.kind in "OSU":
        return STRING
    try:
        return _OF_NUMPY[array.dtype.newbyteorder("<")]
    except KeyError:
        known = ", ".join(kind.name for kind in DATA_TYPES.values())
        raise TensorError(
            f"arrays of {array.dtype} cannot be sent. Expected one of {known}."
        ) from None


def _strings(array) -> list[bytes]:
    return [
        item.encode() if isinstance(item, str) else bytes(item)
        for item in array.reshape(-1).tolist()
    ]


def fill_proto(proto, value) -> None:
    """Writes an array into a message, in the cheapest form to send.

    Args:
        proto: `TensorProto` to fill.
        value: array, or a value that `numpy.asarray` accepts.

    Raises:
        TensorError: the type cannot be sent.
    """
    array = np.asarray(value)
    kind = data_type(array)
    proto.dtype = kind.number
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if kind == STRING:
        proto.string_val.extend(_strings(array))
    else:
        proto.tensor_content = array.astype(kind.storage, copy=False).tobytes()


def _shape_bytes(shape) -> bytes:
    dims = b"".join(
        wire.delimited(2, b"\x08" + wire.varint(size)) for size in shape
    )
    return wire.delimited(_SHAPE, dims)


def typed_bytes(tensor: Tensor) -> bytes:
    """A serialized `TensorProto` with its values in the typed field.

    TensorFlow Serving answers in this form by default.

    Args:
        tensor: `Tensor`.

    Returns:
        bytes.
    """
    kind, array = tensor
    head = b"\x08" + wire.varint(kind.number) + _shape_bytes(array.shape)
    if kind == STRING:
        return head + b"".join(
            wire.delimited(_STRINGS, item) for item in _strings(array)
        )
    if not array.size:
        return head
    flat = np.ascontiguousarray(array).reshape(-1)
    if kind.field in _RAW:
        packed = flat.view(np.uint8)
    elif kind.name in ("half", "bool"):
        packed = wire.pack_integers(flat.view(f"<u{flat.itemsize}"))
    else:
        packed = wire.pack_integers(flat)
    return head + wire.delimited(kind.field, memoryview(packed))


def content_bytes(tensor: Tensor) -> bytes:
    """A serialized `TensorProto` with its values as raw memory.

    Args:
        tensor: `Tensor`.

    Returns:
        bytes. Strings keep their typed field.
    """
    kind, array = tensor
    if kind == STRING:
        return typed_bytes(tensor)
    head = b"\x08" + wire.varint(kind.number) + _shape_bytes(array.shape)
    flat = np.ascontiguousarray(array).reshape(-1)
    return head + wire.delimited(_CONTENT, memoryview(flat.view(np.uint8)))


def _elements(kind, shape) -> int:
    count = 1
    for size in shape:
        if size < 0:
            raise TensorError(f"a dimension of {list(shape)} is negative")
        count *= size
        if count >= 2**63:
            raise TensorError(f"{list(shape)} has too many elements")
    if len(shape) > _MAX_DIMENSIONS:
        raise TensorTooLargeError(
            f"a tensor has {len(shape)} dimensions. At most {_MAX_DIMENSIONS} "
            "can be read."
        )
    sizes = math.prod(size for size in shape if size)
    if sizes * kind.storage.itemsize >= _MAX_BYTES:
        raise TensorTooLargeError(f"no memory has room for {list(shape)}.")
    return count


def _kind_of(number: int) -> DataType:
    if number not in DATA_TYPES:
        raise TensorError(f"no tensor of data type {number} can be read")
    return DATA_TYPES[number]


def from_proto(proto) -> Tensor:
    """Reads a `TensorProto` as TensorFlow does.

    Args:
        proto: `TensorProto`.

    Returns:
        `Tensor`. Its array may be read-only.

    Raises:
        TensorError: TensorFlow would also refuse it.
        TensorTooLargeError: it would grow by more than `MAX_GROWTH_BYTES`.
    """
    if not proto.tensor_content:
        return from_bytes(proto.SerializeToString())
    kind = _kind_of(proto.dtype)
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    return Tensor(kind, _from_content(kind, shape, proto.tensor_content))


def from_bytes(data) -> Tensor:
    """Reads a serialized `TensorProto` as TensorFlow does.

    Args:
        data: bytes or memoryview.

    Returns:
        `Tensor`. Its array may be read-only, and it may share memory with
        `data`.

    Raises:
        TensorError: TensorFlow would also refuse it.
        TensorTooLargeError: it would grow by more than `MAX_GROWTH_BYTES`.
    """
    number, shape, content, values = 0, [], b"", {}
    try:
        for field, _, value in wire.fields(data):
            if field == _TYPE:
                number = wire.read_varint(value, 0)[0]
            elif field == _SHAPE:
                shape.extend(_dims(value))
            elif field == _CONTENT:
                content = value
            else:
                values.setdefault(field, []).append(value)
        kind = _kind_of(number)
        if len(content):
            return Tensor(kind, _from_content(kind, shape, content))
        return Tensor(kind, _from_values(kind, shape, values))
    except wire.WireError as error:
        raise TensorError(str(error)) from None


def _dims(data):
    for field, _, value in wire.fields(data):
        if field == 2:
            size = 0
            for inner, _, number in wire.fields(value):
                if inner == 1:
                    size = wire.read_varint(number, 0)[0]
            yield size - 2**64 if size >= 2**63 else size


def _from_content(kind, shape, content):
    count = _elements(kind, shape)
    if not count:
        return np.zeros(shape, kind.storage)
    if kind == STRING:
        return _objects(_content_strings(count, content), shape)
    expected = count * kind.storage.itemsize
    if len(content) != expected:
        raise TensorError(
            f"`tensor_content` has {len(content)} bytes. Expected {expected} "
            f"for {kind.name} {list(shape)}."
        )
    return np.frombuffer(content, kind.storage).reshape(shape)


def _content_strings(count, content):
    content = bytes(content)
    if count > len(content):
        raise TensorError("`tensor_content` is shorter than its lengths")
    lengths, at = [], 0
    for _ in range(count):
        length, at = wire.read_varint(content, at)
        lengths.append(length)
    if at + sum(lengths) != len(content):
        raise TensorError("`tensor_content` and its string lengths disagree")
    items = []
    for length in lengths:
        items.append(content[at : at + length])
        at += length
    return items


def _objects(items, shape):
    array = np.empty(len(items), object)
    array[:] = items
    return array.reshape(shape)


def _from_values(kind, shape, values):
    count = _elements(kind, shape)
    chunks = values.get(kind.field, [])
    if kind == STRING:
        array = _objects([bytes(chunk) for chunk in chunks[:count]], -1)
        empty, size = b"", STRING_BYTES
    else:
        array = _numbers(kind, chunks)[:count]
        empty, size = 0, kind.storage.itemsize
    missing = count - array.size
    if missing * size > MAX_GROWTH_BYTES:
        raise TensorTooLargeError(
            f"a tensor of {list(shape)} {kind.name} has only {array.size} "
            f"values. At most {MAX_GROWTH_BYTES} bytes of missing values are "
            "filled. Send all values."
        )
    if missing:
        fill = np.full(missing, array[-1] if array.size else empty, array.dtype)
        array = np.concatenate((array, fill))
    return array.reshape(shape)


def _numbers(kind, chunks):
    packed = np.frombuffer(b"".join(chunks), np.uint8)
    if kind.field in _VARINTS:
        whole = wire.unpack_integers(packed)
        if kind.name == "half":
            return whole.astype("<u2").view("<f2")
        if kind.name == "bool":
            return whole != 0
        return whole.astype(kind.storage, copy=False)
    element = np.dtype(_RAW[kind.field]).itemsize
    if packed.size % element:
        raise TensorError(f"{kind.name} values are cut off")
    # A complex number without its imaginary part is dropped, as in C++.
    whole = packed.size // kind.storage.itemsize * kind.storage.itemsize
    return packed[:whole].view(kind.storage)


def plain_array(tensor: Tensor) -> np.ndarray:
    """The array that a caller of the client sees.

    Args:
        tensor: `Tensor`.

    Returns:
        array. bfloat16 becomes float32 (the same values). Strings are bytes in
        an object array.
    """
    if tensor.kind != _BFLOAT16:
        return tensor.array
    return (tensor.array.astype("<u4") << np.uint32(16)).view("<f4")
