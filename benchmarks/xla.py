"""A training step with and without XLA, of every method.

    python benchmarks/train_step.py --all --jit

Each method is in a process of its own, as in every_method.py. There the same
networks are trained by two tf.functions: one as training runs it, and one as
training runs it with `--run.jit_compile True`. All columns are the time of the
processor, which other work on the machine changes little. (On a GPU they are by
the clock.) `first_s` and `xla_first_s` are the seconds of the first call, with
tracing and compiling. The steps after it are timed in turn. `ratio` is the time
of a step with XLA over that without it: above 1, XLA is slower.

A method that XLA cannot compile fails; the error is on stderr.
"""

import argparse
import statistics
import sys
from pathlib import Path

# Started as a script, too, which sees its own folder only.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.method_table import Table, training  # noqa: E402

COLUMNS = {
    "first_s": ",.1f",
    "ms": ",.0f",
    "xla_first_s": ",.1f",
    "xla_ms": ",.0f",
    "ratio": ",.2f",
}


def measure(name, options):
    """dict of one method's numbers, by `COLUMNS`, and their `preset`."""
    import tensorflow as tf

    ready = training(name, options)
    steps = {
        "": ready.step,
        "xla_": tf.function(
            ready.method.train_step, autograph=False, jit_compile=True
        ),
    }
    row = {"preset": ready.preset, "device": ready.device.name}
    works = {kind: [] for kind in steps}

    def seconds(step):
        return ready.device.seconds(ready.device.work_clock, step, ready.batch)

    for kind, step in steps.items():
        row[f"{kind}first_s"] = seconds(step)
        # So every player has learnt once, and each begins at the same one.
        for _ in range(ready.period - 1):
            step(ready.batch)
    for _ in range(options["periods"]):
        for kind, step in steps.items():
            works[kind] += [
                sum(seconds(step) for _ in range(ready.period)) / ready.period
            ]
    for kind in steps:
        row[f"{kind}ms"] = 1000 * statistics.median(works[kind])
    return row | {"ratio": row["xla_ms"] / row["ms"]}


def main(argv=None):
    """Measures all methods, or those that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--periods", type=int, default=5)
    return TABLE.main(parser, argv)


TABLE = Table(__file__, measure, COLUMNS)

if __name__ == "__main__":
    sys.exit(main())
