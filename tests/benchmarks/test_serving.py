"""The serving benchmark: its numbers, and one short run."""

import dataclasses
import json
import shlex

import pytest

from tfmask.methods import preset_config


@pytest.fixture
def benchmark(load_script):
    return load_script("serving")


def test_a_row_has_percentiles_and_throughput(benchmark):
    row = benchmark.row("small-64", "server", "png", 4, range(1, 101), 50)
    assert (row["calls"], row["images_per_second"]) == (100, 2)
    assert (row["p50_ms"], row["p99_ms"]) == (50.5, 99.01)


def test_the_verdicts_compare_what_the_issue_compares(benchmark):
    def row(way, clients, middle, speed):
        return {
            **{"case": "full-256", "way": way, "form": "array"},
            **{"clients": clients, "p50_ms": middle},
            "images_per_second": speed,
        }

    rows = [
        row("direct", 1, 100.0, 10),
        row("server", 1, 104.5, 9),
        row("server", 16, 1700, 8),
        row("server, batching", 16, 1500, 10),
    ]
    overhead, batching = benchmark.verdicts(rows, ["full-256", "small-64"])
    assert "adds 4.50 ms" in overhead and "within 5 ms" in overhead
    assert "1.25 x" in batching
    rows[1]["p50_ms"] = 106
    assert "ABOVE" in benchmark.verdicts(rows, ["full-256"])[0]


def test_pictures_survive_png(benchmark):
    import io

    import numpy as np
    from PIL import Image

    image = benchmark.picture(32)
    assert image.shape == (32, 32, 3) and image.std() > 40
    with Image.open(io.BytesIO(benchmark.png(image))) as read:
        np.testing.assert_array_equal(np.asarray(read), image)


@pytest.mark.slow
@pytest.mark.release
def test_a_short_run(benchmark, tmp_path, capsys, monkeypatch):
    def one_block(*names):
        config = preset_config(*names)
        method = dataclasses.replace(config.method, blocks=1)
        return dataclasses.replace(config, method=method)

    monkeypatch.setattr("tfmask.methods.preset_config", one_block)
    file = tmp_path / "numbers.json"
    assert not benchmark.main(
        [
            *shlex.split(
                "--cases small-64 --clients 1 2 --seconds 0.2 --rounds 1 "
                "--other . --other-exports --json"
            ),
            str(file),
        ]
    )
    report = json.loads(file.read_text())
    measured = {(r["way"], r["form"], r["clients"]) for r in report["rows"]}
    assert len(measured) == len(report["rows"]) == 14
    assert ("direct", "png", 1) in measured
    assert ("server, batching", "array", 2) in measured
    assert ("server, other", "png", 2) in measured
    assert all(r["calls"] and r["p50_ms"] > 0 for r in report["rows"])
    assert "ms to the direct call" in capsys.readouterr().out
