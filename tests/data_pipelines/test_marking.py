"""Masks that are painted lie where training reads them."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines.folders import list_examples
from data_pipelines.marking import (
    MaskExists,
    mask_path,
    read_list,
    save_mask,
    saved_mask,
)
from tfmask.ops import files
from tfmask.ops.errors import UserError

FILE = "trainA/x.jpg"


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "trainA").mkdir()
    Image.new("RGB", (12, 10)).save(tmp_path / FILE)
    return tmp_path


def levels(value=255):
    mask = np.zeros((10, 12), np.uint8)
    mask[3:5] = value
    return mask


def test_training_reads_what_was_saved(photos):
    assert saved_mask(photos, FILE) is None
    path = save_mask(photos, FILE, levels(128))
    assert path == mask_path(photos, FILE) == photos / "trainA_mask" / "x.png"
    assert saved_mask(photos, FILE) == path
    with Image.open(path) as file:
        assert file.mode == "L"
        np.testing.assert_array_equal(np.asarray(file), levels())
    (example,) = list_examples(photos, "train", "a", some_masks=True)
    assert example.problem is None
    assert example.region.path == str(path)
    assert [*path.parent.iterdir()] == [path]


def test_an_old_mask_is_replaced_only_when_told(photos):
    path = save_mask(photos, FILE, levels())
    old = path.read_bytes()
    with pytest.raises(MaskExists, match="already there"):
        save_mask(photos, FILE, levels(0))
    assert path.read_bytes() == old
    save_mask(photos, FILE, levels(0), replace=True)
    assert not np.asarray(Image.open(path)).any()


def test_a_mask_of_another_kind_would_count_beside_it(photos):
    other = photos / "trainA_mask" / "x.bmp"
    other.parent.mkdir()
    Image.fromarray(levels()).save(other)
    assert saved_mask(photos, FILE) == other
    for replace in (False, True):
        with pytest.raises(UserError, match="x.bmp") as error:
            save_mask(photos, FILE, levels(), replace=replace)
        assert not isinstance(error.value, MaskExists)
    Image.fromarray(levels()).save(other.with_suffix(".png"))
    with pytest.raises(UserError, match="more than one mask of trainA/x.jpg"):
        saved_mask(photos, FILE)


def test_a_full_disk_leaves_the_old_mask(photos, monkeypatch):
    path = save_mask(photos, FILE, levels())
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save_mask(photos, FILE, levels(0), replace=True)
    assert path.read_bytes() == old
    assert [*path.parent.iterdir()] == [path]


def test_the_table_of_prepare_masks_is_read(tmp_path):
    table = tmp_path / "mark.csv"
    table.write_text(
        "domain,file,uncertainty\na,trainA/2.png,0.5\nb,trainB/a b.jpg,\n"
    )
    assert read_list(table) == ["trainA/2.png", "trainB/a b.jpg"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nx\n", "column `file`"),
        ("", "column `file`"),
        ("file\ntrainA/x.png\n../x.png\n", "line 3.*'../x.png'"),
        ("file\ntrainA/../x.png\n", "line 2"),
        ("file\ntestA/x.png\n", "line 2"),
        ("file\n/trainA/x.png\n", "line 2"),
    ],
)
def test_another_table_is_refused(tmp_path, text, said):
    table = tmp_path / "mark.csv"
    table.write_text(text)
    with pytest.raises(UserError, match=said) as error:
        read_list(table)
    assert str(table) in str(error.value)
