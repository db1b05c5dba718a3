"""Step time, peak memory and parameters of every method, side by side.

    python benchmarks/train_step.py --all

Each method in a process of its own, one after the other, so that its peak is
its own: the networks of a preset (those of `quick` where a method has no such
preset), synthetic data as its own pipeline draws them, a tf.function as
training runs it. Methods whose players learn in some steps only are timed over
whole periods of these; a step is their mean. `cpu_ms` is what the processors
worked for it, which other work on the machine hardly changes.

`--accumulate N` takes each batch in N parts, `--recompute` computes layers of
ResNet generators again for the backward pass.

With `--json FILE` every row is in the file as soon as it stands on the screen;
`--resume` takes the rows that are there and measures the others.
"""

import argparse
import math
import resource
import statistics
import sys
import time
from pathlib import Path

# Started as a script, too, which sees its own folder only.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.method_table import Table, training  # noqa: E402

COLUMNS = ("ms", "fastest_ms", "cpu_ms", "peak_mib", "trained", "networks")


def measure(name, options):
    """dict of one method's numbers, by `COLUMNS`, and their `preset`."""
    ready = training(name, options)
    walls, works = [], []
    for _ in range(options["warm_up"] + options["periods"]):
        start, worked = time.perf_counter(), time.process_time()
        for _ in range(ready.period):
            ready.step(ready.batch)
        walls.append((time.perf_counter() - start) / ready.period * 1000)
        works.append((time.process_time() - worked) / ready.period * 1000)
    walls, works = (kind[options["warm_up"] :] for kind in (walls, works))
    networks = {
        id(variable): math.prod(variable.shape)
        for network in ready.method.networks.values()
        for variable in network.trainable_variables
    }
    return {
        "preset": ready.preset,
        "ms": statistics.median(walls),
        "fastest_ms": min(walls),
        "cpu_ms": statistics.median(works),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "trained": sum(networks.values()),
        "networks": len(ready.method.networks),
    }


def main(argv=None):
    """Measures all methods, or those that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--periods", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--recompute", action="store_true")
    return TABLE.main(parser, argv)


TABLE = Table(__file__, measure, dict.fromkeys(COLUMNS, ",.0f"))

if __name__ == "__main__":
    sys.exit(main())
