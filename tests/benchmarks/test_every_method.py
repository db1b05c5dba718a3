"""All methods side by side: each in a process of its own."""

import json

import pytest

from benchmarks import train_step
from tfmask.methods import method_spec, preset_config

OPTIONS = [
    *("--all", "--preset", "quick", "--image-size", "64", "--periods", "1"),
    *("--methods", "cyclegan", "attention_guided"),
]


@pytest.mark.slow
def test_every_method_has_its_row(tmp_path, capfd):
    file = tmp_path / "numbers.json"
    assert train_step.main([*OPTIONS, "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert (found["preset"], found["image_size"]) == ("quick", 64)
    for name in ("cyclegan", "attention_guided"):
        row = found["methods"][name]
        config = preset_config(name, "quick", "synthetic").method
        method = method_spec(name).load_model()(config, image_size=(64, 64))
        assert row["networks"] == len(method.networks)
        assert row["trained"] == sum(
            network.count_params() for network in method.networks.values()
        )
        assert 0 < row["fastest_ms"] <= row["ms"] and row["peak_mib"] > 100
        assert row["cpu_ms"] > 0
    lines = capfd.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines[-2:]]
    assert names == ["cyclegan", "attention_guided"]


def test_who_fails_is_in_the_table_and_the_exit_code(monkeypatch, capsys):
    from benchmarks import every_method

    good = dict.fromkeys(every_method.COLUMNS, 1234.5)
    rows = {"cyclegan": None, "pix2pix": good}
    monkeypatch.setattr(
        every_method, "in_own_process", lambda name, options: rows[name]
    )
    assert every_method.main(["--methods", "cyclegan", "pix2pix"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["cyclegan", "failed"]
    assert lines[2].split() == ["pix2pix", *["1,234"] * 6]
