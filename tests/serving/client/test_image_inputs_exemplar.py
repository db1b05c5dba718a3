"""Exemplars in requests: sizes, kinds, requests of equal exemplars."""

import re

import numpy as np

from serving.client.errors import InvalidArgument
from serving.client.image_inputs import batches, read_items

KINDS = {"exemplar": "image", "exemplar_mask": "mask"}
IMAGE = np.zeros((12, 10, 3), np.uint8)


def refused(image, text, **others):
    (item,), _ = read_items(image, others, KINDS)
    assert isinstance(item, InvalidArgument)
    assert re.search(text, item.details), item.details


def test_an_array_of_another_size_is_refused():
    refused(IMAGE, r"`exemplar`.*\(12, 10\)", exemplar=IMAGE[1:])


def test_a_mask_of_the_exemplar_has_the_size_too():
    wrong = np.zeros((12, 9), np.uint8)
    refused(IMAGE, "`exemplar_mask`", exemplar=IMAGE, exemplar_mask=wrong)


def test_files_and_arrays_do_not_mix(tmp_path):
    from PIL import Image

    path = tmp_path / "x.png"
    Image.fromarray(IMAGE).save(path)
    refused(path, "`exemplar`.*a file", exemplar=IMAGE)
    refused(IMAGE, r"x\.png \(`exemplar` of `image`\)", exemplar=path)
    missing = tmp_path / "no.png"
    refused(path, "no.png .`exemplar` of .*x.png.: No such", exemplar=missing)


def test_files_of_any_size_and_their_requests(tmp_path):
    from PIL import Image

    paths = []
    for number, size in enumerate([(10, 12), (10, 12), (20, 9)]):
        paths.append(tmp_path / f"{number}.png")
        Image.new("RGB", size).save(paths[-1])
    items, single = read_items([paths[0]] * 3, {"exemplar": paths}, KINDS)
    assert not single
    assert batches(items, 10**6, 9) == [[0, 1], [2]]
