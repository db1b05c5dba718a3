"""A server to test: a running one, or a local one in a separate process."""

import contextlib
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading

from tfmask.ops.start import load_tensorflow

ROOT = pathlib.Path(__file__).parents[2]
TOY = "toy"  # name of the model in the scripts' requests
_START_SECONDS = _END_SECONDS = 120


@contextlib.contextmanager
def running_server(*arguments):
    """Runs `tfmask serve` on a free port until the block ends.

    Args:
        *arguments: options of `tfmask serve`.

    Yields:
        (target, process): "host:port" and `subprocess.Popen`.

    Raises:
        RuntimeError: the server did not start, or did not end. The message
            has all that the server printed.
    """
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "serving.local_server",
            "--port=0",
            *map(str, arguments),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "PYTHONFAULTHANDLER": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines, printed_lines = queue.Queue(), []

    def read():
        # Read until the end: if the pipe is full, the server stops.
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while True:
            line = lines.get(timeout=_START_SECONDS)
            if line is None:
                raise RuntimeError("".join(printed_lines))
            printed_lines.append(line)
            if line.startswith("serving on "):
                break
        yield line.split()[-1], process
    finally:
        process.terminate()
        try:
            process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # it prints where it hangs
            process.wait()
            reader.join()
            printed = "".join(filter(None, (*printed_lines, *lines.queue)))
            raise RuntimeError(f"it did not end:\n{printed}") from None
        finally:
            reader.join()
            process.stdout.close()


@contextlib.contextmanager
def given_or_own_server(target, *arguments):
    """The running server at `target`, or a new local one.

    Args:
        target: str, "host:port" of a running server, or "" to start one.
        *arguments: options of `tfmask serve` for the new server.

    Yields:
        (target, process): str and `subprocess.Popen`. The process of a running
        server is None.

    Raises:
        RuntimeError: as `running_server`.
    """
    if target:
        yield target, None
    else:
        with running_server(*arguments) as started:
            yield started


def write_toys(base, versions):
    """Writes versions of the toy model for a server in another process.

    Args:
        base: `pathlib.Path`, folder of all models; gets `toy`.
        versions: ints.
    """
    load_tensorflow()  # it keeps TensorFlow's start from printing
    from serving.conformance.fixture import write_version

    for version in versions:
        write_version(base, TOY, version)


def resident(process) -> float:
    """MiB of memory that the process of a `Popen` holds; 0 after its end."""
    return resident_of(process.pid)


def resident_of(pid: int | None) -> float:
    """MiB of memory that a process holds; 0 if this is not known."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0
