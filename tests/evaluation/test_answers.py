"""Several answers to an image: how far apart they are."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import ArrayData, BrightMethod, measured
from many_answers import tinted

from tfmask.evaluation.feature_sets import FeatureNetwork
from tfmask.evaluation.tasks.answers import Answers
from tfmask.ops.style_codes import style_codes
from tfmask.reports.gallery import Gallery

IMAGES = np.random.default_rng(0).uniform(-0.1, 0.1, (5, 16, 16, 3))
IMAGES = IMAGES.astype("float32")
REGION = np.zeros((5, 16, 16, 1), "float32")
REGION[:, :8] = 1.0


@pytest.fixture
def data():
    return ArrayData({"a": IMAGES, "b": IMAGES}, {"a": REGION, "b": REGION})


def colours(count):
    return 0.3 * style_codes(tf.range(count), 3).numpy()


def test_answers_are_compared_pair_by_pair(data):
    rows = measured(tinted(), data, samples=3)["directions"]["a_to_b"]
    answers = np.clip(IMAGES[:, None] + colours(3)[:, None, None], -1, 1)
    apart = np.mean(
        [
            np.abs(answers[:, one] - answers[:, other]).mean()
            for one, other in itertools.combinations(range(3), 2)
        ]
    )
    assert apart > 0.1
    for name in ("answers_l1", "answers_foreground_l1"):
        assert rows["model"][name] == pytest.approx(apart, rel=0.02)
    # All other numbers are those of the first answer.
    change = np.abs(answers[:, 0] - IMAGES).mean()
    assert rows["model"]["change_l1"] == pytest.approx(change, rel=1e-5)
    assert "answers_l1" not in rows["identity"]


def test_answers_are_compared_by_features_and_classes(data):
    """The mean colour as features, its first two channels as logits."""

    def run(pixels):
        features = pixels.mean((1, 2)) / 127.5
        return {"features": features, "logits": features[:, :2]}

    network = FeatureNetwork(
        {"network": "mean colour"}, lambda image: image.astype("float32"), run
    )
    result = measured(tinted(), data, samples=4, features=network)
    row = result["directions"]["a_to_b"]["model"]
    means = np.clip(IMAGES[0] + colours(4)[:, None, None], -1, 1)
    means = 1 + means.mean((1, 2))
    units = means / np.linalg.norm(means, axis=-1, keepdims=True)
    pairs = itertools.combinations(units, 2)
    expected = np.mean([2 - 2 * one @ other for one, other in pairs])
    assert row["answers_distance"] == pytest.approx(expected, rel=0.05)
    classes = np.exp(means[:, :2])
    classes /= classes.sum(-1, keepdims=True)
    divergence = classes * np.log(classes / classes.mean(0))
    expected = divergence.sum(-1).mean()
    assert row["answers_cis"] == pytest.approx(expected, rel=0.1)
    assert any("mean colour" in note for note in result["notes"])


def test_the_page_has_a_column_for_each_answer(data, tmp_path):
    gallery = Gallery(tmp_path, "Evaluation")
    measured(tinted(), data, gallery, samples=3)
    page = gallery.write().read_text()
    assert "style 1" in page and "style 2" in page and "style 3" not in page


def test_one_answer_is_not_compared():
    class Run:
        method = BrightMethod()

    assert not Answers.fits(Run)
