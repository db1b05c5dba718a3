"""Running `tfmask`: in processes of its own, as a user does, or in this one."""

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from trainers import cli

ROOT = Path(__file__).parents[2]


def environment(**extra):
    """The test's environment, with the sources on the path."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **extra,
    }


TFMASK = [sys.executable, "-m", "trainers.cli"]


def start(command, **extra):
    """A running process, with `extra` variables of its environment."""
    return subprocess.Popen(
        [*map(str, command)],
        cwd=ROOT,
        env=environment(**extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_tfmask(*arguments, **extra):
    """A running process of `tfmask ARGUMENTS`."""
    return start([*TFMASK, *arguments], **extra)


def start_workers(command, count):
    """The same command as workers of one cluster on loopback.

    Returns:
        list of running processes; the first one is the chief. One alone is
        no worker.
    """
    if count == 1:
        return [start(command)]
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    hosts = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return [
        start(
            command,
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": hosts},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )
        for index in range(count)
    ]


def tfmask(*arguments, code=0):
    """Runs `tfmask ARGUMENTS` in this process; returns stdout and stderr.

    TensorFlow is there already, and a process takes seconds to import it.
    """
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        exit_code = cli.main([str(argument) for argument in arguments])
    assert exit_code == code, f"{arguments}: {exit_code}\n{err.getvalue()}"
    return out.getvalue(), err.getvalue()


def tfmask_process(*arguments, code=0, **extra):
    """The same in a process, with `extra` variables of its environment."""
    process = start_tfmask(*arguments, **extra)
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, (
        f"{arguments}: {process.returncode}\n{err}"
    )
    return out, err
