"""IS and CIS: golden values of the fact sheet, identities, scipy."""

import numpy as np
import pytest

from tfmask.metrics import (
    conditional_inception_score,
    inception_score,
    softmax,
)

ROWS, COLUMNS = np.ogrid[:100, :10]
# The fact sheet's section 10.
GOLDEN = softmax(
    3 * np.sin(0.37 * ROWS + 1.1 * COLUMNS + 0.05 * ROWS * COLUMNS)
)


def test_golden_values():
    whole = inception_score(GOLDEN, splits=1)
    whole_numbers = (whole.score, whole.mean_kl, whole.score_std)
    np.testing.assert_allclose(
        whole_numbers, [2.2411477789, 0.8069881359, 0], 1e-9
    )
    parts = inception_score(GOLDEN)
    numbers_of_parts = (parts.score, parts.score_std, parts.mean_kl)
    expected = (2.1199438882, 0.0923869484, 0.8069881359)
    np.testing.assert_allclose(numbers_of_parts, expected, rtol=1e-9)


def test_golden_values_of_the_conditional_score():
    score = conditional_inception_score(GOLDEN.reshape(20, 5, 10))
    np.testing.assert_allclose(
        (score.mean_kl, score.score, score.between_kl),
        (0.4500227345, 1.5683478407, 0.3569654014),
        rtol=1e-9,
    )
    # The chain rule.
    total = inception_score(GOLDEN).mean_kl
    assert score.mean_kl + score.between_kl == pytest.approx(total, rel=1e-12)


def test_the_least_and_the_most():
    same = np.broadcast_to(GOLDEN[:1], GOLDEN.shape)
    assert inception_score(same).score == pytest.approx(1.0)
    assert inception_score(same).mean_kl == pytest.approx(0.0, abs=1e-12)
    spread = np.tile(np.eye(5), (4, 1))  # zeros add 0, not NaN
    score = inception_score(spread, splits=4)
    assert score.score == pytest.approx(5.0)
    assert score.mean_kl_std == pytest.approx(0.0, abs=1e-12)
    # One output an input, or outputs that are all the same: no diversity.
    alone = conditional_inception_score(GOLDEN[:, None])
    assert alone.mean_kl == pytest.approx(0.0, abs=1e-12)
    assert alone.score == pytest.approx(1.0)


def test_parts_are_the_originals():
    # 13 images in 4 parts: floor(13 k / 4) is 0, 3, 6, 9, 13.
    score = inception_score(GOLDEN[:13], splits=4)
    scores = [
        inception_score(GOLDEN[a:b], splits=1).score
        for a, b in ((0, 3), (3, 6), (6, 9), (9, 13))
    ]
    assert score.score == pytest.approx(np.mean(scores))
    assert score.score_std == pytest.approx(np.std(scores))


def test_equals_scipys_entropy():
    stats = pytest.importorskip("scipy.stats")
    values = stats.entropy(GOLDEN, GOLDEN.mean(0, keepdims=True), axis=1)
    score = inception_score(GOLDEN)
    assert score.mean_kl == pytest.approx(values.mean(), rel=1e-9)
    assert score.mean_kl_std == pytest.approx(values.std(), rel=1e-9)


def test_orders_of_classes_and_tiny_probabilities():
    turned = inception_score(GOLDEN[:, ::-1])
    np.testing.assert_allclose(turned, inception_score(GOLDEN), rtol=1e-12)
    edge = softmax([[0.0, -744.5], [0.0, -2000.0]])
    assert edge[0, 1] > 0.0 == edge[0, 1] / 2
    assert abs(inception_score(edge, splits=1).mean_kl) < 1e-300


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (GOLDEN[0], r"must be \(N, C\). Got: \(10,\)"),
        (GOLDEN[:0], r"Got: \(0, 10\)"),
        (3.0 * GOLDEN, "need `softmax`"),
        (GOLDEN - 0.1, "0 or more"),
        (np.full((2, 4), np.nan), "0 or more"),
    ],
)
def test_wrong_probabilities_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        inception_score(wrong)


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="1 to 5, .* Got: 10"):
        inception_score(GOLDEN[:5])
    with pytest.raises(ValueError, match=r"must be \(N, K, C\)"):
        conditional_inception_score(GOLDEN)
