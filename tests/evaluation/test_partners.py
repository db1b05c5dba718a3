"""Evaluation on pairs: numbers known by hand."""

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import measured
from PIL import Image

from data_pipelines import open_data
from tfmask.evaluation.tables import table_of
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.reports.gallery import Gallery

LEVELS = (40, 80, 120)  # of a; b is 255 minus it, except in a square


class Negative:
    """Gives the negative of an image."""

    spec = method_spec("cyclegan")
    directions = ("a_to_b", "b_to_a")
    factor = -1.0

    def translate(self, inputs, direction):
        image = inputs["image"]
        mask = tf.zeros_like(image[..., :1])
        return {"image": self.factor * image, "mask": mask}


@pytest.fixture
def data(tmp_path):
    for number, level in enumerate(LEVELS):
        first = np.full((16, 16, 3), level, np.uint8)
        second = 255 - first
        if number == 0:  # 16 of 256 pixels are off by 102 of 255: 0.8
            second[:4, :4] -= 102
        for name, pixels in (("A", first), ("B", second)):
            folder = tmp_path / "test" / name
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return open_data(tmp_path, 16, splits=("test",))


def test_numbers_of_a_known_method(data, tmp_path):
    seen = []
    gallery = Gallery(tmp_path / "page", "pairs")
    result = measured(
        Negative(), data, batch_size=2, gallery=gallery, advance=seen.append
    )
    assert result["n"] == {"a_to_b": 3, "b_to_a": 3}
    assert seen == [2, 1, 2, 1]
    for direction in ("a_to_b", "b_to_a"):
        rows = result["directions"][direction]
        assert list(rows) == ["model", "identity", "true_partner"]
        assert rows["true_partner"] is None
        assert rows["model"]["class_iou"] is None
        assert any(
            note.startswith(f"{direction}: no scores of classes")
            and "classes.csv" in note
            for note in result["notes"]
        )
        row = rows["model"]
        error = 0.8 * 16 / 256 / 3  # mean over three images
        assert row["target_l1"] == pytest.approx(error, abs=1e-6)
        # Range 2: 10 log10(4 / mse).
        assert row["target_psnr"] == pytest.approx(
            10 * np.log10(4 / (0.8 * error)), abs=1e-3
        )
        assert row["target_ssim"] < 1.0
        distance = np.mean([abs(255 - 2 * level) / 127.5 for level in LEVELS])
        # The square of the first pair is nearer to the input.
        distance -= (175 - 73) / 127.5 * 16 / 256 / 3
        assert rows["identity"]["target_l1"] == pytest.approx(
            distance, abs=1e-6
        )
    page = gallery.write().read_text()
    assert "true partner" in page and "b to a: 3 of 3 images" in page


def test_steps_of_a_translation_are_measured(data):
    class InSteps(Negative):
        """Changes grow with the image's level and shrink with the step."""

        def translate(self, inputs, direction):
            image = inputs["image"]
            level = tf.reduce_max(image, axis=(1, 2, 3))
            change = tf.stack([1 + level, (1 + level) / 4], axis=1)
            return super().translate(inputs, direction) | {
                "step_change": change
            }

    result = measured(InSteps(), data, batch_size=2)
    rows = result["directions"]["a_to_b"]
    expected = np.mean(LEVELS) / 127.5
    assert rows["model"]["step_change_1"] == pytest.approx(expected, abs=1e-6)
    assert rows["model"]["step_change_2"] == pytest.approx(
        expected / 4, abs=1e-6
    )
    assert "step_change_1" not in rows["identity"]
    names, lines = table_of(rows)
    assert names == ["", "this run", "identity map"]
    assert lines[-1] == ["step change 2", f"{expected / 4:.4f}", "-"]


