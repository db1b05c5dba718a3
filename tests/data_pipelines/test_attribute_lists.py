"""Attribute files: values, selection, and every mistake in them."""

import numpy as np
import pytest

from data_pipelines.attribute_lists import (
    celeba_split,
    read_celeba_list,
    read_csv,
)
from tfmask.ops.errors import UserError

CELEBA = """3
Eyeglasses Smiling Male
000001.jpg -1  1  1
000002.jpg  1 -1  1
000003.jpg -1 -1  1
"""
UNITS = "file,AU1,AU12\nx.png,0,3.5\ny.png,1,0\nz.png,-1,0\n"


@pytest.fixture
def celeba(tmp_path):
    path = tmp_path / "list_attr_celeba.txt"
    path.write_text(CELEBA)
    return path


def test_celeba_becomes_zeros_and_ones(celeba):
    attributes = read_celeba_list(celeba)
    assert attributes.names == ("Eyeglasses", "Smiling", "Male")
    assert attributes.files == ("000001.jpg", "000002.jpg", "000003.jpg")
    np.testing.assert_array_equal(
        attributes.values, [[0, 1, 1], [1, 0, 1], [0, 0, 1]]
    )


def test_selection_keeps_the_order_asked_for(celeba):
    attributes = read_celeba_list(celeba).select(("Smiling", "Eyeglasses"))
    assert attributes.names == ("Smiling", "Eyeglasses")
    np.testing.assert_array_equal(attributes.values, [[1, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("Smilling",), "Unknown attribute `Smilling`.*mean: Smiling"),
        (("Smiling", "Smiling"), "selected once"),
        ((), "No attribute is selected.*Eyeglasses, Smiling, Male"),
        (("Male",), "`Male` is 1 in all 3"),
    ],
)
def test_selections_that_make_no_sense(celeba, wanted, message):
    with pytest.raises(UserError, match=message):
        read_celeba_list(celeba).select(wanted)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3\n", "4\n", "lists 4 images, but 3 rows"),
        ("3\n", "", "number of images in the first line"),
        (" 1 -1  1", " 1 -1", r"Expected 3 values.*000002.*row 4.*Got: 2"),
        (" 1 -1  1", " 1 0  1", "Expected -1 or 1.*000002.*Got: `0`"),
        ("000002", "000001", "000001.jpg.*row 4.*listed before"),
        ("Smiling", "Male", "names an attribute twice"),
    ],
)
def test_damaged_celeba_lists(celeba, old, new, message):
    celeba.write_text(CELEBA.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        read_celeba_list(celeba)


def test_partition_file_makes_the_splits(celeba, tmp_path):
    partition = tmp_path / "list_eval_partition.txt"
    partition.write_text("000001.jpg 0\n000002.jpg 2\n000003.jpg 0\n")
    attributes = read_celeba_list(celeba)
    train = celeba_split(attributes, partition, "train")
    assert train.files == ("000001.jpg", "000003.jpg")
    np.testing.assert_array_equal(train.values, [[0, 1, 1], [0, 0, 1]])
    assert celeba_split(attributes, partition, "test").files == ("000002.jpg",)
    partition.write_text("000001.jpg 0\n000002.jpg 0\n000003.jpg 0\n")
    with pytest.raises(UserError, match="no image for test"):
        celeba_split(attributes, partition, "test")
    partition.write_text("000001.jpg 0\n")
    with pytest.raises(UserError, match="2 images.*no row.*`000002.jpg`"):
        celeba_split(attributes, partition, "train")


@pytest.mark.parametrize(
    "text",
    [
        "000001.jpg\t0\n000002.jpg\t2\n000003.jpg\t0\n",
        "000001.jpg,0\n000002.jpg, 2\n000003.jpg ,0\n",
        "\ufeff000001.jpg 0\r\n\r\n000002.jpg 2\r\n000003.jpg  0 \r\n",
    ],
)
def test_partition_files_of_other_tools(celeba, tmp_path, text):
    partition = tmp_path / "list_eval_partition.txt"
    partition.write_bytes(text.encode())
    train = celeba_split(read_celeba_list(celeba), partition, "train")
    assert train.files == ("000001.jpg", "000003.jpg")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("000003.jpg 3", "line 3 of .*Got: `000003.jpg 3`"),
        ("000003.jpg", "line 3 of .*Got: `000003.jpg`"),
        ("000003.jpg;0", "line 3 of "),
        ("000001.jpg 2", "`000001.jpg` in line 3 of .* is listed before"),
    ],
)
def test_damaged_partition_files(celeba, tmp_path, row, message):
    partition = tmp_path / "list_eval_partition.txt"
    partition.write_text(f"000001.jpg 0\n000002.jpg 2\n{row}\n")
    with pytest.raises(UserError, match=message):
        celeba_split(read_celeba_list(celeba), partition, "train")


def test_names_with_blanks_are_partitioned(tmp_path):
    (tmp_path / "attributes.csv").write_text("file,Hat\na b.png,1\n c.png,0\n")
    (tmp_path / "parts").write_text("a b.png 0\nc.png 2\n")
    attributes = read_csv(tmp_path / "attributes.csv")
    assert celeba_split(attributes, tmp_path / "parts", "train").files == (
        "a b.png",
    )


def test_images_missing_from_the_folder_are_named(celeba, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("000001.jpg", "000003.jpg"):
        (folder / name).touch()
    with pytest.raises(UserError, match="1 of 3 images.*`000002.jpg`"):
        read_celeba_list(celeba).check_files(folder)
    (folder / "000002.jpg").touch()
    read_celeba_list(celeba).check_files(folder)


def test_action_units_above_zero_are_on(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(UNITS)
    attributes = read_csv(path)
    assert attributes.names == ("AU1", "AU12")
    assert attributes.files == ("x.png", "y.png", "z.png")
    np.testing.assert_array_equal(attributes.values, [[0, 1], [1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("file,", "name,", "Expected the columns `file`"),
        ("3.5", "high", "Expected a number.*`x.png`.*row 2.*`high`"),
        ("3.5", "nan", "Expected a number.*`x.png`"),
        ("3.5", "", "Expected a number"),
        ("x.png,0,3.5", "\nx.png,0,high", "row 3"),  # as editors count
        ("1,0", "1,0,0", "Expected 2 values for `y.png`.*row 3.*Got: 3"),
        ("file,AU1,AU12", "file;AU1;AU12", "separated by commas"),
        ("y.png", '"y.png', "Line 3 of .* is no row of a table"),
    ],
)
def test_damaged_tables(tmp_path, old, new, message):
    path = tmp_path / "units.csv"
    path.write_text(UNITS.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        read_csv(path)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match="none.csv.*No such file"):
        read_csv(tmp_path / "none.csv")
