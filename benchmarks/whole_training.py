"""What a whole `tfmask train` takes for a step, next to the bare step.

    python benchmarks/whole_training.py

A folder of JPEG files is the data. `tfmask train` runs with so many steps and
with more (`--steps`), each time in a process of its own. The difference of
their processor time, for each step between, is that of the whole training: the
input, the step, the lines, numbers, pictures and checkpoints that the default
intervals ask for. A third process runs the bare compiled step on one batch that
stays in memory. The sides take turns. On a GPU the time is by the clock.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]


def children_seconds():
    """Processor time of all processes that this one has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, threads):
    """A command's standard output, its processor seconds, and by the clock."""
    from benchmarks.method_table import environment

    before, start = children_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **environment(threads),
            "TF_NUM_INTRAOP_THREADS": str(threads),
            "TF_NUM_INTEROP_THREADS": str(threads),
        },
    )
    wall = time.perf_counter() - start
    return done.stdout, children_seconds() - before, wall


def bare_step(options):
    """Prints the device, and the milliseconds of a bare step on it."""
    from benchmarks.method_table import training

    ready = training(options["method"], options)
    device, count = ready.device, options["steps"]
    ready.take(10)
    device.synchronize()
    seconds = device.seconds(device.work_clock, ready.take, count)
    print(json.dumps([device.name, 1000 * seconds / count]))


def compare(arguments):
    """Prints both sides of every round, and the ratio of their medians."""
    from benchmarks.input_pipeline import write_photographs

    first, last = arguments.steps
    options = {
        "method": arguments.method,
        "preset": arguments.preset,
        "image_size": arguments.image_size,
        "batch_size": arguments.batch_size,
        "threads": arguments.threads,
        "steps": last - first,
    }
    whole, bare = [], []
    print(f"{'':8}{'whole training':>16}{'bare step':>12}   ms a step on")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        write_photographs(data, arguments.images, arguments.image_size)

        def seconds(steps):
            place = Path(folder, f"run-{len(whole)}-{steps}")
            command = (
                f"-m trainers.train {arguments.method} --preset "
                f"{arguments.preset} --image-size {arguments.image_size} "
                f"--run.batch-size {arguments.batch_size} --steps {steps} "
                f"--data.epoch-steps {last}"
            ).split()
            paths = ["--data", str(data), "--run", str(place)]
            return np.array(run([*command, *paths], arguments.threads)[1:])

        for index in range(arguments.rounds):
            processor, wall = seconds(last) - seconds(first)
            command = [__file__, "--bare", json.dumps(options)]
            device, of_bare = json.loads(run(command, arguments.threads)[0])
            duration = processor if device == "CPU" else wall
            whole.append(1000 * duration / (last - first))
            bare.append(of_bare)
            numbers = f"{whole[-1]:16.1f}{bare[-1]:12.1f}"
            print(f"round {index + 1:2}{numbers}   {device}")
    ratio = np.median(bare) / np.median(whole)
    print(f"the whole training has {ratio:.2f} of the bare step's rate")


def main(argv=None):
    """Runs the benchmark, or one bare side of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--method", default="cyclegan")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--images", type=int, default=100, help="a domain")
    parser.add_argument("--steps", type=int, nargs=2, default=[50, 250])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bare", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.bare:
        bare_step(arguments.bare)
    else:
        compare(arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
