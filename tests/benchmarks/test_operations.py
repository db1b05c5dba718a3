"""The benchmark of operations: every layer and Adam have their times."""

import re

import pytest


@pytest.fixture
def benchmark(load_script):
    return load_script("operations")


@pytest.mark.medium
def test_a_short_run(benchmark, capsys):
    small = ["--smaller", "8", "--weights", "64", "--repeats", "1"]
    benchmark.main(small)
    *layers, adam = capsys.readouterr().out.splitlines()
    assert len(layers) == 3 * len(benchmark.LAYERS)
    assert layers[0].startswith("16 px, 64 to 3, 7x7, VALID")
    pattern = r": TensorFlow \d+ ms, tfmask \d+ ms$"
    assert all(re.search(pattern, line) for line in layers)
    assert adam.startswith("Adam, 64 weights: Keras ")
