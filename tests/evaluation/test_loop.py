"""The loop asks every measure whose needs are met; a new one is one class."""

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import ArrayData, BrightMethod, measured, squares

from data_pipelines import open_data
from tfmask.evaluation import loop
from tfmask.evaluation.measures.measure import Measure
from tfmask.methods import method_spec
from tfmask.reports.gallery import Gallery


class Brightness(Measure):
    """The mean of the first channel, and all that a measure may add."""

    names = ("brightness", "never")
    about = "About brightness."

    def add(self, scores, translation, example):
        scores.add(brightness=translation["image"][..., 0].mean((1, 2)))

    def notes(self):
        return [f"Bright: {self.title}.", "Said once."]

    @classmethod
    def closing(cls, context, directions):
        return [f"{len(directions)} tables of {context.split}."]

    def columns(self, example):
        return {"brightest": example.image.max(-1, keepdims=True)}

    def captions(self, example):
        return [f" (number {number})" for number in example.index]


class OfPartners(Brightness):
    needs = frozenset({"partner"})


@pytest.fixture
def data():
    images, regions = squares()
    return ArrayData({"a": images, "b": -images[:2]})


def test_a_new_measure(data, monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "MEASURES", (Brightness, OfPartners))
    gallery = Gallery(tmp_path, "Evaluation")
    result = measured(BrightMethod(), data, gallery, batch_size=2, limit=3)
    assert result["n"] == {"a_to_b": 3, "b_to_a": 2}
    bright = -0.5 + 36 / 256  # a square of 0.5 on -0.5
    expected = {
        "a_to_b": {"model": -0.5, "identity": bright},
        # Of b all but the square is bright, and becomes dark.
        "b_to_a": {"model": -0.5, "identity": -bright},
    }
    for direction, rows in expected.items():
        result_rows = result["directions"][direction]
        assert list(result_rows) == ["model", "identity", "mean_mask"]
        assert result_rows["mean_mask"] is None
        for row, value in rows.items():
            assert result_rows[row] == {
                "brightness": pytest.approx(value),
                "never": None,
            }
    assert result["notes"] == [
        "About brightness.",
        "Bright: a_to_b.",
        "Said once.",
        "Bright: b_to_a.",
        "2 tables of test.",
    ]
    page = gallery.write().read_text()
    assert "a2 (number 2)" in page and "brightest" in page


def test_only_some_rows(data, monkeypatch):
    monkeypatch.setattr(Brightness, "only", ("model",))
    monkeypatch.setattr(loop, "MEASURES", (Brightness,))
    rows = measured(BrightMethod(), data)["directions"]["a_to_b"]
    assert rows["identity"] is rows["mean_mask"] is None
    assert rows["model"]["brightness"] == pytest.approx(-0.5)


class Exchange:
    """Gives the exemplar back, and says that all of it is new."""

    spec = method_spec("lomit")
    directions = ("a_to_b", "b_to_a")

    def translate(self, inputs, direction):
        mask = tf.ones_like(inputs["image"][..., :1])
        return {"image": inputs["exemplar"], "mask": mask}


class WithExemplars(ArrayData):
    """The exemplar of image n is image n of the other domain, or its last."""

    def test_pairs(self, role, **chosen):
        (other,) = {"a", "b"} - {role}
        last = len(self.images[other]) - 1

        def pair(batch):
            places = tf.minimum(batch["index"], last)
            there = {"image": tf.gather(self.images[other], places)}
            return {role: batch, other: there}

        return self.test_batches(role, **chosen).map(pair)


def test_exemplars_of_the_other_domain(tmp_path):
    images, regions = squares()
    data = WithExemplars(
        {"a": images, "b": np.ones_like(images[:2])},
        {"a": regions, "b": regions[:2]},
    )
    gallery = Gallery(tmp_path, "Evaluation")
    result = measured(Exchange(), data, gallery, batch_size=2)
    assert result["n"] == {"a_to_b": 5, "b_to_a": 2}
    for direction in ("a_to_b", "b_to_a"):
        row = result["directions"][direction]["model"]
        # 1 against -0.5, and against 0.5 in the square.
        np.testing.assert_allclose(row["background_l1"], 1.5)
        np.testing.assert_allclose(row["foreground_l1"], 0.5)
        assert row["mask_iou"] == pytest.approx(36 / 256)
    page = gallery.write().read_text()
    assert page.count("alt='exemplar of") == 5 + 2


def test_exemplars_are_drawn_from_the_other_domain():
    data = open_data("synthetic", 16, synthetic_count=(2, 3))
    rows = measured(Exchange(), data)["directions"]
    for direction, role, other in (("a_to_b", "a", "b"), ("b_to_a", "b", "a")):
        (pair,) = data.test_pairs(role, batch_size=9).as_numpy_iterator()
        (images,) = data.test_batches(role, batch_size=9).as_numpy_iterator()
        np.testing.assert_array_equal(pair[role]["image"], images["image"])
        change = np.abs(pair[other]["image"] - images["image"]).mean()
        np.testing.assert_allclose(
            rows[direction]["model"]["change_l1"], change, rtol=1e-6
        )
