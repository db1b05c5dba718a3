"""The benchmark of KID and FID: ours by its numbers, and the hint."""

import importlib.util

import pytest

from tfmask.metrics import frechet_distance, kernel_distance


@pytest.fixture
def benchmark(load_script):
    return load_script("metrics")


@pytest.mark.parametrize(
    ("number", "function"),
    [("kid", kernel_distance), ("fid", frechet_distance)],
)
def test_each_form_measures_the_same_number(benchmark, number, function):
    pair = [benchmark.features_of(250, 8, seed) for seed in (0, 1)]
    assert all((values >= 0).all() for values in pair)
    own = benchmark.measure(number, "tfmask", 250, 8, repeats=1)
    assert own["value"] == function(*pair) > 0
    assert own["seconds"] > 0 and own["mebibytes"] > 0
    pytest.importorskip("torchmetrics", reason="the extra `benchmark`")
    other = benchmark.measure(number, "torchmetrics", 250, 8, repeats=1)
    assert other["value"] == pytest.approx(own["value"], rel=1e-6)


def test_what_is_missing_is_said(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert benchmark.main([]) == 1
    assert 'pip install ".[benchmark]"' in capsys.readouterr().err
