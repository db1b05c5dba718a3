"""Killed runs, in real processes: they go on as if nothing had happened."""

import os
import random
import shlex
import signal
import time

import numpy as np
import pytest
from processes import start_tfmask, tfmask_process
from tiny import ATTENTION, OPTIONS

from tfmask.training.run_folder import run_checkpoints

STEPS = 12
TRAIN = ["train", "attention_guided", "--data", "synthetic"]
LIMITS = ["--steps", STEPS, "--run.checkpoint-every", 2, "--run.log-every", 2]


def weights(run):
    path = run_checkpoints(run).path(STEPS) / "state.npz"
    with open(path, "rb") as file, np.load(file) as stored:
        return {name: stored[name] for name in stored.files}


# Lessons in steps 0 to 8, first with given masks, then with own masks. After
# them only adversarial training.
LESSONS = shlex.split(
    "--data.masks-for-training 4 --method.lesson-epochs 4 "
    "--method.own-mask-rounds 2 --run.lesson-batch-size 2 "
    "--method.attention-network unet --method.attention-levels 2 "
    "--method.shared-attention given"
)


@pytest.mark.slow
def test_killed_run_ends_bit_equal_to_the_uninterrupted_one(tmp_path):
    options = [*OPTIONS, *ATTENTION, *LIMITS, *LESSONS, "--deterministic"]
    # Every bit is compared, so Adam's noise cannot hide a difference.
    tfmask_process(*TRAIN, "--run", tmp_path / "whole", *options)
    killed = tmp_path / "killed"
    process = start_tfmask(*TRAIN, "--run", killed, *options)
    after = random.Random(os.getpid()).choice([2, 4, 6, 8, 10])
    deadline = time.monotonic() + 240
    while not any(s >= after for s in run_checkpoints(killed).steps()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not run_checkpoints(killed).path(STEPS).exists()
    tfmask_process("train", "attention_guided", "--run", killed, "--resume")
    whole, resumed = weights(tmp_path / "whole"), weights(killed)
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(resumed[name], value, err_msg=name)
    rows = [
        (folder / "metrics.csv").read_text().splitlines()
        for folder in (tmp_path / "whole", killed)
    ]
    steps = [[row.split(",")[0] for row in table] for table in rows]
    assert steps[0] == steps[1]


@pytest.mark.slow
def test_interrupt_saves_and_resume_goes_on_for_longer(tmp_path):
    run = tmp_path / "run"
    process = start_tfmask(
        "train", "cyclegan", "--data", "synthetic", "--run", run,
        *OPTIONS, "--steps", 100000, "--run.log-every", 1,
        "--run.checkpoint-every", 100000, "--run.sample-every", 100000,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not (run / "metrics.csv").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "go on with --resume" in err
    (step,) = run_checkpoints(run).steps()
    tfmask_process(
        "train", "cyclegan", "--run", run, "--resume", "--steps", step + 3
    )
    assert run_checkpoints(run).steps()[-1] == step + 3
    _, err = tfmask_process(
        "train", "cyclegan", "--run", run, "--resume", "--seed", 5, code=1
    )
    assert "`run.seed`" in err
