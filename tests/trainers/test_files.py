"""A file is old or new, never half written."""

import errno
import json

import numpy as np
import pytest
from PIL import Image

from trainers.files import replacing, write_json, write_png, write_text


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with (
        pytest.raises(OSError) as failure,
        replacing(path) as file,
    ):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert failure.value.filename == str(path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_infinity_survives_strict_json(tmp_path):
    path = tmp_path / "deep" / "a.json"
    write_json(path, {"psnr": [float("inf"), 1.5, None], 3: "x"})
    text = path.read_text()
    assert "Infinity" not in text
    assert json.loads(text) == {"psnr": ["inf", 1.5, None], "3": "x"}


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 1), (5, 4)])
def test_png_files_hold_the_pixels(tmp_path, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    write_png(tmp_path / "a.png", pixels)
    read = np.asarray(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(read, np.squeeze(pixels))
