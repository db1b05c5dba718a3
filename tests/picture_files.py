"""Files of masks and images of every kind, and what they mean."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

INNER = np.zeros((9, 12), bool)
INNER[2:5, 3:11] = True
SHADES = (np.arange(9 * 12).reshape(9, 12) * 2).astype(np.uint8)
COLOURS = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
COLOURS[0, 0] = 255


def encoded(values, kind="PNG", mode=None, **options):
    """Bytes of a file of an array, or of an image."""
    image = values if mode is None else None
    if not isinstance(values, Image.Image):
        image = Image.fromarray(values)
    if mode is not None:
        image = image.convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def levels(outside, inside, dtype=np.uint8):
    return np.where(INNER, inside, outside).astype(dtype)


def palette(colours, numbers=INNER, **options):
    image = Image.fromarray(numbers.astype(np.uint8)).convert("L")
    image = Image.fromarray(np.asarray(image), "P")
    image.putpalette([value for colour in colours for value in colour])
    return encoded(image, **options)


def layers(colour, alpha, mode="RGBA"):
    image = Image.fromarray(colour).convert(mode)
    image.putalpha(Image.fromarray(alpha))
    return encoded(image)


def png(bits, colour_type, rows):
    """A PNG by hand: Pillow writes no 16-bit colours and no 4-bit greys."""
    width = len(rows[0]) * 8 // bits // {0: 1, 2: 3, 4: 2}[colour_type]

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", check)
        )

    size = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def deep_rows(values):
    return [row.astype(">u2").tobytes() for row in values]


def four_bits(numbers):
    return [bytes((row[::2] << 4 | row[1::2]).tolist()) for row in numbers]


def bit_fields(pixels):
    """A BMP of 32 bits whose channels lie in another order than BGRA."""
    height, width = pixels.shape[:2]
    first = np.zeros((height, width, 1), np.uint8)
    rows = np.concatenate([first, pixels[..., ::-1]], -1)[::-1].tobytes()
    masks = struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)
    head = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, 32, 3, len(rows), 2835, 2835, 0, 0
    )
    start = 14 + len(head) + len(masks)
    name = b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start)
    return name + head + masks + rows


BLACK, WHITE, RED = (0, 0, 0), (255, 255, 255), (255, 0, 0)
FULL, NONE = levels(0, 255), levels(0, 0)
GREYS = np.repeat(levels(0, 255)[..., None], 3, axis=-1)
ON_RED = np.where(INNER[..., None], RED, BLACK).astype(np.uint8)
# Each of these files has one clear meaning: INNER.
MASKS = {
    "8 bits": encoded(FULL),
    "8 bits, JPEG": encoded(FULL, "JPEG", quality=100),
    "8 bits, BMP": encoded(FULL, "BMP"),
    "soft": encoded(levels(100, 130)),
    "1 bit": encoded(INNER),
    "1 bit, BMP": encoded(INNER, "BMP"),
    "4 bits": png(4, 0, four_bits(levels(0, 15))),
    "16 bits": encoded(levels(0, 65535, np.uint16)),
    "16 bits of 32": encoded(levels(0, 65535, np.int32), "TIFF"),
    "RGB": encoded(GREYS),
    "RGB, BMP": encoded(GREYS, "BMP"),
    "red": encoded(ON_RED),
    "palette": palette([BLACK, WHITE]),
    "palette, numbers turned": palette([WHITE, BLACK], ~INNER),
    "palette, BMP": palette([BLACK, WHITE], kind="BMP"),
    "palette with colour": palette([BLACK, RED]),
    "palette with transparency": palette([BLACK, WHITE], transparency=0),
    "opaque": layers(FULL, levels(255, 255)),
    "transparent ground": layers(FULL, FULL),
    "grey and alpha": layers(FULL, FULL, "LA"),
    "CMYK": encoded(GREYS, "JPEG", "CMYK", quality=100),
}
# These have no clear meaning, or not for a reader of 8 bits.
UNCLEAR = {
    "0 and 1": (encoded(levels(0, 1)), "has values from 0 to 1, expected"),
    "0 and 1 in RGB": (encoded(GREYS // 255), "has values from 0 to 1, exp"),
    "classes": (encoded(levels(2, 9)), "has values from 2 to 9, expected"),
    "classes and border": (
        encoded(np.where(INNER, levels(0, 255), 15).astype(np.uint8)),
        "has the values 15 and 255, which may be numbers of classes",
    ),
    "all bright": (
        encoded(levels(180, 250)),
        "values 180 and 250, so that all of it would be object",
    ),
    "16 bits, 0 and 1": (
        encoded(levels(0, 1, np.uint16)),
        "16 bits.* values 0 and 1, expected 0 outside and 65535",
    ),
    "16 bits, 0 and 255": (
        encoded(levels(0, 255, np.uint16)),
        "16 bits.* values 0 and 255, expected 0 outside and 65535",
    ),
    "32 bits": (encoded(levels(0, 2**20, np.int32), "TIFF"), "and 1048576"),
    "fractions": (
        encoded(levels(0, 1).astype(np.float32), "TIFF"),
        "has fractions from 0 to 1",
    ),
    "16-bit RGB": (
        png(16, 2, deep_rows(GREYS.reshape(9, -1))),
        "several channels of 16 bits",
    ),
    "16-bit grey and alpha": (
        png(16, 4, deep_rows(np.stack([FULL, FULL], -1).reshape(9, -1))),
        "several channels of 16 bits",
    ),
    "white, object in alpha": (layers(levels(255, 255), FULL), "its transp"),
    "black, object in alpha": (layers(NONE, FULL), "in its transparency"),
    "grey, object in alpha": (layers(NONE, FULL, "LA"), "in its transpar"),
    "palette, object in alpha": (
        palette([WHITE, WHITE], transparency=b"\0\xff"),
        "in its transparency",
    ),
    "object cut out": (layers(FULL, ~FULL), "bright pixels that are transp"),
    "dark colour": (
        palette([BLACK, (64, 0, 0), RED], levels(0, 1) + (np.eye(9, 12) > 0)),
        r"has the colours \(64, 0, 0\), which are neither",
    ),
    "red on white": (
        palette([WHITE, RED]),
        "which are all bright, so that all of it would be object",
    ),
    "text": (b"words", "is not an image"),
    "cut off": (encoded(COLOURS)[:-60], "is a damaged image"),
}


# Files, and their pixels in other programs.
IMAGES = {
    "RGB": encoded(COLOURS),
    "grey": encoded(SHADES),
    "1 bit": encoded(INNER),
    "4 bits": png(4, 0, four_bits(SHADES >> 4)),
    "palette": encoded(Image.fromarray(COLOURS).quantize(16)),
    "RGBA": layers(COLOURS, SHADES),
    "grey and alpha": layers(SHADES, SHADES, "LA"),
    "16 bits": encoded(SHADES.astype(np.uint16) * 257),
    "16-bit RGB": png(
        16, 2, deep_rows(COLOURS.reshape(9, -1).astype(int) * 257)
    ),
    "JPEG": encoded(COLOURS, "JPEG"),
    "CMYK": encoded(COLOURS, "JPEG", "CMYK"),
    "BMP": encoded(COLOURS, "BMP"),
    "grey BMP": encoded(SHADES, "BMP"),
    "1-bit BMP": encoded(INNER, "BMP"),
    "palette BMP": encoded(Image.fromarray(COLOURS).quantize(64), "BMP"),
    "two grey BMP colours": palette([(9,) * 3, (90,) * 3], kind="BMP"),
    "bit fields": bit_fields(COLOURS),
    "32-bit BMP": encoded(COLOURS, "BMP", "RGBA"),
}


def seen(content):
    """(H, W, 3) int of a file, by Pillow."""
    image = Image.open(io.BytesIO(content))
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return np.asarray(image.convert("RGB"), int)
