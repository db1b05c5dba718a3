import re
import signal
import time

import pytest
from processes import TFMASK, start_workers, tfmask_process
from tiny import OPTIONS

from tfmask.training.run_folder import run_checkpoints
from tfmask.training.strategies import NOTICED_WITHIN

TRAIN = ["train", "cyclegan", "--data", "synthetic", *OPTIONS, "--steps", 4]


def lose_a_worker(command, run, signal_number):
    """Sends a signal to the second of two workers; the first has to end."""
    chief, other = start_workers(command, 2)
    await_checkpoint(run, (chief, other))
    other.send_signal(signal_number)
    lost = time.monotonic()
    try:
        _, err = chief.communicate(timeout=NOTICED_WITHIN + 60)
    finally:
        other.kill()
        other.communicate()
    assert time.monotonic() - lost < NOTICED_WITHIN, err
    assert chief.returncode == 1, err
    assert "Traceback" not in err
    assert "Worker 1 (127.0.0.1:" in err and "--resume" in err


def endless_training(run):
    command = [*TFMASK, *TRAIN[:-1], 100_000, "--run", run]
    return [
        *command, "--strategy", "multiworker", "--run.checkpoint-every", 2,
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.multiworker
def test_a_worker_that_does_not_answer_is_named(tmp_path):
    run = tmp_path / "run"
    lose_a_worker(endless_training(run), run, signal.SIGSTOP)


@pytest.mark.slow
@pytest.mark.multiworker
def test_a_killed_worker_is_named_and_a_restart_resumes(tmp_path):
    run = tmp_path / "run"
    command = endless_training(run)
    lose_a_worker(command, run, signal.SIGKILL)
    reached = run_checkpoints(run).steps()[-1]
    rest = [*command, "--resume", "--steps", reached + 2]
    words = []
    for process in start_workers(rest, 2):
        _, err = process.communicate(timeout=280)
        assert process.returncode == 0, err
        words.append(err)
    assert f"resumed at step {reached}" in words[0]
    assert run_checkpoints(run).steps()[-1] == reached + 2
    hashes = [re.search(r"weights (\w{16})", err)[1] for err in words]
    assert hashes[0] == hashes[1]


def await_checkpoint(run, processes):
    """Waits for the first checkpoint of running workers."""
    deadline = time.monotonic() + 280
    while not run_checkpoints(run).steps():
        for process in processes:
            assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_missing_tf_config_is_explained(tmp_path):
    _, err = tfmask_process(
        *TRAIN, "--run", tmp_path / "run", "--strategy", "multiworker",
        code=1, TF_CONFIG="",
    )  # fmt: skip
    assert "TF_CONFIG" in err
    assert "Traceback" not in err
