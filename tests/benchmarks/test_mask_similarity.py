"""The benchmark of R1: its definition by hand, and one short run."""

import contextlib
import io
import sys
import types

import numpy as np
import pytest


@pytest.fixture
def benchmark(load_script):
    return load_script("mask_similarity")


def test_two_pixels_by_hand(benchmark):
    mask = np.array([0.25, 1.0], "float32").reshape(1, 2, 1, 1)
    content = np.array([[3.0, 4.0], [0.0, 2.0]], "float32")
    got = benchmark.all_pairs(mask, content.reshape(1, 2, 1, 2))
    # Both orders of the one pair, |0.75| and cosine 0.8, over four pairs.
    np.testing.assert_allclose(got, [2 * 0.75 * 0.8 / 4], rtol=1e-6)


def test_both_forms_agree(benchmark):
    rows = {
        form: benchmark.measure(form, 12, 2, 5, repeats=1)
        for form in benchmark.FORMS
    }
    for part, tolerance in (("values", 1e-4), ("gradient", 1e-3)):
        np.testing.assert_allclose(
            rows["sorted"][part],
            rows["all_pairs"][part],
            rtol=tolerance,
            atol=1e-7,
        )


def test_a_short_run(benchmark, capsys, monkeypatch):
    commands = []

    def here(command, **_):
        """Replaces the script's processes, so that TensorFlow starts once."""
        commands.append(command[:2])
        with contextlib.redirect_stdout(io.StringIO()) as out:
            benchmark.main(command[2:])
        return types.SimpleNamespace(stdout=out.getvalue())

    monkeypatch.setattr(benchmark.subprocess, "run", here)
    benchmark.main(["--sides", "8", "--channels", "4", "--repeats", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["8", "sorted"],
        ["8", "all_pairs"],
    ]
    assert "apart by" in lines[3]
    assert commands == [[sys.executable, benchmark.__file__]] * 2
