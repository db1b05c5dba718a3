import json
import re
import socket

import pytest
from processes import start_tfmask, tfmask_process
from tiny import OPTIONS


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


TRAIN = ["train", "cyclegan", "--data", "synthetic", *OPTIONS, "--steps", 4]


@pytest.mark.slow
@pytest.mark.multiworker
def test_two_workers_finish_with_equal_weights(tmp_path):
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = [
        start_tfmask(
            *TRAIN,
            "--run",
            tmp_path / "run",
            "--strategy",
            "multiworker",
            "--run.log-every",
            2,
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": workers},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )  # fmt: skip
        for index in range(2)
    ]
    hashes = []
    for process in processes:
        _, err = process.communicate(timeout=280)
        assert process.returncode == 0, err
        hashes.append(re.search(r"step 4, weights (\w{16})", err)[1])
    assert hashes[0] == hashes[1]
    assert (tmp_path / "run" / "checkpoints" / "step-00000004").is_dir()


def test_missing_tf_config_is_explained(tmp_path):
    _, err = tfmask_process(
        *TRAIN, "--run", tmp_path / "run", "--strategy", "multiworker",
        code=1, TF_CONFIG="",
    )  # fmt: skip
    assert "TF_CONFIG" in err
    assert "Traceback" not in err
