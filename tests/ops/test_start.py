"""What TensorFlow says at its start: only problems come through."""

import os
import subprocess
import sys

import pytest

from tfmask.ops.start import load_tensorflow, without_noise

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


@pytest.mark.parametrize("refused", [None, RuntimeError, ValueError])
def test_every_gpu_gives_memory_as_it_is_needed(monkeypatch, refused):
    import tensorflow as tf

    gpus, grown = ["GPU:0", "GPU:1"], []

    def devices(kind=None):
        return gpus if kind == "GPU" else ["CPU:0", *gpus]

    def growth(device, enable):
        grown.append((device, enable))
        if refused:  # initialised already, or divided into logical ones
            raise refused

    monkeypatch.setattr(tf.config, "list_physical_devices", devices)
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", growth)
    load_tensorflow()
    assert grown == [("GPU:0", True), ("GPU:1", True)]


@pytest.mark.slow
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
