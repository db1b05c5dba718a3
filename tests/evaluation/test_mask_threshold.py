"""A run's own threshold: from training images, without any truth."""

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import ArrayData, BrightMethod, measured, squares

from tfmask.evaluation.mask_threshold import mask_thresholds


class FaintMethod(BrightMethod):
    """Finds squares with 0.3 inside and 0.1 outside: 0.5 finds nothing."""

    def translate(self, inputs, direction):
        translation = super().translate(inputs, direction)
        return {**translation, "mask": 0.1 + 0.2 * translation["mask"]}


class ConstantMethod(BrightMethod):
    def translate(self, inputs, direction):
        translation = super().translate(inputs, direction)
        return {**translation, "mask": tf.ones_like(translation["mask"])}


def data_of_squares():
    images, regions = squares()
    data = ArrayData({"a": images, "b": images}, {"a": regions, "b": regions})
    data.splits = ("train", "test")
    return data


def test_faint_masks_are_cut_between_their_levels():
    thresholds = mask_thresholds(FaintMethod(), data_of_squares())
    assert thresholds.keys() == {"a_to_b", "b_to_a"}
    for value in thresholds.values():
        # Levels 26 and 76 of 255.
        assert value == pytest.approx(51 / 255, abs=5e-3)


def test_constant_masks_are_cut_at_a_half():
    thresholds = mask_thresholds(ConstantMethod(), data_of_squares())
    assert thresholds == {"a_to_b": 0.5, "b_to_a": 0.5}


def test_it_needs_training_images_and_no_attributes():
    data = data_of_squares()
    data.splits = ("test",)
    assert mask_thresholds(FaintMethod(), data) == {}
    data = data_of_squares()
    data.layout = "attributes"
    assert mask_thresholds(FaintMethod(), data) == {}


def test_it_does_not_read_all_training_masks(monkeypatch):
    def region_mean(self, domain):
        raise AssertionError("The mean of the masks is not needed.")

    monkeypatch.setattr(ArrayData, "region_mean", region_mean)
    assert mask_thresholds(FaintMethod(), data_of_squares())


def test_evaluation_says_how_near_the_best_it_comes():
    method, data = FaintMethod(), data_of_squares()
    result = measured(method, data, thresholds={"a_to_b": 0.2, "b_to_a": 0.05})
    near = result["directions"]["a_to_b"]["model"]
    assert near["mask_iou"] == 0.0
    assert near["mask_iou_own"] == near["mask_iou_best"] == 1.0
    assert near["mask_iou_own_threshold"] == 0.2
    far = result["directions"]["b_to_a"]["model"]
    np.testing.assert_allclose(far["mask_iou_own"], 36 / 256)
    notes = [note for note in result["notes"] if "own threshold" in note]
    assert len(notes) == 2
    assert notes[0].startswith("a_to_b:") and "0.000 below" in notes[0]
    assert notes[1].startswith("b_to_a:") and "0.859 below" in notes[1]


def test_without_a_threshold_nothing_is_said():
    result = measured(FaintMethod(), data_of_squares())
    assert not any("own threshold" in note for note in result["notes"])
    assert "mask_iou_own" not in result["directions"]["a_to_b"]["model"]
