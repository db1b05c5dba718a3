"""Running `tfmask` in processes of its own, as a user does."""

import os
import subprocess
import sys
from pathlib import Path

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


def start_tfmask(*arguments, **extra):
    """A running process of `tfmask ARGUMENTS`."""
    return subprocess.Popen(
        [sys.executable, "-m", "trainers.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment(**extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tfmask(*arguments, code=0, **extra):
    """Runs `tfmask ARGUMENTS` to its end; returns stdout and stderr."""
    process = start_tfmask(*arguments, **extra)
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, (
        f"{arguments}: {process.returncode}\n{err}"
    )
    return out, err
