"""Compares the speed of training steps with the best speed of the machine.

    python benchmarks/roofline.py --machine
    python benchmarks/roofline.py --methods cyclegan lomit --threads 1

`--machine` shows the FLOP/s of products of matrices and of 3x3 convolutions, in
float32 and bfloat16. Each is the fastest of some calls.

Without `--machine`, each method trains in a separate process on synthetic
images. The FLOPs of a step are those of the convolutions and products of
matrices in its traced graph (graph_flops.py). The speed of a step is its FLOPs
divided by all of its time.

`share` is the speed of a step divided by the speed of the fastest 3x3
convolution of the same precision. Other work on the machine can halve both
speeds. So the convolution runs before and after each step, for a tenth of the
step's time. Each step is compared with its own two convolutions, and `share` is
the median. `fastest` is the speed of the fastest step divided by the speed of
the fastest convolution. With one thread, processor time counts, because it does
not grow while other processes run. With more threads and on GPUs, the clock
counts. The products and convolutions on a GPU are larger.

If some players do not learn in every step, a step is the mean of a period.
`--json FILE --resume` keeps the rows of the file and measures the others.
Without `--methods`, all methods are measured.
"""

import argparse
import dataclasses
import functools
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# If this file is run as a script, Python sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.devices import start_tensorflow  # noqa: E402
from benchmarks.graph_flops import graph_flops  # noqa: E402
from benchmarks.method_table import Table, training  # noqa: E402

PRECISIONS = ("float32", "bfloat16")
# Sides of square matrices; (batch, side, channels) of 3x3 convolutions.
MATRICES = (256, 512, 1024, 2048)
CONVOLUTIONS = (
    (1, 16, 512),
    (1, 32, 256),
    (4, 32, 256),
    (1, 64, 128),
    (1, 64, 256),
    (1, 128, 64),
    (1, 128, 128),
    (1, 64, 16),
)
# A GPU needs more work at once.
GPU_MATRICES = (2048, 4096, 8192, 16384)
GPU_CONVOLUTIONS = (
    (1, 64, 256),
    (16, 64, 256),
    (64, 64, 256),
    (64, 32, 512),
    (64, 128, 128),
)


@dataclasses.dataclass(frozen=True)
class Work:
    """A computation whose FLOPs are known.

    Attributes:
        name: str.
        flops: float, FLOPs of one call.
        run: function without arguments.
        timer: function of a function that calls it and returns the seconds.
    """

    name: str
    flops: float
    run: Callable
    timer: Callable

    def seconds(self):
        """Time of one call."""
        return self.timer(self.run)

    def speed(self, seconds):
        """FLOP/s of as many calls as fit into a time, at least one."""
        times = [self.seconds()]
        while sum(times) < seconds:
            times.append(self.seconds())
        return len(times) * self.flops / sum(times)

    def best(self, calls):
        """FLOP/s of the fastest of some calls. One call before is not timed."""
        self.run()
        return self.flops / min(self.seconds() for _ in range(calls))


def product(side, precision, timer):
    """`Work` of a product of two square matrices."""
    import tensorflow as tf

    left, right = (
        tf.cast(tf.random.normal((side, side)), precision) for _ in "12"
    )
    return Work(
        f"matrices, {side}",
        2.0 * side**3,
        lambda: tf.matmul(left, right),
        timer,
    )


def convolution(batch, side, channels, precision, timer):
    """`Work` of a 3x3 convolution. It has as many filters as channels."""
    import tensorflow as tf

    images = tf.random.normal((batch, side, side, channels))
    kernel = tf.random.normal((3, 3, channels, channels))
    images, kernel = tf.cast(images, precision), tf.cast(kernel, precision)
    return Work(
        f"3x3, {batch} x {side} px, {channels}",
        2.0 * 9 * batch * side**2 * channels**2,
        lambda: tf.nn.conv2d(images, kernel, 1, "SAME"),
        timer,
    )


