"""How near training steps come to what the machine can do.

    python benchmarks/roofline.py --machine
    python benchmarks/roofline.py --methods cyclegan lomit --threads 1

`--machine` shows FLOP/s of products of matrices and of 3x3 convolutions,
float32 and bfloat16, the fastest of some calls each.

Without it, each method trains in a process of its own on synthetic images. The
FLOPs of a step are those of the convolutions and products of matrices in its
traced graph (graph_flops.py), and its speed is these over all of its time.
`share` is that over the speed of the fastest 3x3 convolution of the same
precision. Other work on the machine halves either: so the convolution runs
before and after each step, a tenth of the step's time in all, a share is that
of one step and its own two neighbours, and the median is shown. `fastest` is
the fastest step's speed over the fastest convolution's. With one thread the
processor's time counts, which waiting for other processes does not lengthen,
with more the clock's.

Where players learn in some steps only, a step is the mean of a period. `--json
FILE --resume` goes on with the rows that a file has. All methods without
`--methods`.
"""

import argparse
import dataclasses
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Started as a script, too, which sees its own folder only.
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
        flops: float, of one call.
        run: function without arguments.
        clock: function that gives seconds.
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
        """FLOP/s of as many calls as fill a time, one at least."""
        start, calls = self.clock(), 0
        while not calls or self.clock() - start < seconds:
            self.run()
            calls += 1
        return calls * self.flops / (self.clock() - start)

    def best(self, calls):
        """FLOP/s of the fastest of some calls after one that is not timed."""
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
    """`Work` of a 3x3 convolution of as many filters as channels."""
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
    """dict of work's name to dict of precision to FLOP/s."""
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
    """Chooses threads, before anything runs; returns the clock that counts."""
    set_threads(threads)
    return time.process_time if threads == 1 else time.perf_counter


def shares(ready):
    """How often each round that not every step has takes place."""
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
    window = work.seconds() / 20  # the first, a little too long
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
    """The table of `machine`, and the best of each kind."""
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
