"""FCN-scores: golden values of the fact sheet, identities, scikit-learn."""

import numpy as np
import pytest

from tfmask.metrics import SegmentationScores, nearest_classes

# The fact sheet's section 10.
T = np.arange(1000)
TRUTH = np.where(T % 17 == 0, 255, (7 * T) % 11 % 4)
PREDICTED = (5 * T) % 13 % 4


def scores_of(truth, predicted, classes=4, **options):
    scores = SegmentationScores(classes, ignore=255, **options)
    scores.update(truth, predicted)
    return scores


def values(truth, predicted, classes=4, **options):
    return [*scores_of(truth, predicted, classes, **options).result().values()]


@pytest.mark.parametrize("absent", ["zero", "skip"])
def test_golden_values(absent):
    scores = scores_of(TRUTH, PREDICTED, absent=absent)
    assert scores.matrix.tolist() == [
        [78, 60, 59, 59],
        [80, 59, 59, 58],
        [79, 59, 60, 60],
        [52, 39, 40, 40],
    ]
    np.testing.assert_allclose(
        [*scores.result().values()],
        [0.2518597237, 0.2504081295, 0.1421772325],
        rtol=1e-9,
    )
    assert list(scores.result()) == [
        "pixel_accuracy",
        "class_accuracy",
        "class_iou",
    ]


def test_batches_do_not_matter():
    whole = scores_of(TRUTH, PREDICTED)
    parts = SegmentationScores(4, ignore=255)
    for part in np.split(np.arange(1000), [1, 400, 401]):
        parts.update(TRUTH[part].reshape(-1, 1), PREDICTED[part].reshape(-1, 1))
    assert parts.result() == whole.result()


def test_identities():
    truth = TRUTH[TRUTH < 4]
    assert values(truth, truth) == [1.0, 1.0, 1.0]
    share = np.mean(truth == 2)
    constant = values(truth, np.full_like(truth, 2))
    np.testing.assert_allclose(constant, [share, 1 / 4, share / 4])
    names = np.array([2, 0, 3, 1])
    np.testing.assert_allclose(
        values(names[truth], names[PREDICTED[TRUTH < 4]]),
        values(TRUTH, PREDICTED),
    )


def test_classes_that_no_image_has():
    truth, predicted = np.array([0, 0, 1, 255]), np.array([0, 2, 1, 3])
    # Of five classes 0 and 1 are there, 2 is only predicted.
    assert values(truth, predicted, 5) == pytest.approx(
        [2 / 3, 1.5 / 5, 1.5 / 5]
    )
    assert values(truth, predicted, 5, absent="skip") == pytest.approx(
        [2 / 3, 1.5 / 2, 1.5 / 3]
    )


@pytest.mark.parametrize("absent", ["zero", "skip"])
def test_nothing_to_count(absent):
    nothing = [None, None, None]
    scores = SegmentationScores(2, ignore=255, absent=absent)
    assert [*scores.result().values()] == nothing
    scores.update(np.full(3, 255), np.zeros(3, int))
    assert [*scores.result().values()] == nothing


def test_as_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 6, (2, 500))
    truth[truth == 5] = 4  # 5 is predicted, 6 is nowhere
    scores = scores_of(truth, predicted, 7, absent="skip")
    np.testing.assert_array_equal(
        scores.matrix,
        metrics.confusion_matrix(truth, predicted, labels=range(7)),
    )
    expected = [
        metrics.accuracy_score(truth, predicted),
        metrics.recall_score(
            truth, predicted, labels=range(5), average="macro"
        ),
        metrics.jaccard_score(truth, predicted, average="macro"),
    ]
    np.testing.assert_allclose(
        [*scores.result().values()], expected, rtol=1e-12
    )


def test_wrong_input():
    scores = SegmentationScores(3, ignore=255)
    with pytest.raises(ValueError, match=r"`predicted` .* 0 to 2. Got: 3"):
        scores.update([0, 255], [3, 3])
    with pytest.raises(ValueError, match=r"`truth` .* 0 to 2. Got: -1"):
        scores.update([-1], [0])
    with pytest.raises(ValueError, match=r"one shape. Got: \(2,\) and \(1,\)"):
        scores.update([0, 1], [0])
    with pytest.raises(ValueError, match="zero, skip. Got: 'none'"):
        SegmentationScores(3, absent="none")
    assert not scores.matrix.any()


def test_colours_become_classes():
    colours = [(0, 0, 0), (200, 0, 0), (200, 0, 10), (0, 0, 0)]
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, 5, 7, 3), np.uint8)
    far = pixels[..., None, :].astype(int) - np.array(colours)
    expected = np.square(far).sum(-1).argmin(-1)
    classes = nearest_classes(pixels, colours)
    assert classes.shape == (2, 5, 7) and set(np.unique(classes)) == {0, 1, 2}
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_array_equal(
        nearest_classes(pixels / np.float32(127.5) - 1, colours), expected
    )
    # Beyond the range it is clipped; halfway the first one wins.
    assert nearest_classes(np.full((1, 3), -9.0), colours) == [0]
    assert nearest_classes(np.array([[200, 0, 5]], np.uint8), colours) == [1]
