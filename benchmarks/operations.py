"""An update of Adam: Keras' and that of `tfmask.ops.optimizers`.

    python benchmarks/operations.py

Processor time of one thread, the least of some repetitions.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def least_ms(function, *args, repeats):
    """Milliseconds that the processor works for a call, once it is traced."""
    function(*args)
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function(*args)
        times.append(1000 * (time.process_time() - start))
    return min(times)


def adam_row(options):
    """dict of whose to ms of one update."""
    import keras
    import tensorflow as tf

    from tfmask.ops.optimizers import Adam

    row = {}
    for whose, make in (("Keras", keras.optimizers.Adam), ("tfmask", Adam)):
        variable = tf.Variable(tf.ones(options.weights))
        optimizer = make(1e-4)
        optimizer.build([variable])

        @tf.function
        def update(gradient, optimizer=optimizer, variable=variable):
            optimizer.apply_gradients([(gradient, variable)])

        row[whose] = least_ms(
            update, tf.ones(options.weights), repeats=options.repeats
        )
    return row


def main(argv=None):
    """Prints both times."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--weights", type=int, default=2**24)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    row = adam_row(options)
    print(
        f"Adam, {options.weights} weights: Keras {row['Keras']:.0f} ms, "
        f"tfmask {row['tfmask']:.0f} ms"
    )


if __name__ == "__main__":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    main()
