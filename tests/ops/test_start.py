"""What TensorFlow says at its start: only problems come through."""

import os
import subprocess
import sys

from tfmask.ops.start import without_noise

LINES = (
    b"WARNING: All log messages before absl::InitializeLog() is called\n",
    b"I0000 00:00:17 7 port.cc:153] oneDNN custom operations are on.\n",
    b"E0000 00:00:17 7 x.cc:52] failed call to cuInit: UNKNOWN ERROR (303)\n",
    b"E0000 00:00:17 7 x.cc:9] Cannot dlopen some GPU libraries\n",
    b"Traceback\n",
)


def test_noise_is_dropped_and_problems_are_not(capfd):
    with without_noise():
        for line in LINES:
            os.write(2, line)
    err = capfd.readouterr().err
    assert err.splitlines() == [
        "E0000 00:00:17 7 x.cc:9] Cannot dlopen some GPU libraries",
        "Traceback",
    ]
    print("afterwards", file=sys.stderr)
    assert capfd.readouterr().err == "afterwards\n"


def test_an_exception_passes_with_what_was_printed(capfd):
    try:
        with without_noise():
            os.write(2, b"why\n")
            raise ImportError("no")
    except ImportError:
        pass
    assert capfd.readouterr().err == "why\n"


def test_tensorflow_starts_in_silence():
    code = "from tfmask.ops.start import load_tensorflow; load_tensorflow()"
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (0, "")
