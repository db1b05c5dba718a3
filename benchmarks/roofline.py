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
not grow while other processes run. With more threads, the clock counts.

If some players do not learn in every step, a step is the mean of a period.
`--json FILE --resume` keeps the rows of the file and measures the others.
Without `--methods`, all methods are measured.
"""

import argparse
import dataclasses
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# If this file is run as a script, Python sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.graph_flops import graph_flops  # noqa: E402
from benchmarks.method_table import Table, set_threads, training  # noqa: E402

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


@dataclasses.dataclass(frozen=True)
class Work:
    """A computation whose FLOPs are known.

    Attributes:
        name: str.
        flops: float, FLOPs of one call.
        run: function without arguments.
        clock: function that returns seconds.
    """

    name: str
    flops: float
    run: Callable
    clock: Callable

    def seconds(self):
        """Time of one call."""
        start = self.clock()
        self.run()
        return self.clock() - start

    def speed(self, seconds):
        """FLOP/s of as many calls as fit into a time, at least one."""
        start, calls = self.clock(), 0
        while not calls or self.clock() - start < seconds:
            self.run()
            calls += 1
        return calls * self.flops / (self.clock() - start)

    def best(self, calls):
        """FLOP/s of the fastest of some calls. One call before is not timed."""
        self.run()
        return self.flops / min(self.seconds() for _ in range(calls))


def product(side, precision, clock):
    """`Work` of a product of two square matrices."""
    import tensorflow as tf

    left, right = (
        tf.cast(tf.random.normal((side, side)), precision) for _ in "12"
    )
    return Work(
        f"matrices, {side}",
        2.0 * side**3,
        lambda: tf.matmul(left, right),
        clock,
    )


def convolution(batch, side, channels, precision, clock):
    """`Work` of a 3x3 convolution. It has as many filters as channels."""
    import tensorflow as tf

    images = tf.random.normal((batch, side, side, channels))
    kernel = tf.random.normal((3, 3, channels, channels))
    images, kernel = tf.cast(images, precision), tf.cast(kernel, precision)
    return Work(
        f"3x3, {batch} x {side} px, {channels}",
        2.0 * 9 * batch * side**2 * channels**2,
        lambda: tf.nn.conv2d(images, kernel, 1, "SAME"),
        clock,
    )


def machine(threads, calls, matrices=MATRICES, convolutions=CONVOLUTIONS):
    """dict of a work's name to a dict of precision to FLOP/s."""
    clock = start_tensorflow(threads)
    rows = {}
    for precision in PRECISIONS:
        works = [product(side, precision, clock) for side in matrices]
        works += [
            convolution(*shape, precision, clock) for shape in convolutions
        ]
        for work in works:
            rows.setdefault(work.name, {})[precision] = work.best(calls)
    return rows


def start_tensorflow(threads):
    """Sets the threads before anything runs. Returns the clock to use."""
    set_threads(threads)
    return time.process_time if threads == 1 else time.perf_counter


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
    clock = start_tensorflow(options["threads"])
    ready = training(name, options)

    def step():
        for _ in range(ready.period):
            ready.step(ready.batch)

    work = Work(name, ready.period * step_flops(ready), step, clock)
    ceilings = [
        convolution(*shape, options["precision"], clock)
        for shape in CONVOLUTIONS
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
        "gflop": work.flops / ready.period / 1e9,
        "ms": 1000 * statistics.median(times) / ready.period,
        "gflops": work.flops / statistics.median(times) / 1e9,
        "ceiling": statistics.median(speeds) / 1e9,
        "share": statistics.median(of_each),
        "fastest": work.flops / min(times) / max(speeds),
    }


def print_machine(rows):
    """Prints the table of `machine`, and the best of each kind."""
    print(f"{'GFLOP/s':24}" + "".join(f"{name:>14}" for name in PRECISIONS))
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
        print_machine(machine(options.threads, options.calls))
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
