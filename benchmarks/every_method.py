"""Step time, peak memory and number of parameters of every method.

    python benchmarks/train_step.py --all

The methods run one after the other. Each has a separate process, so that its
peak memory is its own. It has the networks of a preset (of `quick` if it has no
such preset), synthetic data from its own pipeline, and the tf.function of
training. If some players do not learn in every step, whole periods are timed,
and the row shows the mean step. `cpu_ms` is the time that the processors worked
for a step. Other work on the machine hardly changes it. On a GPU the peak
memory is the GPU's.

`--accumulate N` computes each batch in N parts. `--recompute` computes the
layers of ResNet generators again in the backward pass.

`--json FILE` writes every row into the file when it appears on the screen.
`--resume` keeps the rows of the file and measures the others.
"""

import argparse
import math
import statistics
import sys
import time
from pathlib import Path

# If this file is run as a script, Python sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.method_table import Table, training  # noqa: E402

COLUMNS = ("ms", "fastest_ms", "cpu_ms", "peak_mib", "trained", "networks")


def measure(name, options):
    """dict of one method's numbers: the names in `COLUMNS`, and `preset`."""
    ready = training(name, options)
    walls, works = [], []
    for _ in range(options["warm_up"] + options["periods"]):
        worked = time.process_time()
        wall = ready.device.seconds(time.perf_counter, ready.take, ready.period)
        walls.append(wall / ready.period * 1000)
        works.append((time.process_time() - worked) / ready.period * 1000)
    walls, works = (kind[options["warm_up"] :] for kind in (walls, works))
    networks = {
        id(variable): math.prod(variable.shape)
        for network in ready.method.networks.values()
        for variable in network.trainable_variables
    }
    return {
        "preset": ready.preset,
        "device": ready.device.name,
        "ms": statistics.median(walls),
        "fastest_ms": min(walls),
        "cpu_ms": statistics.median(works),
        "peak_mib": ready.device.peak_mib(),
        "trained": sum(networks.values()),
        "networks": len(ready.method.networks),
    }


def main(argv=None):
    """Measures all methods, or those of `--methods`."""
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
