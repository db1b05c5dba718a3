"""Sizes read from headers, against Pillow's own files."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from serving.protocol.image_headers import read_header, starts_like_image


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


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_every_frame_counts_as_the_whole(format):
    dice = np.random.default_rng(0)
    frames = [
        Image.fromarray(dice.integers(0, 256, (9, 17, 3), np.uint8))
        for _ in range(3)
    ]
    file = io.BytesIO()
    frames[0].save(file, format, save_all=True, append_images=frames[1:])
    assert read_header(file.getvalue()).pixels == 3 * 17 * 9


def test_a_small_frame_of_a_gif_is_decoded_into_the_size_of_all():
    frames = [
        b"," + struct.pack("<HHHHB", *corner, *size, 0) + b"\2\1\0\0"
        for corner, size in (((0, 0), (17, 9)), ((20, 4), (1, 1)))
    ]
    head = b"GIF89a" + struct.pack("<HHBBB", 17, 9, 0, 0, 0)
    assert read_header(head + b"".join(frames) + b";").pixels == 2 * 21 * 9


@pytest.mark.parametrize("junk", [b"abc", b"\xff\x00a", b"\xff\xff"])
def test_junk_before_the_size_is_skipped_as_the_decoder_does(junk):
    data = encode("JPEG")
    at = data.index(b"\xff\xc0")
    data = data[:at] + junk + data[at:]
    assert read_header(data)[:3] == ("JPEG", 17, 9)
    assert Image.open(io.BytesIO(data)).size == (17, 9)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff\xfe\0\2" * 10**6,
        b"\xff\xd8" + b"\xff\x00" * 10**6,
        b"GIF89a" + bytes(7) + b"!\xff" + b"\1a" * 10**6,
        b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0" + bytes(10**7),
    ],
)
def test_what_would_take_long_to_read_has_no_size(data):
    assert read_header(data) is None
    assert starts_like_image(data)
    assert not starts_like_image(b"text")


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
