"""What `open_data` says about bad input, and what it does with it."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipelines import checks, open_data
from tfmask.ops.errors import UserError


def message(*args, **kwargs):
    with pytest.raises(UserError) as error:
        open_data(*args, **kwargs)
    return str(error.value)


def save(path, pixels):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


# One mask an image, or one an object: folder and name of image 0's first.
KINDS = pytest.mark.parametrize("kind", [("mask", ""), ("seg", "_0")])


def mask_file(root, split, number, kind=("mask", "")):
    end, first = kind
    return root / f"{split}_{end}" / f"{number}{first}.png"


def add_masks(root, split, kind=("mask", ""), count=3):
    for number in range(count):
        save(mask_file(root, split, number, kind), np.zeros((16, 16)))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-30])


def test_counts_names_and_description(plain_folder):
    data = open_data(plain_folder(), image_size=(16, 24))
    assert data.counts("train") == {"a": 3, "b": 3}
    assert data.names("b", "test") == ["0", "1", "2"]
    assert not data.has_regions("train")
    assert data.region_mean("a") is None
    description = json.loads(json.dumps(data.describe()))
    assert description["image_size"] == [16, 24]
    assert description["counts"]["test"] == {"a": 3, "b": 3}
    assert description["kind"] == "folder" and description["skipped"] == 0


def test_fingerprint_follows_the_bytes(plain_folder):
    root = plain_folder()
    first = open_data(root).describe()["fingerprint"]
    assert open_data(root).describe()["fingerprint"] == first
    save(root / "trainA" / "0.jpg", np.zeros((16, 16, 3)))
    assert open_data(root).describe()["fingerprint"] != first


def test_only_the_splits_that_are_asked_for_must_exist(plain_folder):
    root = plain_folder(splits=("trainA", "trainB"))
    data = open_data(root, splits=("train",))
    assert data.counts("train")["a"] == 3
    with pytest.raises(UserError, match="`test` .* is not open"):
        data.test_batches("a")
    assert str(root / "testA") in message(root)


def test_missing_train_b(plain_folder):
    root = plain_folder(splits=("trainA", "testA"))
    assert f"Missing: {root / 'trainB'}" in message(root)


def test_empty_folder(plain_folder):
    root = plain_folder(splits=("trainA",))
    (root / "trainB").mkdir()
    assert f"in {root / 'trainB'}. Got: an empty folder" in message(root)


def test_misspelled_location(tmp_path):
    assert "`synthetic`" in message(tmp_path / "synthetc")


def test_text_named_png(plain_folder):
    root = plain_folder()
    (root / "trainA" / "note.png").write_text("hello, I am no picture")
    text = message(root)
    assert str(root / "trainA" / "note.png") in text
    assert "not an image" in text and "--skip-bad-files" in text
    assert "{{" not in text  # TensorFlow's node names


def test_empty_file(plain_folder):
    root = plain_folder()
    (root / "trainA" / "1.jpg").write_bytes(b"")
    assert "1.jpg: is an empty file" in message(root)


def test_truncated_jpeg(plain_folder):
    root = plain_folder()
    truncate(root / "testB" / "2.jpg")
    text = message(root)
    assert text.startswith("1 bad file in")
    assert f"{root / 'testB' / '2.jpg'}: is damaged" in text


def test_image_too_small(plain_folder):
    root = plain_folder()
    save(root / "trainA" / "thin.png", np.zeros((7, 40, 3)))
    assert "thin.png: is 7 high and 40 wide, expected at least 8" in message(
        root
    )


@KINDS
def test_mask_of_another_size(plain_folder, kind):
    root = plain_folder()
    add_masks(root, "trainA", kind)
    file = mask_file(root, "trainA", 1, kind)
    save(file, np.zeros((16, 17)))
    text = message(root)
    assert f"{file}: is 16 high and 17 wide, but its image is 16" in text


@KINDS
def test_unreadable_mask(plain_folder, kind):
    root = plain_folder()
    add_masks(root, "trainB", kind)
    file = mask_file(root, "trainB", 0, kind)
    truncate(file)
    assert f"{file}: is damaged" in message(root)


@KINDS
def test_mask_of_zeros_and_ones(plain_folder, kind):
    root = plain_folder()
    add_masks(root, "trainB", kind)
    file = mask_file(root, "trainB", 0, kind)
    save(file, np.eye(16))
    text = message(root)
    assert f"{file}: has values from 0 to 1, expected 0 outside and" in text


@KINDS
def test_missing_mask(plain_folder, kind):
    root = plain_folder()
    add_masks(root, "trainB", kind, count=2)
    text = message(root)
    assert f"{root / 'trainB' / '2.jpg'}: its mask" in text
    assert str(mask_file(root, "trainB", 2, kind)) in text
    assert "all black" in text


def test_all_bad_files_are_counted_and_ten_listed(plain_folder):
    root = plain_folder(count=7)
    for split in ("trainA", "testB"):
        for file in (root / split).iterdir():
            truncate(file)
    text = message(root)
    assert text.startswith("14 bad files in")
    assert text.count("is damaged") == 10
    assert "... and 4 more" in text


def test_bad_files_can_be_skipped_and_are_listed(plain_folder):
    root = plain_folder()
    add_masks(root, "trainB")
    truncate(root / "trainA" / "1.jpg")
    truncate(root / "trainB_mask" / "2.png")
    data = open_data(root, skip_bad_files=True)
    assert data.names("a", "train") == ["0", "2"]
    assert data.names("b", "train") == ["0", "1"]
    paths = [path for path, _ in data.skipped]
    assert paths == [
        str(root / "trainA" / "1.jpg"),
        str(root / "trainB_mask" / "2.png"),
    ]
    assert all("damaged" in reason for _, reason in data.skipped)
    assert data.describe()["skipped"] == 2


def test_nothing_left_after_skipping(plain_folder):
    root = plain_folder()
    for file in (root / "testA").iterdir():
        truncate(file)
    text = message(root, skip_bad_files=True)
    assert "No usable image is left for testA" in text
    assert "all 3 are bad" in text and str(root / "testA" / "0.jpg") in text


@pytest.mark.parametrize("size", [0, -4, 7, (64, 0), (8, 8, 8)])
def test_image_size_that_makes_no_sense(size):
    text = message("synthetic", image_size=size)
    assert "`image_size`" in text and str(size) in text


def test_other_arguments_that_make_no_sense():
    assert "Did you mean: train" in message("synthetic", splits=("trian",))
    assert "`seed`" in message("synthetic", seed=-1)
    assert "`synthetic_count`" in message("synthetic", synthetic_count=(0, 1))


@pytest.mark.parametrize("in_memory", [True, False])
def test_images_of_any_kind_become_rgb(tmp_path, monkeypatch, in_memory):
    if not in_memory:
        monkeypatch.setattr(checks, "MEMORY_LIMIT", 0)
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (20, 12, 3), np.uint8)
    alpha = np.full((20, 12, 1), 9, np.uint8)
    folder = tmp_path / "trainA"
    save(folder / "0.PNG", rgb)
    save(folder / "1.png", np.concatenate([rgb, alpha], -1))
    save(folder / "2.bmp", rgb)
    save(folder / "3.png", rgb[..., 0])
    save(folder / "4.bmp", rgb[..., 0])
    save(folder / "5.JPEG", rgb)
    save(folder / "6.jpg", rgb[..., 0])
    save(tmp_path / "trainB" / "0.png", np.zeros((9, 40, 3)))
    data = open_data(tmp_path, (20, 12), splits=("train",))
    (batch,) = data.test_batches("a", split="train", batch_size=7)
    images = np.round((batch["image"].numpy() + 1) * 127.5)
    assert images.shape == (7, 20, 12, 3)
    for colour in images[:3]:
        np.testing.assert_array_equal(colour, rgb)
    for grey in images[3:5]:
        np.testing.assert_array_equal(grey, np.repeat(rgb[..., :1], 3, -1))


def test_progress_is_shown_for_large_sets(plain_folder, monkeypatch, capsys):
    monkeypatch.setattr(checks, "_PROGRESS_FROM", 2)
    assert open_data(plain_folder()).counts("train")["a"] == 3
    assert capsys.readouterr().out == ""


def test_a_location_can_begin_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f"in {tmp_path}/photos" in message("~/photos", 16)
    assert "no home folder is known for `~nobody-x`" in message("~nobody-x", 16)


@pytest.mark.medium
def test_interpolation_is_of_training_and_test_images(plain_folder):
    root = plain_folder()

    def images(**options):
        data = open_data(root, image_size=12, **options)
        for crop in (True, False):
            batches = data.train_batches(1, seed=0, crop=crop)
            yield next(iter(batches))["a"]["image"]
        yield next(iter(data.test_batches("a")))["image"]

    other = images(interpolation="bicubic", antialias=False)
    for first, second in zip(images(), other, strict=True):
        assert np.abs(first - second).max() > 0.1
    assert "bicubic" in message(root, interpolation="lanczos")
