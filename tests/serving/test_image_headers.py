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
