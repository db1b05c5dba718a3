"""Reads the size that an encoded image claims, without decoding it."""

import struct
from typing import NamedTuple


class ImageHeader(NamedTuple):
    """Format and size of an image file, from its header."""

    format: str
    width: int
    height: int
    pixels: int


# At most so many parts of one file are read. Many small parts in a large file
# would keep Python busy for minutes.
_MOST_PARTS = 20_000


class _TooManyPartsError(Exception):
    """A file that is not read to its end."""


def starts_like_image(data: bytes) -> bool:
    """Whether a decoder of images would take these bytes up."""
    return any(data.startswith(start) for start, _ in _READERS)


def read_header(data: bytes) -> ImageHeader | None:
    """The format and size of an encoded image.

    Args:
        data: bytes of a PNG, JPEG, JPEG XL, GIF, BMP or WebP file.

    Returns:
        `ImageHeader`; `pixels` counts all frames of a GIF or WebP. None if the
        bytes have none of these formats, or no size can be read.
    """
    for start, read in _READERS:
        if data.startswith(start):
            try:
                return read(data)
            except (struct.error, IndexError, _TooManyPartsError):
                return None
    return None


def _parts():
    """Counts the parts of one file."""
    yield from range(_MOST_PARTS)
    raise _TooManyPartsError


def _header(name, width, height):
    return ImageHeader(name, width, height, width * height)


def _png(data):
    if data[12:16] != b"IHDR":
        return None
    return _header("PNG", *struct.unpack_from(">II", data, 16))


def _jpeg(data):
    at = 2
    for _ in _parts():
        # libjpeg skips the bytes between segments. So they do not count.
        at = data.find(b"\xff", at)
        if at < 0:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker <= 0x01 or 0xD0 <= marker <= 0xD7:  # without a body
            at += 2
        elif marker in (0xD8, 0xD9, 0xDA):  # no size can follow
            return None
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return _header("JPEG", width, height)
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def _gif(data):
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    # Each frame is decoded into a size that holds all frames.
    right, lower, frames, parts = width, height, 0, _parts()
    at = 13 + (3 << (flags & 7) + 1 if flags & 128 else 0)
    try:
        while data[at] in (0x21, 0x2C):
            next(parts)
            if data[at] == 0x21:
                at = _skip_blocks(data, at + 2, parts)
                continue
            frame = struct.unpack_from("<HHHHB", data, at + 1)
            right = max(right, frame[0] + frame[2])
            lower = max(lower, frame[1] + frame[3])
            frames += 1
            at += 11 + (3 << (frame[4] & 7) + 1 if frame[4] & 128 else 0)
            at = _skip_blocks(data, at, parts)
    except (struct.error, IndexError):
        pass  # the file is cut off; the frames so far count
    pixels = max(frames, 1) * right * lower
    return ImageHeader("GIF", width, height, pixels)


def _skip_blocks(data, at, parts):
    while data[at]:
        next(parts)
        at += 1 + data[at]
    return at + 1


def _bmp(data):
    width, height = struct.unpack_from("<ii", data, 18)
    return _header("BMP", abs(width), abs(height))


def _webp(data):
    if data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        size = [int.from_bytes(data[at : at + 3], "little") for at in (24, 27)]
        whole = _header("WEBP", size[0] + 1, size[1] + 1)
        return whole._replace(pixels=whole.pixels * _webp_frames(data))
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return _header("WEBP", (bits & 16383) + 1, (bits >> 14 & 16383) + 1)
    width, height = struct.unpack_from("<HH", data, 26)
    return _header("WEBP", width & 16383, height & 16383)


def _webp_frames(data):
    frames, at = 0, 12
    for _ in _parts():
        if at + 8 > len(data):
            return max(frames, 1)
        kind, length = struct.unpack_from("<4sI", data, at)
        frames += kind == b"ANMF"
        at += 8 + length + length % 2


class _Bits:
    """Bits of a JPEG XL header, lowest first."""

    def __init__(self, data):
        self._left, self._value = 8 * len(data), int.from_bytes(data, "little")

    def read(self, count):
        if count > self._left:
            raise IndexError
        value = self._value & (1 << count) - 1
        self._left, self._value = self._left - count, self._value >> count
        return value

    def size(self, small):
        if small:
            return 8 * (self.read(5) + 1)
        return self.read((9, 13, 18, 30)[self.read(2)]) + 1


# These are width by height. The header has only the height.
_JXL_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def _jxl(data):
    bits = _Bits(data[2:18])
    small = bits.read(1)
    height, ratio = bits.size(small), bits.read(3)
    if not ratio:
        return _header("JPEG XL", bits.size(small), height)
    over, under = _JXL_RATIOS[ratio - 1]
    return _header("JPEG XL", height * over // under, height)


def _jxl_boxes(data):
    at = 12
    for _ in _parts():
        length, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            length, start = struct.unpack_from(">Q", data, start)[0], at + 16
        if kind in (b"jxlc", b"jxlp"):
            start += 4 * (kind == b"jxlp")  # its number
            return _jxl(data[start : start + 18])
        if length < start - at:  # the last box
            return None
        at += length


_READERS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8", _jpeg),
    (b"\xff\x0a", _jxl),
    (b"\0\0\0\x0cJXL \r\n\x87\n", _jxl_boxes),
    (b"GIF8", _gif),
    (b"BM", _bmp),
    (b"RIFF", _webp),
)