def test_only_the_methods_own_directions(data):
    method = Negative()
    method.directions = ("b_to_a",)
    result = measured(method, data, limit=2)
    assert result["n"] == {"b_to_a": 2} and list(result["directions"]) == [
        "b_to_a"
    ]
    # The first pair, and one without an error.
    row = result["directions"]["b_to_a"]["model"]
    assert row["target_l1"] == pytest.approx(0.8 * 16 / 256 / 2, abs=1e-6)


def test_broken_weights_are_told(data):
    method = Negative()
    method.factor = float("nan")
    with pytest.raises(UserError, match="NaN"):
        measured(method, data)


SKY, SEA, VOID = (0, 0, 200), (0, 200, 0), (0, 0, 0)


class Painter:
    """Paints everything as the sky; from labels it gives grey."""

    spec = method_spec("cyclegan")
    directions = ("a_to_b", "b_to_a")

    def translate(self, inputs, direction):
        image = inputs["image"]
        colour = np.array(SKY if direction == "a_to_b" else (128, 128, 128))
        painted = tf.zeros_like(image) + np.float32(colour / 127.5 - 1.0)
        return {"image": painted, "mask": tf.zeros_like(image[..., :1])}


class Eye:
    """Sees the sky in dark photographs, the sea in others."""

    def colour(self, images):
        bright = images.mean(axis=-1, keepdims=True) > 0.0
        return np.where(bright, SEA, SKY) / np.float32(127.5) - 1.0

    def __str__(self):
        return "an eye"


@pytest.fixture
def labelled(tmp_path):
    """Two pairs: 3/4 sky and 1/4 sea, and void above, of as many pixels."""
    for number, level in enumerate((10, 20)):
        photo = np.full((16, 16, 3), level, np.uint8)
        labels = np.full((16, 16, 3), VOID, np.uint8)
        labels[8:] = SKY
        labels[8:, :4], photo[8:, :4] = SEA, 220
        for name, pixels in (("A", photo), ("B", labels)):
            folder = tmp_path / "test" / name
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    (tmp_path / "classes.csv").write_text(
        "index,name,r,g,b\n0,sky,0,0,200\n1,sea,0,200,0\n"
        "2,never,250,250,250\n3,void,0,0,0\n"
    )
    return open_data(tmp_path, 16, splits=("test",), label_domains=("b",))


NAMES = ("pixel_accuracy", "class_accuracy", "class_iou")


@pytest.mark.parametrize(("absent", "classes"), [("zero", 3), ("skip", 2)])
def test_scores_of_classes(labelled, absent, classes):
    result = measured(
        Painter(), labelled, segmenter=Eye(), absent=absent, batch_size=1
    )
    all_sky = [3 / 4, 1 / classes, 3 / 4 / classes]
    # Grey is bright, so the segmenter says sea.
    all_sea = [1 / 4, 1 / classes, 1 / 4 / classes]
    right = [1, 2 / classes, 2 / classes]
    # The sea's photograph is nearest to "never", which is predicted then.
    photo = [3 / 4, 1 / classes, 1 / 3]
    expected = {
        "a_to_b": {"model": all_sky, "identity": photo, "true_partner": right},
        # For the segmenter both colours of labels are dark.
        "b_to_a": {
            "model": all_sea,
            "identity": all_sky,
            "true_partner": right,
        },
    }
    for direction, rows in expected.items():
        for row, values in rows.items():
            numbers = result["directions"][direction][row]
            assert [numbers[name] for name in NAMES] == pytest.approx(values), (
                direction,
                row,
            )
    assert result["directions"]["a_to_b"]["true_partner"]["target_l1"] is None
    notes = " ".join(result["notes"])
    assert "an eye" in notes and notes.count("the true void") == 1


def test_photographs_need_a_segmenter(labelled):
    result = measured(Painter(), labelled)
    rows = result["directions"]["b_to_a"]
    assert [rows["model"][name] for name in NAMES] == [None] * 3
    assert rows["true_partner"] is None
    assert result["directions"]["a_to_b"]["model"]["pixel_accuracy"] == 0.75
    assert "tfmask train segmenter" in " ".join(result["notes"])
