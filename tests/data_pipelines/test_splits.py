"""Training and test images: which splits are there, and missing ones."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines import open_data
from data_pipelines.splits import no_images, present_splits
from tfmask.ops.errors import UserError


def images(folder, count, size=(16, 16)):
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.full((size[1], size[0], 3), 40 * number, np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def attributes(root, numbers):
    images(root / "images", len(numbers))
    rows = [f"{n}.png {number}" for n, number in enumerate(numbers)]
    (root / "list_eval_partition.txt").write_text("\n".join(rows))
    rows = [f"{n}.png,{n % 2}" for n in range(len(numbers))]
    (root / "attributes.csv").write_text("\n".join(["file,Red", *rows]))


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (["trainA", "trainB", "testA", "testB"], ("train", "test")),
        (["trainA", "trainB"], ("train",)),
        (["trainA", "trainB", "test"], ("train",)),
        (["testA", "testB"], ("test",)),
        (["testA"], ("test",)),  # half of it: opening it says so
        (["train/A", "train/B", "val/A"], ("train",)),
        (["train/A", "train/B", "test/A"], ("train", "test")),
        (["train", "val"], ("train",)),
        (["photos"], ("train", "test")),  # neither: opening it says so
    ],
)
def test_splits_of_a_folder(tmp_path, folders, splits):
    for name in folders:
        images(tmp_path / name, 1)
    assert present_splits(tmp_path) == splits


@pytest.mark.parametrize("location", ["synthetic", "tfds:x/y", "nowhere"])
def test_what_is_no_folder_has_both(location):
    assert present_splits(location) == ("train", "test")


def test_splits_of_a_list_of_attributes(tmp_path):
    attributes(tmp_path, [0, 0, 1])
    assert present_splits(tmp_path) == ("train",)
    assert "list_eval_partition.txt" in no_images(tmp_path, "test")
    data = open_data(tmp_path, 16, splits=("train",), attributes=("Red",))
    assert data.counts_in_words() == "train 2"
    assert data.sample_batch(2)["a"]["image"].shape == (2, 16, 16, 3)


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (["trainA", "trainB"], ["(trainA and trainB)", "no testA and testB."]),
        (
            ["trainA", "trainB", "valA", "valB"],
            ["rename `valA` to `testA` and `valB` to `testB`"],
        ),
        (
            ["train", "val"],
            ["side by side in the files of train", "rename `val` to `test`"],
        ),
        (
            ["train/A", "train/B", "validation/A"],
            ["train/A and train/B", "rename `validation` to `test`"],
        ),
    ],
)
def test_what_is_missing_is_said_with_what_is_there(tmp_path, folders, parts):
    for name in folders:
        images(tmp_path / name, 1)
    text = no_images(tmp_path, "test")
    for part in parts:
        assert part in text
    with pytest.raises(UserError) as error:  # no split is left out
        open_data(tmp_path, 16)
    assert ("rename `val" in str(error.value)) == ("rename `val" in text)


def test_the_link_that_is_proposed_works(tmp_path):
    for name in ("train", "val"):
        images(tmp_path / name, 2, size=(32, 16))
    link = no_images(tmp_path, "test").rpartition("ln -s ")[2].strip(".")
    target, name = link.split()
    assert name == str(tmp_path / "test")
    (tmp_path / "test").symlink_to(target)
    assert present_splits(tmp_path) == ("train", "test")
    data = open_data(tmp_path, 16)
    assert data.counts_in_words() == "train 2 pairs, test 2 pairs"


def test_what_was_found_is_counted(tmp_path):
    images(tmp_path / "trainA", 3)
    images(tmp_path / "trainB", 4)
    (tmp_path / "trainB" / "bad.png").touch()
    data = open_data(tmp_path, 16, splits=("train",), skip_bad_files=True)
    assert data.counts_in_words() == "trainA 3, trainB 4, skipped 1"
    assert data.splits == ("train",)
    grid = data.sample_batch(2)
    assert grid["b"]["image"].shape == (2, 16, 16, 3)
    assert open_data(
        "synthetic", 16, synthetic_count=(3, 2)
    ).counts_in_words() == ("trainA 3, trainB 3, testA 2, testB 2")
