"""The time from the command to the first step of every method, part by part.

    python benchmarks/start_up.py --preset quick --image-size 64

Each method has a separate process. The table shows the seconds of TensorFlow's
import, of `tfmask` with the networks and the first batch, of tracing the
training step into a graph, and of the step's first run. `ms_an_op` is the
tracing time of one operation of this graph. `bare_ms` is the time of one
operation in a graph that has only additions, in the same process. No code can
trace faster. `ratio` is `ms_an_op` divided by `bare_ms`.
"""

import argparse
import sys
import time
from pathlib import Path

# If this file is run as a script, Python sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.method_table import Table, training  # noqa: E402

FORMATS = {
    **dict.fromkeys(("tensorflow_s", "build_s", "trace_s", "first_s"), ",.1f"),
    "operations": ",d",
    **dict.fromkeys(("ms_an_op", "bare_ms", "ratio"), ".2f"),
}


def bare_graph(count):
    """A tf.function of so many additions of tensors of known shape."""
    import tensorflow as tf

    @tf.function(autograph=False)
    def additions(values):
        for _ in range(count):
            values = tf.add(values, values)
        return values

    return additions


def measure(name, options):
    """dict of one method's numbers: the names in `FORMATS`, and `preset`."""
    moments = [time.perf_counter()]

    def seconds():
        moments.append(time.perf_counter())
        return moments[-1] - moments[-2]

    import tensorflow as tf

    row = {"tensorflow_s": seconds()}
    ready = training(name, options)
    row["preset"], row["build_s"] = ready.preset, seconds()
    row["device"] = ready.device.name
    graph = ready.step.get_concrete_function(ready.batch).graph
    row["trace_s"] = seconds()
    ready.step(ready.batch)
    ready.device.synchronize()
    row["first_s"] = seconds()
    row["operations"] = operations_of(graph)
    row["ms_an_op"] = 1000 * row["trace_s"] / row["operations"]
    count = 2000
    bare = bare_graph(count)
    seconds()
    bare.get_concrete_function(tf.zeros((1, 8, 8, 3)))
    row["bare_ms"] = 1000 * seconds() / count
    row["ratio"] = row["ms_an_op"] / row["bare_ms"]
    return row


def operations_of(graph):
    """Number of operations in a graph and in the functions that it calls."""
    definition = graph.as_graph_def()
    return len(definition.node) + sum(
        len(function.node_def) for function in definition.library.function
    )


def main(argv=None):
    """Measures all methods, or those of `--methods`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    return TABLE.main(parser, argv)


TABLE = Table(__file__, measure, FORMATS)

if __name__ == "__main__":
    sys.exit(main())
