"""A file is old or new, never half written."""

import errno
import json

import numpy as np
import pytest
from PIL import Image

from tfmask.ops.errors import UserError
from tfmask.ops.files import (
    check_results_file,
    check_results_folder,
    replacing,
    write_json,
    write_png,
    write_text,
)


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


def test_names_that_are_not_utf_8_are_written_as_escapes(tmp_path):
    write_text(tmp_path / "a.html", "b\udce4r \u65e5")
    assert (tmp_path / "a.html").read_text("utf-8") == "b\\udce4r \u65e5"
    write_json(tmp_path / "a.json", {"file": "b\udce4r"})
    assert json.loads((tmp_path / "a.json").read_text())["file"] == "b\udce4r"


def test_results_of_the_command_are_replaced_only_on_demand(tmp_path):
    path = tmp_path / "numbers.json"
    for content in (None, ""):  # nothing there, or nothing in it
        if content is not None:
            path.write_text(content)
        check_results_file(path, "units", overwrite=False)
    write_json(path, {"units": "of this command"})
    with pytest.raises(UserError, match="already there. Give `--overwrite`"):
        check_results_file(path, "units", overwrite=False)
    check_results_file(path, "units", overwrite=True)


@pytest.mark.parametrize("content", ['{"run": 1}', "[1]", "\x89PNG", "1"])
def test_files_of_others_are_never_replaced(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content, "latin-1")
    with pytest.raises(UserError, match="no file that this command wrote"):
        check_results_file(path, "units", overwrite=True)


def test_links_and_folders_in_the_way_of_results(tmp_path):
    with pytest.raises(UserError, match="`--json` must be a file"):
        check_results_file(tmp_path, "units", overwrite=True)
    (tmp_path / "link").symlink_to("moved")
    for overwrite, text in ((False, "already there"), (True, "no file that")):
        with pytest.raises(UserError, match=text):
            check_results_file(tmp_path / "link", "units", overwrite=overwrite)


def test_folders_of_results(tmp_path):
    def check(path, overwrite=False):
        check_results_folder(
            path, ("a.png", "a.csv"), overwrite=overwrite, option="output"
        )

    check(tmp_path / "new")
    (tmp_path / "b.png").touch()
    check(tmp_path)
    (tmp_path / "a.csv").touch()
    with pytest.raises(UserError, match="a.csv` is already there.*--output"):
        check(tmp_path)
    check(tmp_path, overwrite=True)
    with pytest.raises(UserError, match="must be a folder"):
        check(tmp_path / "b.png", overwrite=True)
