"""The benchmark of precision: TensorFlow's own reductions are worse."""

import pytest


@pytest.fixture
def benchmark(load_script):
    return load_script("precision")


def test_a_short_run(benchmark, capsys):
    sizes = ["--side", "64", "--filters", "2", "--blocks", "1"]
    benchmark.main([*sizes, "--networks", "CycleGAN's generator"])
    _, *lines = capsys.readouterr().out.splitlines()
    rows = {
        (line[:30].strip(), *line[31:].split()[:2]): [
            float(number) for number in line[31:].split()[2:]
        ]
        for line in lines
    }
    assert len(rows) == 2 * 2 * 2 + 2 * 2
    before, after = rows["CycleGAN's generator", "plain", "float32"]
    assert after < before
    assert set(benchmark.networks(64, 2, 1)) == {
        "CycleGAN's generator",
        "attention network",
        "InstaGAN's generator",
        "LOMIT's decoder",
        "discriminator",
    }
