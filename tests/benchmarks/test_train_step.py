"""The benchmark of training steps: what it makes of the times."""

from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from benchmarks import train_step

    return train_step


def side(name, critic, both, generator=3, device="CPU"):
    """A side that took so many seconds, and half of them of the CPU."""
    return SimpleNamespace(
        name=name,
        times={
            "critic": [(critic, critic / 2)],
            "both": [(both, both / 2)],
        },
        peak_mib=1.0,
        device=device,
        parameters={"generator": generator, "discriminator": 4},
    )


def test_a_mean_step_has_a_generator_in_every_fifth(benchmark, capsys):
    options = benchmark.Options(method="stargan")
    sides = [side("tfmask", 1.0, 6.0), side("pytorch", 2.0, 12.0)]
    result = benchmark.report(options, sides)
    mean = result["steps"]["tfmask"]["mean"]
    assert (mean["wall_ms"], mean["cpu_ms"]) == (2000.0, 1000.0)
    assert result["ratios"]["mean"]["wall_ms"] == 0.5
    benchmark.print_report(result)
    shown = capsys.readouterr().out
    assert "(step: mean): 0.50" in shown
    assert "parameters of pytorch: generator 3, discriminator 4" in shown


def test_sides_of_other_sizes_are_refused(benchmark):
    options = benchmark.Options(method="lomit")
    sides = [side("tfmask", 1.0, 6.0), side("pytorch", 2.0, 12.0, 5)]
    with pytest.raises(SystemExit, match="networks differ"):
        benchmark.report(options, sides)


def test_the_device_is_named_and_is_the_same(benchmark, capsys):
    options = benchmark.Options(method="lomit")
    gpu = {"device": "NVIDIA H200"}
    sides = [side("tfmask", 1.0, 6.0, **gpu), side("pytorch", 2.0, 9.0, **gpu)]
    benchmark.print_report(benchmark.report(options, sides))
    assert "NVIDIA H200" in capsys.readouterr().out
    sides = [*sides[:1], side("pytorch", 2.0, 12.0)]
    with pytest.raises(SystemExit, match=r"H200.*'pytorch': 'CPU'"):
        benchmark.report(options, sides)


def test_pytorch_that_is_missing_is_told_before_any_work(
    benchmark, monkeypatch
):
    monkeypatch.setattr(
        benchmark.importlib.util, "find_spec", lambda name: None
    )
    monkeypatch.setattr(benchmark, "Side", None)  # would start a process
    with pytest.raises(SystemExit, match="benchmark.*--no-pytorch"):
        benchmark.measured(benchmark.Options())
