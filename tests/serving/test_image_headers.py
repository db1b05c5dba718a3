"""Sizes read from headers, against Pillow's own files."""

import io

import numpy as np
import pytest
from PIL import Image

from serving.image_headers import read_header


def encode(format, mode="RGB", size=(17, 9), **options):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3))
    image = Image.fromarray(pixels.astype(np.uint8)).convert(mode)
    image.save(file, format, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("PNG", {"mode": "L"}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "comment": b"x" * 500}),
        ("GIF", {"mode": "P"}),
        ("BMP", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0II*\0"}),
    ],
)
def test_format_and_size(format, options):
    header = read_header(encode(format, **options))
    assert (header.format, header.width, header.height) == (format, 17, 9)


def test_every_frame_of_a_gif_counts():
    frames = [Image.new("P", (10, 10), color) for color in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert read_header(file.getvalue()).pixels >= 3 * 50


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_every_cut_is_a_header_or_none(format):
    data = encode(format, "P" if format == "GIF" else "RGB")
    for length in range(0, len(data), 7):
        header = read_header(data[:length])
        assert header is None or header.width == 17


@pytest.mark.parametrize("data", [b"", b"text", b"\xff\xd8" + b"\xff" * 99])
def test_no_image(data):
    assert read_header(data) is None


def jpeg_xl(*fields):
    """The start of a file, of (value, bits), lowest bits first."""
    bits = at = 0
    for value, count in fields:
        bits, at = bits | value << at, at + count
    return b"\xff\x0a" + bits.to_bytes(17, "little")


@pytest.mark.parametrize(
    ("fields", "width", "height"),
    [
        ([(1, 1), (3, 5), (0, 3), (1, 5)], 16, 32),  # in units of 8
        ([(0, 1), (0, 2), (8, 9), (0, 3), (0, 2), (16, 9)], 17, 9),
        ([(0, 1), (3, 2), (59_999, 30), (1, 3)], 60_000, 60_000),
        ([(0, 1), (1, 2), (8, 13), (5, 3)], 16, 9),
    ],
)
def test_jpeg_xl(fields, width, height):
    data = jpeg_xl(*fields)
    signature = b"\0\0\0\x0cJXL \r\n\x87\n"
    box = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
    one = b"\0\0\0\0jxlc" + data
    part = b"\0\0\0\0jxlp\0\0\0\0" + data
    for file in (data, signature + box + one, signature + box + part):
        header = read_header(file)
        assert header[:3] == ("JPEG XL", width, height)
    for cut in (data[:3], signature, signature + box, signature + b"\0" * 20):
        assert read_header(cut) is None
