"""The commands as a user types them: from training to export, and bad input."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from processes import (
    ROOT,
    environment,
    start_tfmask,
    tfmask,
    tfmask_process,
)
from tiny import ATTENTION, OPTIONS

from data_pipelines.synthetic import write_folder
from trainers import cli

pytestmark = pytest.mark.both_stacks


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "photos"
    write_folder(folder, {"train": 4, "test": 3}, image_size=24, seed=3)
    return folder


def train(data, run, method="attention_guided"):
    extra = ATTENTION if method == "attention_guided" else []
    return tfmask_process(
        "train", method, "--data", data, "--run", run, *OPTIONS, *extra,
        "--steps", 2, "--run.log-every", 1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    train(photos, folder)
    return folder


@pytest.mark.medium
def test_the_whole_road_from_photos_to_an_answer(photos, run, tmp_path):
    for name in ("config.json", "metrics.csv", "index.html", "model_card.md"):
        assert (run / name).is_file(), name
    # The picture of the weights that the card speaks of.
    picture = "images/step_00000002.png"
    assert f"]({picture})" in (run / "model_card.md").read_text()
    assert (run / picture).is_file()
    assert list((run / "tensorboard").iterdir())
    assert (run / "checkpoints" / "step-00000002" / "state.npz").is_file()

    card = json.loads((run / "model_card.json").read_text())
    own = card["mask_thresholds"]
    assert own.pop("step") == 2 and own.keys() == {"a_to_b", "b_to_a"}

    numbers = tmp_path / "numbers.json"
    tfmask("evaluate", "--run", run, "--data", photos, "--json", numbers)
    rows = json.loads(numbers.read_text())["directions"]["a_to_b"]
    assert rows["identity"]["background_l1"] == 0
    assert rows["model"]["mask_iou"] is not None
    assert rows["model"]["mask_iou_own_threshold"] == own["a_to_b"]
    assert (run / "evaluation" / "index.html").is_file()

    out = tmp_path / "translated"
    source = photos / "testA"
    tfmask("translate", "--run", run, "--input", source, "--output", out)
    assert len(list(out.glob("*.png"))) == 3
    assert len(list(out.glob("masks/*_mask.png"))) == 3

    base = tmp_path / "models"
    tfmask("export", "--run", run, "--base", base, "--name", "toy")
    server = start_tfmask("serve", "--base", base, "--port", 0)
    try:
        target = server.stdout.readline().split()[-1]
        answers = tmp_path / "answers"
        tfmask_process(
            "query", "--target", target, "--model", "toy",
            "--input", source, "--output", answers,
        )  # fmt: skip
    finally:
        server.terminate()
        server.communicate(timeout=30)
    for path in out.rglob("*.png"):
        here, there = (
            np.asarray(Image.open(folder / path.relative_to(out)), np.int32)
            for folder in (out, answers)
        )
        assert np.abs(here - there).max() <= 1, path.name


@pytest.mark.slow
def test_minutes_stop_at_a_step_with_a_checkpoint(photos, tmp_path):
    began = time.monotonic()
    _, err = tfmask(
        "train", "cyclegan", "--data", photos, "--run", tmp_path / "run",
        *OPTIONS, "--steps", 10**6, "--minutes", 0.05,
    )  # fmt: skip
    assert time.monotonic() - began < 200
    assert "time is up at step" in err
    (folder,) = (tmp_path / "run" / "checkpoints").glob("step-*")
    assert f"step {int(folder.name[5:])} of" in err


@pytest.mark.medium
def test_existing_run_folder_is_left_alone(photos, run):
    before = sorted(path.name for path in run.rglob("*"))
    _, err = tfmask(
        "train", "attention_guided", "--data", photos, "--run", run, code=1
    )
    assert "exists and is not empty" in err
    assert "Traceback" not in err
    assert sorted(path.name for path in run.rglob("*")) == before


@pytest.mark.slow
def test_full_disk_keeps_the_last_good_checkpoint(photos, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)],
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs needs root")
    try:
        _, err = tfmask(
            "train", "cyclegan", "--data", photos, "--run", disk / "run",
            *OPTIONS, "--steps", 2000, "--run.checkpoint-every", 1,
            "--run.keep-checkpoints", 1000, "--run.sample-every", 10000,
            code=1,
        )  # fmt: skip
        assert "No space left" in err
        assert "Traceback" not in err
        checkpoints = sorted((disk / "run" / "checkpoints").glob("step-*"))
        assert checkpoints
        with open(checkpoints[-1] / "state.npz", "rb") as file:
            assert np.load(file).files
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: [p.unlink() for p in d.glob("trainA/*")], "trainA"),
        (lambda d: (d / "trainA" / "x.png").write_text("text"), "x.png"),
    ],
)
def test_bad_data_is_named_without_a_traceback(
    photos, tmp_path, spoil, message
):
    import shutil

    data = shutil.copytree(photos, tmp_path / "data")
    spoil(data)
    _, err = tfmask(
        "train", "cyclegan", "--data", data, "--run", tmp_path / "run",
        *OPTIONS, "--steps", 1, code=1,
    )  # fmt: skip
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "run").exists()


def test_options_are_parsed_without_tensorflow():
    script = (
        "import sys\n"
        "from trainers.train import parse\n"
        "import serving.query, trainers.cli\n"
        "parse(['cyclegan', '--data', 'x', '--run', 'r'])\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'keras' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=ROOT, env=environment()
    )


@pytest.mark.parametrize(
    ("argv", "code", "text"),
    [
        ([], 2, "usage"),
        (["--help"], 0, "usage"),
        (["--version"], 0, "tfmask 0."),
        (["trian"], 2, "Did you mean: train"),
    ],
)
def test_command_line_without_a_verb(argv, code, text, capsys):
    assert cli.main(argv) == code
    printed = capsys.readouterr()
    assert text in printed.out + printed.err


def test_every_verb_is_a_script_of_its_own():
    for module, _ in cli.VERBS.values():
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        assert 'if __name__ == "__main__":' in path.read_text(), path
        assert os.access(path, os.R_OK)
