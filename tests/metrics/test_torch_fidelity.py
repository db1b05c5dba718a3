"""The numbers that torch-fidelity gives for the same features.

They use its draws, its order of rows and its divisors. torch-fidelity is in no
extra, because it needs a torchvision that fits PyTorch.
"""

import numpy as np
import pytest

from tfmask.metrics import (
    frechet_distance,
    inception_score,
    kernel_distance_of_subsets,
    softmax,
)

torch = pytest.importorskip("torch")
try:
    import torch_fidelity  # noqa: F401
except (ImportError, RuntimeError) as error:  # or a torchvision that misfits
    pytest.skip(f"torch-fidelity: {error}", allow_module_level=True)


@pytest.fixture
def pair():
    """Two sets of different sizes, zeros and more, float64."""
    random = np.random.default_rng(0)
    return (
        np.maximum(random.normal(0.1, 1.0, (300, 64)), 0.0),
        np.maximum(random.normal(0.1, 1.1, (350, 64)), 0.0),
    )


def test_the_same_kid(pair):
    from torch_fidelity.metric_kid import kid_features_to_metric

    expected = kid_features_to_metric(
        *map(torch.tensor, pair),
        kid_subsets=20,
        kid_subset_size=100,
        verbose=False,
    )
    distance = kernel_distance_of_subsets(*pair, subsets=20, size=100)
    assert (distance.mean(), distance.std()) == pytest.approx(
        tuple(expected.values()), rel=1e-9
    )


def test_the_same_fid(pair):
    from torch_fidelity.metric_fid import (
        fid_features_to_statistics,
        fid_statistics_to_metric,
    )

    moments = [fid_features_to_statistics(torch.tensor(x)) for x in pair]
    (expected,) = fid_statistics_to_metric(*moments, verbose=False).values()
    assert frechet_distance(*pair) == pytest.approx(expected, rel=1e-7)


def test_the_same_inception_score():
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits = np.random.default_rng(1).normal(0.0, 2.0, (203, 20))
    expected = isc_features_to_metric(
        torch.tensor(logits), splits=10, shuffle=False
    )
    score = inception_score(softmax(logits), splits=10)
    assert (score.score, score.score_std) == pytest.approx(
        tuple(expected.values()), rel=1e-9
    )
