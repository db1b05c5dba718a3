"""The benchmark of the input: whole runs of a tiny one."""

import pytest


@pytest.fixture
def script(load_script):
    return load_script("input_pipeline")


@pytest.mark.slow
def test_every_kind_stands_next_to_the_decoder(script, capsys):
    sizes = ["--image-size", "16", "--file-sizes", "24"]
    counts = ["--images", "4", "--batch-size", "2", "--steps", "2"]
    assert script.main([*sizes, *counts, "--rounds", "1"]) == 0
    out = capsys.readouterr().out
    assert "files of 24 px, training at 16 px" in out
    rows = [line for line in out.splitlines() if line.count(".") >= 3]
    assert [row[:26].strip() for row in rows] == [
        "decoding alone",
        "JPEG folder",
        "JPEG folder, first epoch",
        "JPEG folder, from disk",
        "shards",
        "shards, from disk",
        "shards, cached",
        "synthetic",
    ]
    assert rows[0].endswith("1.00, 1.00")
    for row in rows:
        assert float(row.split()[-4]) > 0 and float(row.split()[-3]) > 0
