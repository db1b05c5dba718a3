"""Time of a step over image size and batch: which are measured, the tables."""

import json
from xml.etree import ElementTree

import pytest

from benchmarks import step_sizes
from benchmarks.method_table import Table


@pytest.fixture
def measured(monkeypatch):
    """(image size, batch size) in the order in which they were measured."""
    pairs = []

    def in_own_process(table, name, options):
        pair = options["image_size"], options["batch_size"]
        pairs.append(pair)
        pixels = pair[0] ** 2 * pair[1]
        return {
            "device": "CPU",
            "cpu_ms": pixels / 100,
            "peak_mib": 1000.0 + pixels,
        }

    monkeypatch.setattr(Table, "in_own_process", in_own_process)
    return pairs


SMALL = ["--image-sizes", "10", "20", "--batch-sizes", "1", "4"]


def test_tables_plot_and_what_is_left_out(measured, tmp_path, capsys):
    svg, file = tmp_path / "plot.svg", tmp_path / "rows.json"
    options = [*SMALL, "--most-pixels", "400", "--svg", str(svg)]
    assert step_sizes.main([*options, "--json", str(file)]) == 0
    assert measured == [(10, 1), (10, 4), (20, 1)]
    out = capsys.readouterr().out
    assert "| 10 px | 1 | 1 |\n| 20 px | 4 |  |" in out
    assert "| 10 px | 1,100 | 1,400 |\n| 20 px | 1,400 |  |" in out
    texts = "".join(ElementTree.fromstring(svg.read_text()).itertext())
    assert "side of the image in px: 20" in texts and "batch 1: ms" in texts
    # The rows of the file are not measured again.
    options += ["--json", str(file), "--resume", "--most-pixels", "1600"]
    assert step_sizes.main(options) == 0
    assert measured[3:] == [(20, 4)]
    assert len(json.loads(file.read_text())["methods"]) == 4


def test_who_fails_is_in_the_exit_code(monkeypatch, capsys):
    monkeypatch.setattr(Table, "in_own_process", lambda *_: None)
    assert step_sizes.main(SMALL) == 1
    assert "10 px, batch 1: null" in capsys.readouterr().out
