"""The contract of TensorFlow Serving's interface, on the local server."""

import os
import subprocess
import sys

import pytest

from serving.conformance.processes import ROOT


def conformance(*options):
    """Runs the contract's tests in a process of their own."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "serving/conformance",
            "-q",
            "-p",
            "no:cacheprovider",
            *options,
        ],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout.splitlines()[-1]


@pytest.mark.medium
def test_the_local_server_keeps_the_contract():
    conformance()


@pytest.mark.slow
@pytest.mark.release
def test_hostile_use_does_not_stop_the_local_server():
    # While another test runs, a limit of one second is too short.
    conformance("-m", "hostile", "--slowest-status", "20")
