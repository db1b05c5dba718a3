import re
import time

import pytest
from processes import TFMASK, start_workers, tfmask_process
from tiny import OPTIONS

from tfmask.training.run_folder import run_checkpoints
from tfmask.training.strategies import NOTICED_WITHIN

TRAIN = ["train", "cyclegan", "--data", "synthetic", *OPTIONS, "--steps", 4]


@pytest.mark.slow
@pytest.mark.multiworker
def test_a_killed_worker_is_named_and_a_restart_resumes(tmp_path):
    run = tmp_path / "run"
    command = [*TFMASK, *TRAIN[:-1], 100_000, "--run", run]
    command += ["--strategy", "multiworker", "--run.checkpoint-every", 2]
    chief, other = start_workers(command, 2)
    await_checkpoint(run, (chief, other))
    other.kill()
    killed = time.monotonic()
    _, err = chief.communicate(timeout=NOTICED_WITHIN + 60)
    assert time.monotonic() - killed < NOTICED_WITHIN, err
    assert chief.returncode == 1, err
    assert "Traceback" not in err
    assert "Worker 1 (127.0.0.1:" in err and "--resume" in err
    other.communicate()
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
