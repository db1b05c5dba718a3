"""Classification accuracy: every attribute has to be right."""

import numpy as np
import pytest

from tfmask.metrics import classification_accuracy

TRUE = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], bool)
SEEN = np.array([[1, 0], [1, 0], [1, 1], [0, 1]], bool)


def test_values_by_hand():
    assert classification_accuracy(SEEN, TRUE) == 0.5
    assert classification_accuracy(SEEN[:, 0], TRUE[:, 0]) == 0.75
    assert classification_accuracy(TRUE, TRUE) == 1.0
    assert classification_accuracy(~TRUE, TRUE) == 0.0
    assert classification_accuracy([3, 1, 2], [3, 2, 2]) == 2 / 3
    assert classification_accuracy(SEEN[::-1], TRUE[::-1]) == 0.5


def test_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    pair = random.integers(0, 2, (2, 200, 3))
    expected = metrics.accuracy_score(*pair)
    assert classification_accuracy(*pair) == pytest.approx(expected)


def test_wrong_arrays_are_refused():
    with pytest.raises(ValueError, match=r"Got: \(4, 2\) and \(4,\)"):
        classification_accuracy(SEEN, TRUE[:, 0])
    with pytest.raises(ValueError, match="no image"):
        classification_accuracy(SEEN[:0], TRUE[:0])
    with pytest.raises(ValueError, match="`predicted` .* threshold"):
        classification_accuracy(SEEN * 0.7, TRUE)
