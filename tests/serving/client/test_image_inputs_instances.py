"""Instances as an input of the client: arrays, files, what does not fit."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from serving.client.errors import InvalidArgument
from serving.client.image_inputs import batches, read_items, stack
from serving.client.query_inputs import QueryError, find_masks

IMAGE = np.zeros((6, 5, 3), np.uint8)
MASKS = np.zeros((2, 6, 5, 1), np.uint8)


def png(array):
    data = io.BytesIO()
    Image.fromarray(array).save(data, "png")
    return data.getvalue()


def items(image, instances):
    kinds = {"instances": "masks"}
    return read_items(image, {"instances": instances}, kinds)[0]


@pytest.mark.parametrize("masks", [MASKS, MASKS[..., 0]])
def test_arrays_become_one_request(masks):
    images = items([IMAGE, IMAGE], [masks, masks])
    assert batches(images, 10**6, 32) == [[0, 1]]
    assert stack(images)["instances"].shape == (2, 2, 6, 5, 1)


def test_a_batch_of_arrays_is_split_by_image():
    images = items(np.stack([IMAGE] * 3), np.stack([MASKS] * 3))
    assert [item.inputs["instances"].shape for item in images] == [
        MASKS.shape
    ] * 3


def test_files_go_with_a_file(tmp_path):
    for number in (0, 1):
        (tmp_path / f"m_{number}.png").write_bytes(png(MASKS[0, ..., 0]))
    files = [tmp_path / "m_0.png", str(tmp_path / "m_1.png")]
    images = items([png(IMAGE), png(IMAGE)], [files, files])
    stacked = stack(images)["instances"]
    assert stacked.shape == (2, 2) and stacked.dtype == object
    assert stacked[1, 1] == png(MASKS[0, ..., 0])


def test_images_with_other_counts_go_apart():
    images = items([IMAGE, IMAGE], [MASKS, MASKS[:1]])
    assert batches(images, 10**6, 32) == [[0], [1]]


@pytest.mark.parametrize(
    ("image", "masks", "text"),
    [
        (IMAGE, MASKS[:, :5], r"expected \(6, 5\) as the image"),
        (IMAGE, MASKS.astype(float), "expected uint8 of shape"),
        (IMAGE, MASKS[0, ..., 0], "expected uint8 of shape"),
        (IMAGE, [png(MASKS[0, ..., 0])], "all files if the image is"),
        (png(IMAGE), MASKS, "all files if the image is"),
        (png(IMAGE), [b"text"], "number 0: expected a PNG, JPEG, BMP"),
    ],
)
def test_what_does_not_fit_is_named(image, masks, text):
    (item,) = items([image], [masks])
    assert isinstance(item, InvalidArgument)
    assert re.search(text, item.details), item.details


def test_masks_of_a_file_in_the_order_of_their_numbers(tmp_path):
    for name in ("cat_10.png", "cat_2.png", "cat_x.png", "cats_1.png"):
        (tmp_path / name).touch()
    paths = find_masks("instances", tmp_path / "cat.jpg", tmp_path)
    assert [path.name for path in paths] == ["cat_2.png", "cat_10.png"]
    with pytest.raises(QueryError, match="expected dog_0.png"):
        find_masks("instances", tmp_path / "dog.jpg", tmp_path)
    (tmp_path / "cat_02.jpg").touch()
    with pytest.raises(QueryError, match="are both mask 2 of"):
        find_masks("instances", tmp_path / "cat.jpg", tmp_path)
