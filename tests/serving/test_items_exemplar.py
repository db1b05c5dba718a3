"""Exemplars in requests: sizes, kinds, requests of equal exemplars."""

import numpy as np
import pytest

from serving.errors import InvalidArgument
from serving.items import batches, read_items

KINDS = {"exemplar": "image", "exemplar_mask": "mask"}
IMAGE = np.zeros((12, 10, 3), np.uint8)


def test_an_array_of_another_size_is_refused():
    with pytest.raises(InvalidArgument, match=r"`exemplar`.*\(12, 10\)"):
        read_items(IMAGE, {"exemplar": IMAGE[1:]}, KINDS)


def test_a_mask_of_the_exemplar_has_the_size_too():
    wrong = np.zeros((12, 9), np.uint8)
    with pytest.raises(InvalidArgument, match="`exemplar_mask`"):
        read_items(IMAGE, {"exemplar": IMAGE, "exemplar_mask": wrong}, KINDS)


def test_files_and_arrays_do_not_mix(tmp_path):
    from PIL import Image

    path = tmp_path / "x.png"
    Image.fromarray(IMAGE).save(path)
    with pytest.raises(InvalidArgument, match="`exemplar`.*a file"):
        read_items(path, {"exemplar": IMAGE}, KINDS)
    with pytest.raises(InvalidArgument, match="`exemplar`"):
        read_items(IMAGE, {"exemplar": path}, KINDS)


def test_files_of_any_size_and_their_requests(tmp_path):
    from PIL import Image

    paths = []
    for number, size in enumerate([(10, 12), (10, 12), (20, 9)]):
        paths.append(tmp_path / f"{number}.png")
        Image.new("RGB", size).save(paths[-1])
    items, single = read_items([paths[0]] * 3, {"exemplar": paths}, KINDS)
    assert not single
    assert batches(items, 10**6, 9) == [[0, 1], [2]]
