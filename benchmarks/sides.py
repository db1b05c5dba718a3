"""The sides of a benchmark: a process for each library, timed in turns."""

import json
import os
import subprocess
import sys
from pathlib import Path


class Side:
    """A worker process that is ready for timing.

    Args:
        name: str, a name of `worker.SIDES`.
        options: dict, the options of `train_step.py`.

    Attributes:
        times: dict of a function's name to pairs of wall and CPU seconds.
        peak_mib, device, parameters: see `worker.py`. Known after `time`.
    """

    def __init__(self, name, options):
        self.name = name
        self.times = {}
        self.peak_mib = 0.0
        self.device = None
        self.parameters = {}
        threads = str(options["threads"])
        self._process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("worker.py")),
                name,
                json.dumps(options),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads},
        )
        while (line := self._process.stdout.readline()).strip() != "ready":
            if not line:
                raise SystemExit(
                    f"The {name} side failed; its error stands above."
                )

    def time(self, count):
        """Times `count` repetitions of each of the side's functions."""
        print(count, file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        self.peak_mib = answer["peak_mib"]
        self.device = answer["device"]
        self.parameters = answer["parameters"]
        for name, times in answer["times"].items():
            self.times.setdefault(name, []).extend(times)

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def common_device(sides):
    """The name of the device of all sides. Ends the program if they differ."""
    devices = {side.name: side.device for side in sides}
    if len(set(devices.values())) > 1:
        raise SystemExit(
            f"The sides ran on different devices: {devices}. Install both "
            "libraries with support for the GPU, or run both on the CPU: "
            "CUDA_VISIBLE_DEVICES=-1"
        )
    return sides[0].device
