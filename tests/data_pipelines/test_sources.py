"""What the files of single objects become: empty, soft, overlapping ones."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines.examples import Encoded, Example
from data_pipelines.sources import EncodedSource

SIDE = 8


@pytest.fixture
def source(tmp_path):
    """Function of the masks of each image that makes a source of files."""

    def make(*images):
        return EncodedSource(
            [
                Example(
                    name=str(number),
                    image=file(f"{number}", np.zeros((SIDE, SIDE, 3))),
                    instances=tuple(
                        file(f"{number}_{slot}", mask)
                        for slot, mask in enumerate(masks)
                    ),
                )
                for number, masks in enumerate(images)
            ]
        )

    def file(name, values):
        path = tmp_path / f"{name}.png"
        Image.fromarray(values.astype(np.uint8)).save(path)
        return Encoded.of_file(path)

    return make


def level(value):
    return np.full((SIDE, SIDE), value)


def load(source, index=0):
    count = source.most_instances
    return source.load(index, (SIDE, SIDE), region=True, instances=count)


def test_a_mask_is_cut_at_one_half(source):
    masks = load(source([level(127), level(128)]))["instances"].numpy()
    assert masks[0].max() == 0.0 and masks[1].min() == 1.0


def test_a_coloured_mask_counts_by_its_brightest_channel(source):
    red = np.zeros((SIDE, SIDE, 3))
    red[:, :3, 0] = 255
    masks = load(source([red]))["instances"].numpy()
    np.testing.assert_array_equal(masks[0, ..., 0], red[..., 0] / 255)


def test_a_black_mask_is_an_empty_slot_in_its_place(source):
    masks = load(source([level(255), level(0), level(255)]))["instances"]
    assert masks.numpy().mean((1, 2, 3)).tolist() == [1.0, 0.0, 1.0]


def test_images_with_fewer_objects_are_padded(source):
    padded = source([level(255)] * 3, [level(0)], [level(255)])
    counts = [
        load(padded, index)["instances"].numpy().any((1, 2, 3)).tolist()
        for index in range(3)
    ]
    assert counts == [[True] * 3, [False] * 3, [True, False, False]]


def test_overlapping_objects_keep_all_their_pixels(source):
    one, two = level(0), level(0)
    one[:5], two[3:] = 255, 255
    example = load(source([one, two]))
    masks = example["instances"].numpy()[..., 0]
    np.testing.assert_array_equal(masks, np.stack([one, two]) / 255)
    assert example["region"].numpy().min() == 1.0  # the union, not a sum
    assert example["region"].numpy().max() == 1.0


def test_names_that_are_not_utf_8_are_read(tmp_path):
    path = tmp_path / "b\udce4r.png"
    Image.new("RGB", (SIDE, SIDE), "red").save(path)
    source = EncodedSource([Example("b\udce4r", Encoded.of_file(path))])
    image = source.load(0, (SIDE, SIDE))["image"].numpy()
    assert image.reshape(-1, 3).tolist() == [[255, 0, 0]] * SIDE**2
