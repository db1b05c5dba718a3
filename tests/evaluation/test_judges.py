"""Classifiers that judge translations in an evaluation."""

import numpy as np
import pytest
import tensorflow as tf
from attribute_parts import NAMES, SIDE, Painter, parts_data
from fake_runs import ArrayData, BrightMethod, measured

from tfmask.evaluation.trained_classifier import TrainedClassifier
from tfmask.ops.errors import UserError


def brightness(tells="domains", labels=("b",)):
    """A classifier with known answers: whether the mean is above 127."""
    about = {
        "tells": tells,
        "labels": list(labels),
        "network": "small",
        "sha256": "0" * 64,
        "data": {"location": "photos", "fingerprint": "f"},
    }
    signs = [1.0, -1.0][: len(labels)]

    def network(pixels, training):
        means = tf.reduce_mean(pixels, [1, 2, 3])
        return (means[:, None] - 127.0) * signs

    return TrainedClassifier(network, about, "judge")


def test_translations_are_judged():
    """A dark image becomes bright where its first channel is above 0."""
    images = np.full((4, 16, 16, 3), -0.9, np.float32)
    images[:2, ..., 0] = 0.1  # these two change, to their negatives
    data = ArrayData({"a": images, "b": -images})
    plain = measured(BrightMethod(), data)
    judged = measured(BrightMethod(), data, classifier=brightness())
    rows = judged["directions"]["a_to_b"]
    assert rows["model"].pop("classified_as_target") == 0.5
    assert rows["identity"].pop("classified_as_target") == 0.0
    rows = judged["directions"]["b_to_a"]
    # b is -0.1 or 0.9: of the latter two negatives are dark.
    assert rows["model"].pop("classified_as_target") == 0.5
    assert rows["identity"].pop("classified_as_target") == 0.0
    assert judged["directions"] == plain["directions"]
    note = judged["notes"][-1]
    assert "the small classifier judge (SHA-256 0000000000000000)" in note
    assert "1.000 of a for a's, 1.000 of b for b's" in note
    assert judged["notes"][:-1] == plain["notes"]


def test_a_given_judge_of_attributes():
    data = parts_data(test=8)
    judge = brightness("attributes", ("bright", "dark"))
    with pytest.raises(UserError, match="red, green, blue.*attributes bright"):
        judge.select(NAMES)
    judge.about["labels"] = ["red", "green"]
    judge.select(("green", "red"))
    images = np.stack([np.full((SIDE, SIDE, 3), v, "f4") for v in (-0.5, 0.5)])
    expected = [[True, False], [False, True]]
    np.testing.assert_array_equal(judge.seen_in(images), expected)

    class Eye:
        """Is right about red, and takes the others for off."""

        def seen_in(self, images):
            red = images[:, 2, 0, :1] > 0
            return np.concatenate([red, red & False, red & False], axis=1)

        def __str__(self):
            return "the eye"

    rows = measured(Painter(), data, classifier=Eye())
    assert rows["classifier"]["red"]["accuracy"] == 1.0
    assert rows["classifier"]["blue"]["accuracy"] == 0.5
    row = rows["directions"]["switch_red"]["model"]
    assert row["attribute_accuracy"] == 1.0
    assert any("judged by the eye. Of the test" in n for n in rows["notes"])