def machine(threads, calls, matrices=None, convolutions=None):
    """The name of the device, and dict of a work to precision to FLOP/s.

    Args:
        threads: int.
        calls: int, how often each work is done.
        matrices: see `MATRICES`. None: those of the device.
        convolutions: see `CONVOLUTIONS`. None: those of the device.
    """
    device = start_tensorflow(threads)
    timer = timer_of(device, threads)
    of_device = works_of(device)
    matrices, convolutions = (
        matrices or of_device[0],
        convolutions or of_device[1],
    )
    rows = {}
    for precision in PRECISIONS:
        works = [product(side, precision, timer) for side in matrices]
        works += [
            convolution(*shape, precision, timer) for shape in convolutions
        ]
        for work in works:
            rows.setdefault(work.name, {})[precision] = work.best(calls)
    return device.name, rows


def timer_of(device, threads):
    """The `timer` of `Work` on a device."""
    clock = device.work_clock if threads == 1 else time.perf_counter
    return functools.partial(device.seconds, clock)


def works_of(device):
    """Sides of matrices and shapes of convolutions that a device does."""
    if device.name == "CPU":
        return MATRICES, CONVOLUTIONS
    return GPU_MATRICES, GPU_CONVOLUTIONS


def shares(ready):
    """For each round that only some steps have: the share of these steps."""
    firsts = (players[0] for players in ready.method.present_rounds)
    players = (ready.method.players[name] for name in firsts)
    return [
        len(player.rhythm[1]) / player.every
        for player in players
        if player.every > 1
    ]


def step_flops(ready):
    """FLOPs of a mean step of a `method_table.Training`."""
    import tensorflow as tf

    passes = None
    if hasattr(ready.method, "wanted_substeps"):
        wanted = ready.method.wanted_substeps(ready.batch)
        passes = float(tf.math.count_nonzero(wanted))
    graph = ready.step.get_concrete_function(ready.batch).graph
    return graph_flops(graph, branches=shares(ready), passes=passes)


def measure(name, options):
    """A row of the table."""
    ready = training(name, options)
    timer = timer_of(ready.device, options["threads"])
    period = functools.partial(ready.take, ready.period)
    work = Work(name, ready.period * step_flops(ready), period, timer)
    ceilings = [
        convolution(*shape, options["precision"], timer)
        for shape in works_of(ready.device)[1]
    ]
    ceiling = max(ceilings, key=lambda each: each.best(5))
    window = work.seconds() / 20  # the first call takes a little too long
    times, speeds = [], [ceiling.speed(window)]
    for _ in range(options["rounds"]):
        times.append(work.seconds())
        speeds.append(ceiling.speed(window))
    between = [sum(pair) / 2 for pair in itertools.pairwise(speeds)]
    of_each = [
        work.flops / seconds / speed
        for seconds, speed in zip(times, between, strict=True)
    ]
    return {
        "preset": ready.preset,
        "device": ready.device.name,
        "gflop": work.flops / ready.period / 1e9,
        "ms": 1000 * statistics.median(times) / ready.period,
        "gflops": work.flops / statistics.median(times) / 1e9,
        "ceiling": statistics.median(speeds) / 1e9,
        "share": statistics.median(of_each),
        "fastest": work.flops / min(times) / max(speeds),
    }


def print_machine(device, rows):
    """Prints the table of `machine`."""
    print(
        f"{'GFLOP/s, ' + device:24}"
        + "".join(f"{name:>14}" for name in PRECISIONS)
    )
    for name, row in rows.items():
        cells = (f"{row[kind] / 1e9:14.1f}" for kind in PRECISIONS)
        print(f"{name:24}" + "".join(cells))


def main(argv=None):
    """Measures the machine, or methods on it."""
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    if "--machine" in argv:
        parser.add_argument("--machine", action="store_true")
        parser.add_argument("--threads", type=int, default=2)
        parser.add_argument("--calls", type=int, default=20)
        options = parser.parse_args(argv)
        print_machine(*machine(options.threads, options.calls))
        return 0
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    return TABLE.main(parser, argv)


TABLE = Table(
    __file__,
    measure,
    {
        "gflop": ",.1f",
        "ms": ",.0f",
        "gflops": ".1f",
        "ceiling": ".1f",
        "share": ".2f",
        "fastest": ".2f",
    },
)

if __name__ == "__main__":
    sys.exit(main())
