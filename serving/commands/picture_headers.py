"""What the first bytes of an image file say: its orientation, bits and kind.

TensorFlow decodes plain files as `serving.commands.pictures` does, and faster.
These functions say which files are plain. They need no Pillow.
"""

import struct

import numpy as np

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
BMP = b"BM"
ORIENTATION = 0x0112
# Orientation to three flags: exchange rows and columns, then flip upside down,
# then flip left to right.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def orientation(data: bytes) -> int:
    """The orientation tag (EXIF) of a file; 1 where there is none.

    Args:
        data: bytes of an image file.

    Returns:
        int from 1 to 8, a key of `TURNS`.
    """
    try:
        if data.startswith(JPEG):
            return _orientation(_jpeg_exif(data))
        if data.startswith(PNG):
            return _orientation(_png_chunk(data, b"eXIf"))
    except (struct.error, IndexError):
        pass  # the file is cut off; the decoder reports it
    return 1


def _jpeg_exif(data):
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in (0xD9, 0xDA):  # the pixels begin
            return None
        size = struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            return data[at + 10 : at + 2 + size]
        at += 2 + size
    return None


def _png_chunk(data, wanted):
    at = len(PNG)
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == wanted:
            return data[at + 8 : at + 8 + size]
        at += 12 + size
    return None


def _orientation(exif):
    order = {b"II*\0": "<", b"MM\0*": ">"}.get((exif or b"")[:4])
    if order is None:
        return 1
    at = struct.unpack_from(order + "I", exif, 4)[0]
    for number in range(struct.unpack_from(order + "H", exif, at)[0]):
        tag, kind = struct.unpack_from(order + "HH", exif, at + 2 + 12 * number)
        if tag == ORIENTATION and kind == 3:
            where = at + 10 + 12 * number
            value = struct.unpack_from(order + "H", exif, where)[0]
            return value if value in TURNS else 1
    return 1


def turned(pixels: np.ndarray, tag: int) -> np.ndarray:
    """Brings an image upright.

    Args:
        pixels: (H, W) or (H, W, C) array, as stored.
        tag: int, of `orientation`.

    Returns:
        array, upright.
    """
    swap, down, mirror = TURNS[tag]
    if swap:
        pixels = np.swapaxes(pixels, 0, 1)
    return pixels[:: -1 if down else 1, :: -1 if mirror else 1]


def bit_depth(data: bytes) -> int:
    """Bits a channel of a PNG; 8 of any other file."""
    return data[24] if data.startswith(PNG) and len(data) > 24 else 8


def is_grey(data: bytes) -> bool:
    """Whether a file is a PNG of one channel of shades."""
    return data.startswith(PNG) and data[25:26] == b"\0"


def is_lossless(data: bytes) -> bool:
    """Whether a file keeps every value: all but JPEGs."""
    return not data.startswith(JPEG)


def decodes_right(data: bytes) -> bool:
    """Whether TensorFlow's decoder gives an image the right colours.

    For BMP, it does only with 24 bits and no compression. It reads the numbers
    of a palette as grey, and it assumes one order of channels.
    """
    if not data.startswith(BMP) or len(data) < 34:
        return True
    header, bits, packed = (
        struct.unpack_from(form, data, at)[0]
        for form, at in (("<I", 14), ("<H", 28), ("<I", 30))
    )
    return header >= 40 and bits == 24 and packed == 0


def is_plain_image(data: bytes) -> bool:
    """Whether TensorFlow decodes an image as `read_image` does."""
    return (
        decodes_right(data) and orientation(data) == 1 and bit_depth(data) < 16
    )


def is_plain_mask(data: bytes) -> bool:
    """Whether nothing is lost when a mask is decoded as an RGB image.

    This holds for JPEGs, for BMP of 24 bits, and for PNG of 8 bits that are
    grey or RGB without transparency. The orientation tag is a separate check.
    """
    if data.startswith(JPEG):
        return True
    if data.startswith(PNG) and len(data) > 25:
        plain = data[24] == 8 and data[25] in (0, 2)
        return plain and _png_chunk(data, b"tRNS") is None
    return data.startswith(BMP) and decodes_right(data)
