"""Translating files with the masks of their objects: rules and errors."""

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import fake_run
from PIL import Image

from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.translation.inputs import list_masks
from trainers.translate import main


class Shift:
    """Inverts the image inside of the masks and gives the masks back."""

    spec = method_spec("instagan")
    directions = ("a_to_b", "b_to_a")
    multiple = 4

    def translate(self, inputs, direction):
        image, instances = inputs["image"], inputs["instances"]
        mask = tf.clip_by_value(tf.reduce_sum(instances, axis=1), 0.0, 1.0)
        return {
            "image": image * (1.0 - 2.0 * mask),
            "mask": mask,
            "instances": instances,
        }


@pytest.fixture
def photo(tmp_path):
    """(H, W, 3) pixels of `in/x.png`, 13 x 10."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (13, 10, 3), np.uint8)
    save(tmp_path / "in" / "x.png", pixels)
    return pixels


def save(path, values):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path)


def read(path):
    return np.asarray(Image.open(path))


def run(tmp_path, *masks, code=0):
    for number, mask in enumerate(masks):
        save(tmp_path / "masks" / f"x_{number}.png", mask)
    arguments = {
        "--run": "r",
        "--input": tmp_path / "in",
        "--instances": tmp_path / "masks",
        "--output": tmp_path / "out",
    }
    argv = [str(part) for pair in arguments.items() for part in pair]
    assert main(argv, load_run=fake_run(Shift())) == code
    return tmp_path / "out"


def test_soft_empty_and_overlapping_masks(tmp_path, photo):
    rows = np.arange(13)[:, None] + np.zeros((1, 10))
    soft = np.where(rows < 6, 128, 127)
    other = np.where(rows > 3, 255, 0)
    out = run(tmp_path, soft, np.zeros((13, 10)), other)
    for number, expected in enumerate((rows < 6, rows < 0, rows > 3)):
        written = read(out / "masks" / f"x_instance_{number}.png")
        np.testing.assert_array_equal(written, expected * 255)
    # Rows 4 and 5 are in two masks, and changed once.
    np.testing.assert_array_equal(read(out / "masks" / "x_mask.png"), 255)
    np.testing.assert_array_equal(read(out / "x.png"), 255 - photo)


def test_an_image_of_black_masks_stays(tmp_path, photo):
    out = run(tmp_path, np.zeros((13, 10)))
    np.testing.assert_array_equal(read(out / "x.png"), photo)
    assert not read(out / "masks" / "x_instance_0.png").any()


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (np.zeros((13, 11)), "is 13 high and 11 wide, but its image is 13"),
        (np.eye(13, 10), "has values from 0 to 1, expected 0 outside and 255"),
    ],
)
def test_masks_that_do_not_fit_are_named(tmp_path, photo, capsys, mask, text):
    run(tmp_path, np.zeros((13, 10)), mask, code=1)
    error = capsys.readouterr().err
    assert f"its mask {tmp_path / 'masks' / 'x_1.png'} {text}" in error


def test_a_name_without_masks_is_told(tmp_path, photo):
    images = [tmp_path / "in" / name for name in ("x.png", "x_1.png")]
    save(tmp_path / "masks" / "x_1_0.png", np.zeros((13, 10)))
    with pytest.raises(UserError) as error:
        list_masks("instances", images, tmp_path / "masks")
    assert "1 of 2 images have no masks" in str(error.value)
    assert "expected `x_0.png`" in str(error.value)
    with pytest.raises(UserError, match="`--instances` must be a folder"):
        list_masks("instances", images, tmp_path / "nowhere")


def test_all_files_of_a_name_in_the_order_of_their_numbers(tmp_path, photo):
    for number in (10, 2, 0):
        save(tmp_path / "masks" / f"x_{number}.png", np.zeros((13, 10)))
    image = tmp_path / "in" / "x.png"
    paths = list_masks("instances", [image], tmp_path / "masks")[image]
    assert [path.stem for path in paths] == ["x_0", "x_2", "x_10"]


def test_two_masks_of_one_number_are_an_error(tmp_path, photo):
    for name in ("x_0.png", "x_00.png"):
        save(tmp_path / "masks" / name, np.zeros((13, 10)))
    with pytest.raises(UserError, match="x.png` has two masks of one name"):
        list_masks("instances", [tmp_path / "in" / "x.png"], tmp_path / "masks")
