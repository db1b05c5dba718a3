"""Exported versions measure files before they decode them."""

import io
import struct

import pytest
import tensorflow as tf
from exports import tiny_method, with_junk
from PIL import Image

from tfmask.export.pixel_limit import guarded_files
from tfmask.export.signatures import export_method
from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks


def saved(kind, width=18, height=9, mode="RGB", **options):
    file = io.BytesIO()
    Image.new(mode, (width, height), 90).save(file, kind, **options)
    return file.getvalue()


def test_files_count_together():
    image = tf.constant([saved("PNG", 16, 16)] * 2)
    masks = tf.constant([[saved("PNG", 16, 16, mode="L")] * 3] * 2)
    files = {"image": image, "instances": masks}
    guarded = guarded_files(files, 8 * 16 * 16)
    assert (guarded["instances"] == masks).numpy().all()
    text = "(?s)`image` and `instances` must have 2047 .*at least:.*2048"
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        guarded_files(files, 8 * 16 * 16 - 1)
    none = {"image": image, "instances": masks[:, :0]}
    assert guarded_files(none, 512)["instances"].shape == (2, 0)


@pytest.mark.parametrize(
    "data",
    [
        saved("GIF"),
        saved("TIFF"),
        b"",
        b"nonsense",
        saved("PNG")[:20],
        saved("PNG").replace(b"IHDR", b"IHDX"),
        b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0abc\1\1\1\1",
        b"BM" + b"\xff" * 40,
    ],
    ids=["gif", "tiff", "empty", "text", "cut", "no-ihdr", "no-frame", "below"],
)
def test_what_cannot_be_measured_is_named(data):
    text = "(?s)`exemplar` must be PNG, JPEG, BMP or WebP .*from 0:.*1"
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        guarded_files({"exemplar": tf.constant([saved("PNG"), data])}, 1000)


def test_a_jpeg_without_a_size_is_invalid():
    jpeg = saved("JPEG")
    for data in (jpeg[:3], jpeg[: jpeg.index(b"\xff\xc0")]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="JPEG"):
            guarded_files({"image": tf.constant([data])}, 1000)


@pytest.mark.parametrize(
    "data",
    [
        saved("PNG"),
        saved("JPEG", progressive=True),
        with_junk(saved("JPEG")),
        saved("BMP"),
        # The same, its first row the upper one.
        saved("BMP")[:22] + struct.pack("<i", -9) + saved("BMP")[26:],
        saved("WEBP"),
        saved("WEBP", lossless=True),
        saved("WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    ],
    ids=["png", "progressive", "junk", "bmp", "down", "webp", "vp8l", "vp8x"],
)
def test_every_format_is_measured_to_the_pixel(data):
    image = tf.constant([data])
    guarded_files({"image": image}, 18 * 9)
    with pytest.raises(tf.errors.InvalidArgumentError, match="(?s)161 .*162"):
        guarded_files({"image": image}, 18 * 9 - 1)


@pytest.mark.one_stack
def test_a_warm_up_that_would_be_refused_is_not_published(tmp_path):
    method = tiny_method("cyclegan")
    text = "`max_pixels` is 700.*3 images of 16 x 16"
    with pytest.raises(UserError, match=text):
        export_method(
            method, tmp_path, "toy", max_pixels=700, warm_up_batches=(2, 3)
        )
    assert not list((tmp_path / "toy").iterdir())
