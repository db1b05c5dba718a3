"""Encoded images that the client takes, and what it calls the others."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from serving.client.errors import InvalidArgument
from serving.client.image_inputs import read_items
from serving.client.port_values import read_encoded
from serving.protocol.image_headers import read_header

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)


def saved(kind, **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("wrap", [bytearray, memoryview, io.BytesIO])
def test_bytes_come_in_any_form(wrap):
    (item,), single = read_items(wrap(saved("PNG")), {}, {})
    assert single and item.labels == {"image": "`image`"}
    assert item.inputs["image"] == saved("PNG")


def test_an_open_file_has_its_name(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(saved("PNG"))
    with path.open("rb") as file:
        (item,), _ = read_items([file], {}, {})
    assert item.labels["image"] == str(path)
    assert item.inputs["image"] == saved("PNG")
    with path.open(encoding="latin-1") as file:
        (refused,), _ = read_items([file], {}, {})
    assert "open for bytes" in refused.details and str(path) in refused.details
    (refused,), _ = read_items([file], {}, {})  # closed by now
    assert "closed file" in refused.details


def test_webp_is_converted_and_plain_bmp_is_sent(monkeypatch):
    converted = read_encoded(saved("WEBP", lossless=True), "it")
    assert read_header(converted)[:3] == ("PNG", 5, 6)
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(converted))), PIXELS
    )
    bmp, webp = saved("BMP"), saved("WEBP")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert read_encoded(bmp, "it") == bmp
    with pytest.raises(InvalidArgument, match="Install Pillow"):
        read_encoded(webp, "it")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (saved("TIFF"), "a TIFF image of"),
        (b"MM\0*" + bytes(20), "a TIFF image"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "a HEIC image"),
        (b"\0\0\0\x18ftypmif1" + bytes(20), "a HEIC image"),
        (b"\0\0\0\x20ftypavif" + bytes(20), "an AVIF image"),
        (saved("GIF"), "a GIF image"),
        (saved("PNG")[:14], "a damaged PNG image of 14 bytes"),
        (b"\xff\xd8\xff", "a damaged JPEG image"),
        (b"hello", "something else of 5 bytes"),
    ],
)
def test_other_files_are_called_what_they_are(data, name):
    with pytest.raises(InvalidArgument, match=f"or WebP image. Got: {name}"):
        read_encoded(data, "it")


def test_a_mask_as_a_file_is_told():
    others = {"mask": "m.png"}
    (item,), _ = read_items(PIXELS, others, {"mask": "mask"})
    assert item.details.startswith("m.png (`mask` of `image`): expected an arr")
