"""The protobuf wire format, as far as large tensors need it.

protobuf's Python containers take 10 to 30 ms to read or write the integers of
one 256x256 image; the same bytes in NumPy take 1 to 2 ms.
"""

import numpy as np

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes that are not a protobuf message."""


def varint(value: int) -> bytes:
    """One non-negative integer as a varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def delimited(number: int, data) -> bytes:
    """A length-delimited field: tag, length, bytes."""
    return b"".join((varint(number << 3 | LENGTH), varint(len(data)), data))


def read_varint(data, at: int) -> tuple[int, int]:
    """Reads one varint.

    Args:
        data: bytes or memoryview.
        at: int, where it starts.

    Returns:
        (value, position after it).

    Raises:
        WireError: the bytes end before the varint does.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise WireError("a varint has no end")


def fields(data):
    """Walks over the fields of a message.

    Args:
        data: bytes or memoryview.

    Yields:
        (number, wire type, memoryview of the raw value): the bytes of the
        varint or fixed number itself, the contents of a delimited field.

    Raises:
        WireError: it is not a message, or it is cut off.
    """
    view = memoryview(data)
    at = 0
    while at < len(view):
        tag, at = read_varint(view, at)
        kind = tag & 7
        if kind == VARINT:
            end = read_varint(view, at)[1]
        elif kind == LENGTH:
            length, at = read_varint(view, at)
            end = at + length
        elif kind in (FIXED32, FIXED64):
            end = at + (4 if kind == FIXED32 else 8)
        else:
            raise WireError(f"wire type {kind} is not supported")
        if end > len(view):
            raise WireError("a field is longer than its message")
        yield tag >> 3, kind, view[at:end]
        at = end


def pack_bytes(values) -> np.ndarray:
    """uint8 numbers as packed varints: one byte below 128, else two.

    Args:
        values: flat uint8 array.

    Returns:
        flat uint8 array, the wire bytes.
    """
    # These are little-endian pairs (value, 1). The 1 stays only after values >=
    # 128. Their top bit is already the continuation mark.
    pairs = values.astype("<u2")
    keep = pairs >> 7 << 8 | 1
    pairs |= 256
    return pairs.view(np.uint8).take(np.flatnonzero(keep.view(bool)))


def pack_integers(values) -> np.ndarray:
    """Integers as packed varints; negative ones take ten bytes.

    Args:
        values: flat integer array of any width.

    Returns:
        flat uint8 array, the wire bytes.
    """
    if values.dtype == np.uint8:
        return pack_bytes(values)
    values = values.astype(np.int64, copy=False).view(np.uint64)
    if not values.size:
        return np.zeros(0, np.uint8)
    sizes = np.ones(values.size, np.int64)
    for shift in range(7, int(values.max()).bit_length(), 7):
        sizes += values >= np.uint64(1 << shift)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    out = np.empty(ends[-1], np.uint8)
    for index in range(int(sizes.max())):
        chosen = np.flatnonzero(sizes > index)
        groups = (values[chosen] >> np.uint64(7 * index)).astype(np.uint8)
        more = sizes[chosen] > index + 1
        out[starts[chosen] + index] = groups & 127 | more.astype(np.uint8) << 7
    return out


def unpack_integers(packed) -> np.ndarray:
    """Packed varints back to integers.

    Args:
        packed: flat uint8 array, the wire bytes.

    Returns:
        flat uint8 array if every number fits, else uint64 (the caller casts:
        wrapping is protobuf's own rule for narrower fields).

    Raises:
        WireError: the last varint has no end, or one is too long.
    """
    if not packed.size or packed.max() < 128:
        return packed
    if packed[-1] >= 128:
        raise WireError("a varint has no end")
    single = packed[:-1] < 128
    if (single | (packed[1:] == 1)).all():  # every number is a uint8
        first = np.concatenate(([True], single))
        return packed.take(np.flatnonzero(first))
    ends = np.flatnonzero(packed < 128)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts + 1
    if sizes.max() > 10:
        raise WireError("a varint is longer than ten bytes")
    values = np.zeros(ends.size, np.uint64)
    for index in range(int(sizes.max())):
        chosen = np.flatnonzero(sizes > index)
        groups = (packed[starts[chosen] + index] & 127).astype(np.uint64)
        values[chosen] |= groups << np.uint64(7 * index)
    return values
