"""What a run folder allows, in one process: no dead ends."""

import shlex
import threading
from types import SimpleNamespace

import pytest
from tiny import OPTIONS, tiny_config

from data_pipelines.synthetic import write_folder
from tfmask.ops.errors import UserError
from tfmask.ops.locks import only_writer
from tfmask.training.callbacks import MetricRows
from tfmask.training.checkpoints import Checkpoints
from tfmask.training.resuming import check_resume
from tfmask.training.run_folder import (
    read_config,
    run_checkpoints,
    write_config,
)
from trainers import train

TRAIN = [
    "cyclegan",
    "--data",
    "synthetic",
    *OPTIONS,
    *shlex.split("--run.log-every 1 --run.sample-every 100"),
]


def resume(run, *options):
    return train.main(["cyclegan", "--run", str(run), "--resume", *options])


def content(folder):
    return {
        path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
        for path in folder.rglob("*")
    }


@pytest.fixture
def stopped(tmp_path):
    """A run of 40 steps, without its checkpoints' contents."""
    run = tmp_path / "run"
    config = tiny_config("cyclegan", run__steps=60)
    write_config(run, config, epoch_steps=2)
    run_checkpoints(run).path(40).mkdir(parents=True)
    return run


@pytest.mark.parametrize("options", [["--steps", "39"], ["--epochs", "19"]])
def test_fewer_steps_than_taken_change_nothing(stopped, options, capsys):
    before = content(stopped)
    assert resume(stopped, *options) == 1
    assert content(stopped) == before
    (line,) = capsys.readouterr().err.splitlines()
    assert "has 40 steps already" in line and "--steps above 40" in line


def test_a_finished_run_has_nothing_to_do(stopped, capsys):
    before = content(stopped)
    assert resume(stopped, "--steps", "40") == 0
    assert content(stopped) == before
    assert "nothing to do" in capsys.readouterr().err


def test_epochs_of_a_resumed_run_win_over_its_steps(stopped):
    argv = ["cyclegan", "--run", str(stopped), "--resume", "--epochs", "45"]
    _, config, _ = train.parse(argv)
    assert config.run.steps is None and config.run.epochs == 45
    check_resume(stopped, config)  # 90 steps


def test_what_a_resumed_run_cannot_change_is_named(stopped, capsys):
    assert resume(stopped, "--optimizer.learning-rate", "0.1") == 1
    said = capsys.readouterr().err
    assert "`optimizer.learning_rate`" in said and "another --run" in said


@pytest.mark.parametrize(
    ("location", "relative"), [("moved", True), ("{}/moved", False)]
)
def test_data_that_moved_is_named_with_its_run(
    stopped, location, relative, capsys
):
    location = location.format(stopped.parent)
    config = tiny_config("cyclegan", data__location=location, run__steps=60)
    write_config(stopped, config, epoch_steps=2)
    before = content(stopped)
    assert resume(stopped, "--steps", "80") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"run `{stopped}`, recorded as `{location}`" in line
    assert ("relative to the folder" in line) == relative
    assert "give --data NEW" in line
    assert content(stopped) == before
    # Only opening the data shows whether the new place is right.
    moved = tiny_config("cyclegan", data__location="new", run__steps=60)
    assert check_resume(stopped, moved) is None


@pytest.mark.parametrize("again", [True, False])
def test_a_run_in_use_is_refused_with_its_process(stopped, again, capsys):
    before = content(stopped)
    with only_writer(stopped, ""):
        if again:
            code = resume(stopped)
        else:
            code = train.main([*TRAIN, "--run", str(stopped)])
    assert code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"`{stopped}` is in use by process" in line
    assert content(stopped).keys() == before.keys()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda run: None, "Go on with --resume (from step 40)"),
        (
            lambda run: run_checkpoints(run).path(40).rmdir(),
            "Go on with --resume (from the beginning: no checkpoint yet)",
        ),
        (lambda run: (run / "config.json").unlink(), "it is no run folder"),
    ],
)
def test_a_used_folder_says_how_to_go_on(stopped, make, message, capsys):
    make(stopped)
    assert train.main([*TRAIN, "--run", str(stopped)]) == 1
    said = capsys.readouterr().err
    assert message in said and "hoose another --run" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is damaged"), ('{"config": {"method_name": "x"}}', "version")],
)
def test_a_config_that_cannot_be_read_is_no_traceback(
    stopped, text, message, capsys
):
    (stopped / "config.json").write_text(text)
    assert resume(stopped) == 1
    said = capsys.readouterr().err
    assert message in said and "another run" in said


@pytest.mark.parametrize(
    ("steps", "last"), [([], "no checkpoint yet"), ([4], "is of step 4")]
)
def test_losses_that_are_not_finite_say_what_to_do(tmp_path, steps, last):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for step in steps:
        checkpoints.path(step).mkdir(parents=True)
    rows = MetricRows(
        tmp_path, 1, epoch_steps=2, writer=None, checkpoints=checkpoints
    )
    broken = SimpleNamespace(
        result=lambda: {"g/gan": float("nan")}, reset_state=lambda: None
    )
    rows.set_model(SimpleNamespace(terms=broken))
    with pytest.raises(UserError) as error:
        rows.at(5)
    for part in (last, "another --run", "--optimizer.learning-rate"):
        assert part in str(error.value)


def test_rows_that_a_kill_cut_off_are_removed(tmp_path):
    rows = MetricRows(tmp_path, 1, epoch_steps=2, writer=True, checkpoints=None)
    rows.set_model(SimpleNamespace(step=SimpleNamespace(numpy=lambda: 2)))
    header, path = "step,loss\n", tmp_path / "metrics.csv"
    for text, rest in [
        ("", None),
        ("step,lo", None),
        (header, None),
        (f"{header}1,3.5\n2,3.0\n3,2.5\n", f"{header}1,3.5\n2,3.0\n"),
        (f"{header}1,3.5\n2,3", f"{header}1,3.5\n"),
    ]:
        path.write_text(text)
        rows.on_train_begin()
        assert (path.read_text() if path.exists() else None) == rest


@pytest.mark.slow
def test_a_thread_trains_and_a_run_without_checkpoint_goes_on_from_elsewhere(
    tmp_path, monkeypatch, capsys
):
    run, codes = tmp_path / "run", []
    write_folder(tmp_path / "d", {"train": 2}, image_size=16, seed=3)
    monkeypatch.chdir(tmp_path)

    def work():  # signals reach the main thread alone
        argv = [*TRAIN, "--data", "d", "--run", str(run), "--steps", "2"]
        codes.append(train.main(argv))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert codes == [0]
    said = capsys.readouterr().err
    assert "d: trainA 2, trainB 2\n" in said
    assert "no test images" in said and "show training images" in said
    assert read_config(run)[0].data.location == str(tmp_path / "d")
    assert not (run / ".lock").exists()
    # As if it had been killed before its first checkpoint.
    (step,) = run_checkpoints(run).path(2).parent.iterdir()
    for path in step.iterdir():
        path.unlink()
    step.rmdir()
    before = read_config(run)[0]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume(run) == 0
    assert "resumed at step 0" in capsys.readouterr().err
    assert read_config(run)[0] == before
    assert run_checkpoints(run).steps() == [2]
    rows = (run / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "1", "2"]
