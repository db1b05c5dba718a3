"""Which runs there are, and how far each of them is."""

import dataclasses
import json

import pytest
from tiny import tiny_config

from tfmask.ops.errors import UserError
from tfmask.ops.locks import only_writer
from tfmask.training.run_folder import write_config
from tfmask.training.run_list import find_runs, last_row, losses_by_kind
from trainers import runs

CONFIG = tiny_config("cyclegan", run__steps=100)


def make_run(folder, *, rows="", checkpoints=(), samples=None):
    write_config(folder, CONFIG, epoch_steps=2)
    if rows:
        (folder / "metrics.csv").write_text(rows)
    for step in checkpoints:
        (folder / "checkpoints" / f"step-{step:08d}").mkdir(parents=True)
    if samples:
        (folder / "samples.json").write_text(json.dumps(samples))
    return folder


@pytest.fixture
def base(tmp_path):
    make_run(
        tmp_path / "a" / "whole",
        rows="step,epoch,generator/cycle_a,generator/cycle_b,discriminator/x_a\n"
        "90,1,5,5,5\n100,1,0.2,0.4,0.5\n",
        checkpoints=(50, 100),
        samples={
            "9": {"file": "images/9.png", "mask_means": {}},
            "100": {"file": "images/100.png", "mask_means": {"mask_b": 0.25}},
        },
    )
    make_run(tmp_path / "cut_off", rows="step,epoch,g/x_a\n10,1,2\n20,1")
    make_run(tmp_path / "begun")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    return tmp_path


def test_every_run_is_found_with_its_numbers(base):
    entries = {entry.path: entry for entry in find_runs(base)}
    whole = entries[str(base / "a" / "whole")]
    assert (whole.method, whole.preset) == ("cyclegan", "quick")
    assert (whole.step, whole.steps, whole.state) == (100, 100, "finished")
    assert whole.losses == pytest.approx({"cycle": 0.3, "x": 0.5})
    assert whole.mask_means == {"mask_b": 0.25}
    assert whole.picture == str(base / "a" / "whole" / "images" / "100.png")
    cut_off = entries[str(base / "cut_off")]
    assert (cut_off.step, cut_off.state, cut_off.losses) == (
        10,
        "stopped",
        {"x": 2.0},
    )
    begun = entries[str(base / "begun")]
    assert (begun.step, begun.losses, begun.picture) == (0, {}, "")
    assert "damaged" in entries[str(base / "broken")].problem
    assert len(entries) == 4


def test_a_run_that_is_written_runs(base):
    with only_writer(base / "begun", "Wait."):
        # A lock of the same process counts as well: it is another file handle.
        (entry,) = find_runs(base / "begun")
        assert entry.state == "running"
    (entry,) = find_runs(base / "begun")
    assert entry.state == "stopped"


def test_the_command(base, capsys):
    assert runs.main([str(base)]) == 0
    text = capsys.readouterr().out
    assert "cyclegan (quick) on synthetic: step 100 of 100, finished" in text
    assert "cycle 0.3, x 0.5, mean mask_b 0.25" in text
    assert runs.main([str(base), "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert entries == [dataclasses.asdict(entry) for entry in find_runs(base)]
    (base / "empty").mkdir()
    assert runs.main([str(base / "empty")]) == 0
    assert "no runs below" in capsys.readouterr().err
    assert runs.main([str(base / "nothing")]) == 1
    with pytest.raises(UserError, match="There is no folder"):
        find_runs(base / "nothing")


def test_ages_have_one_unit():
    assert [runs.age(s) for s in (5, 120, 7200, 200_000)] == [
        "5 s ago",
        "2 min ago",
        "2 h ago",
        "2 d ago",
    ]


def test_the_last_whole_row(tmp_path):
    file = tmp_path / "metrics.csv"
    assert last_row(file) == {}
    file.write_text("step,a\n")
    assert last_row(file) == {}
    file.write_text("step,a\n1,2\n3,")
    assert last_row(file) == {"step": "1", "a": "2"}
    assert losses_by_kind({"epoch": "1", "g/x_a": "", "g/y_a": "3"}) == {"y": 3}
