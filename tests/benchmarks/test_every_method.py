"""The table of all methods, each measured in a separate process."""

import json
import shlex

import pytest

from benchmarks import every_method, train_step
from benchmarks.method_table import Table, progress
from tfmask.methods import method_spec, preset_config

OPTIONS = shlex.split(
    "--all --preset quick --image-size 64 --periods 1 --methods "
    "cyclegan fastcut"
)


@pytest.mark.slow
@pytest.mark.release
def test_every_method_has_its_row(tmp_path, capfd):
    file = tmp_path / "numbers.json"
    assert train_step.main([*OPTIONS, "--json", str(file)]) == 0
    report = json.loads(file.read_text())
    assert (report["preset"], report["image_size"]) == ("quick", 64)
    for name in ("cyclegan", "fastcut"):
        row = report["methods"][name]
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
    assert names == ["cyclegan", "fastcut"]


@pytest.fixture
def measured(monkeypatch):
    """Names in the order in which they were measured; pix2pix fails."""
    names = []

    def in_own_process(table, name, options):
        names.append(name)
        if name == "pix2pix":
            return None
        row = dict.fromkeys(every_method.COLUMNS, 1233.5 + len(names))
        return row | {
            "preset": "quick" if name == "segmenter" else "paper",
            "device": "NVIDIA H200" if name == "munit" else "CPU",
        }

    monkeypatch.setattr(Table, "in_own_process", in_own_process)
    return names


def test_who_fails_is_in_the_table_and_the_exit_code(measured, capsys):
    assert every_method.main(["--methods", "pix2pix", "cyclegan"]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[1].split() == ["pix2pix", "failed"]
    assert lines[2].split() == ["cyclegan", *["1,236"] * 6]
    assert "2 of 2" in err


def test_another_preset_is_named(measured, capsys):
    assert every_method.main(["--methods", "segmenter"]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert row.startswith("segmenter (quick)  ")


def test_a_gpu_is_named(measured, capsys):
    assert every_method.main(["--methods", "munit"]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert row.startswith("munit, NVIDIA H200 ")


def test_what_is_left_is_by_the_mean_so_far():
    line = "3 of 27 in 6 min, about 48 min left"
    assert progress(3, 27, 360) == line


def test_a_run_is_resumed(measured, tmp_path, capsys):
    file = ["--json", str(tmp_path / "rows.json")]
    assert every_method.main(["--methods", "cyclegan", "pix2pix", *file]) == 1
    more = [*file, "--methods", "cyclegan", "unit", "--resume"]
    assert every_method.main(more) == 0
    assert measured == ["cyclegan", "pix2pix", "unit"]
    lines = capsys.readouterr().out.splitlines()[-2:]
    assert lines == [
        f"{'cyclegan':24}" + f"{'1,234':>14}" * 6,
        f"{'unit':24}" + f"{'1,236':>14}" * 6,
    ]
    rows = json.loads((tmp_path / "rows.json").read_text())["methods"]
    assert list(rows) == ["cyclegan", "pix2pix", "unit"]
    again = ["--methods", "pix2pix", *file, "--resume"]
    assert every_method.main(again) == 1  # failed methods are measured again
    assert measured[3:] == ["pix2pix"]


def test_resuming_other_options_or_files_is_refused(measured, tmp_path):
    file = tmp_path / "rows.json"
    options = ["--methods", "unit", "--json", str(file), "--resume"]
    assert every_method.main(options) == 0
    with pytest.raises(SystemExit, match=r"rows\.json has rows of other"):
        every_method.main([*options, "--threads", "1"])
    file.write_text("[1]")
    with pytest.raises(SystemExit, match=r"rows\.json was not written"):
        every_method.main(options)
    with pytest.raises(SystemExit):
        every_method.main(["--resume"])
    assert measured == ["unit"]
