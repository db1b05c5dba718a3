"""Which files belong to which example."""

import os

import numpy as np
import pytest
from PIL import Image

from data_pipelines import folders
from tfmask.ops.errors import UserError


def touch(path, *names):
    path.mkdir(parents=True, exist_ok=True)
    for name in names:
        (path / name).write_bytes(b"x")


def test_numbers_in_names_count_as_numbers(tmp_path):
    touch(tmp_path / "trainA", "i10.png", "i2.JPG", "i1.jpeg", "B.Bmp", "a.png")
    names = [e.name for e in folders.list_examples(tmp_path, "train", "a")]
    assert names == ["a", "B", "i1", "i2", "i10"]


def test_only_images_are_taken(tmp_path):
    touch(tmp_path / "trainA", "1.png", "notes.txt", "._1.png", ".DS_Store")
    (tmp_path / "trainA" / "folder").mkdir()
    names = [e.name for e in folders.list_examples(tmp_path, "train", "a")]
    assert names == ["1"]


def test_a_folder_with_the_name_of_an_image_is_a_problem(tmp_path):
    touch(tmp_path / "trainA", "1.png")
    (tmp_path / "trainA" / "2.png").mkdir()
    first, second = folders.list_examples(tmp_path, "train", "a")
    assert first.problem is None and second.problem == "is a folder"


def test_masks_are_found_by_name(tmp_path):
    touch(tmp_path / "trainA", "x.jpg", "x_1.jpg")
    touch(tmp_path / "trainA_mask", "x.png", "x_1.png")
    touch(
        tmp_path / "trainA_seg", "x_10.png", "x_2.png", "x_1_0.png", "x_no.png"
    )
    first, second = folders.list_examples(tmp_path, "train", "a")
    assert first.region.path.endswith("trainA_mask/x.png")
    parts = [file.path.rpartition("/")[2] for file in first.instances]
    assert parts == ["x_2.png", "x_10.png"]
    parts = [file.path.rpartition("/")[2] for file in second.instances]
    assert parts == ["x_1_0.png"]
    assert first.problem is None and second.problem is None


def test_no_mask_folder_means_no_masks(tmp_path):
    touch(tmp_path / "testB", "x.jpg")
    (example,) = folders.list_examples(tmp_path, "test", "b")
    assert example.region is None and example.instances == ()
    assert example.problem is None


@pytest.mark.parametrize(
    ("end", "expected"), [("_mask", "x.png"), ("_seg", "x_0.png")]
)
def test_missing_mask_names_the_file(tmp_path, end, expected):
    touch(tmp_path / "trainA", "w.jpg", "x.jpg")
    touch(tmp_path / f"trainA{end}", "w.png", "w_0.png")
    first, second = folders.list_examples(tmp_path, "train", "a")
    assert first.problem is None
    assert str(tmp_path / f"trainA{end}" / expected) in second.problem
    assert "all black" in second.problem


def test_two_files_of_one_name_are_a_problem(tmp_path):
    touch(tmp_path / "trainA", "x.jpg", "x.png")
    first, second = folders.list_examples(tmp_path, "train", "a")
    assert first.problem is None
    assert "same name as x.jpg" in second.problem


def test_image_formats_that_are_not_read_are_no_silent_drop(tmp_path):
    touch(tmp_path / "trainA", "x.jpg", "y.webp")
    _, second = folders.list_examples(tmp_path, "train", "a")
    assert ".webp files are not read" in second.problem


@pytest.mark.parametrize(
    ("end", "first", "second"),
    [
        ("_mask", "x.png", "x.jpg"),
        ("_seg", "x_0.png", "x_0.bmp"),
        ("_seg", "x_1.png", "x_01.png"),
    ],
)
def test_two_masks_of_one_name_are_a_problem(tmp_path, end, first, second):
    touch(tmp_path / "trainA", "x.png")
    touch(tmp_path / f"trainA{end}", first, second)
    (example,) = folders.list_examples(tmp_path, "train", "a")
    assert "two masks of one name or number" in example.problem
    assert first in example.problem and second in example.problem


def test_links_to_nowhere_and_pipes_are_no_silent_drop(tmp_path):
    touch(tmp_path / "trainA", "a.png", "b.png", "c.png")
    touch(tmp_path / "trainA_mask", "c.webp")
    (tmp_path / "trainA" / "d.png").symlink_to("gone.png")
    os.mkfifo(tmp_path / "trainA" / "e.png")
    (tmp_path / "trainA_mask" / "a.png").symlink_to("a.jpg")
    os.mkfifo(tmp_path / "trainA_mask" / "b.png")
    problems = {
        example.name: example.problem
        for example in folders.list_examples(tmp_path, "train", "a")
    }
    assert "a.png, which is a link to a.jpg, which is not" in problems["a"]
    assert "b.png, which is no regular file" in problems["b"]
    assert ".webp files are not read" in problems["c"]
    assert problems["d"] == "is a link to gone.png, which is not there"
    assert problems["e"] == "is no regular file"


def test_missing_root(tmp_path):
    with pytest.raises(UserError, match="nowhere.*nothing there"):
        folders.list_examples(tmp_path / "nowhere", "train", "a")


def test_root_that_is_a_file(tmp_path):
    file = tmp_path / "photos.zip"
    file.write_bytes(b"x")
    with pytest.raises(UserError, match="Got: a file"):
        folders.list_examples(file, "train", "a")


def test_missing_split_lists_what_is_there(tmp_path):
    touch(tmp_path / "trainA", "x.jpg")
    touch(tmp_path / "train_b", "x.jpg")
    with pytest.raises(UserError) as error:
        folders.list_examples(tmp_path, "train", "b")
    assert str(tmp_path / "trainB") in str(error.value)
    assert "Found there: trainA, train_b" in str(error.value)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        ((), "an empty folder"),
        (("a.txt", "b.txt"), "2 other entries"),
    ],
)
def test_folder_without_images(tmp_path, content, got):
    touch(tmp_path / "trainA", *content)
    with pytest.raises(UserError, match=got):
        folders.list_examples(tmp_path, "train", "a")


def test_folder_of_folders(tmp_path):
    image = Image.fromarray(np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "trainA" / "more").mkdir(parents=True)
    image.save(tmp_path / "trainA" / "more" / "x.png")
    with pytest.raises(UserError, match="directly into this folder"):
        folders.list_examples(tmp_path, "train", "a")
