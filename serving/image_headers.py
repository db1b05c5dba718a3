"""Reads the size that an encoded image claims, without decoding it."""

import struct
from typing import NamedTuple


class ImageHeader(NamedTuple):
    """What an image file says about itself."""

    format: str
    width: int
    height: int
    pixels: int


def read_header(data: bytes) -> ImageHeader | None:
    """The format and size of an encoded image.

    Args:
        data: bytes of a PNG, JPEG, GIF, BMP or WebP file.

    Returns:
        `ImageHeader`; `pixels` counts all frames of a GIF. None if the bytes
        are none of these, or end before the size.
    """
    for start, read in _READERS:
        if data.startswith(start):
            try:
                return read(data)
            except (struct.error, IndexError):
                return None
    return None


def _header(name, width, height):
    return ImageHeader(name, width, height, width * height)


def _png(data):
    if data[12:16] != b"IHDR":
        return None
    return _header("PNG", *struct.unpack_from(">II", data, 16))


def _jpeg(data):
    at = 2
    while True:
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # without a body
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return _header("JPEG", width, height)
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def _skip_blocks(data, at):
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _gif(data):
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    pixels = width * height
    at = 13 + (3 << (flags & 7) + 1 if flags & 128 else 0)
    try:
        while data[at] in (0x21, 0x2C):
            if data[at] == 0x21:
                at = _skip_blocks(data, at + 2)
                continue
            frame = struct.unpack_from("<HHB", data, at + 5)
            pixels += frame[0] * frame[1]
            flags = frame[2]
            at += 11 + (3 << (flags & 7) + 1 if flags & 128 else 0)
            at = _skip_blocks(data, at)
    except (struct.error, IndexError):
        pass  # cut off: the frames so far count
    return ImageHeader("GIF", width, height, pixels)


def _bmp(data):
    width, height = struct.unpack_from("<ii", data, 18)
    return _header("BMP", abs(width), abs(height))


def _webp(data):
    if data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        size = [int.from_bytes(data[at : at + 3], "little") for at in (24, 27)]
        return _header("WEBP", size[0] + 1, size[1] + 1)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return _header("WEBP", (bits & 16383) + 1, (bits >> 14 & 16383) + 1)
    width, height = struct.unpack_from("<HH", data, 26)
    return _header("WEBP", width & 16383, height & 16383)


_READERS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8", _jpeg),
    (b"GIF8", _gif),
    (b"BM", _bmp),
    (b"RIFF", _webp),
)
