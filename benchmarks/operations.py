"""Compares operations that tfmask computes in its own way on CPUs.

    python benchmarks/operations.py

It shows the processor time of one thread, the smallest of some repetitions. It
compares convolutions and their gradients of `tf.nn.conv2d` and of
`tfmask.layers.convolve`, and an update of Adam of Keras and of
`tfmask.ops.optimizers`. `--precision bfloat16` compares convolutions in
bfloat16.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# (side, channels, filters, kernel, padding, strides) of layers at 128 px. Some
# have few channels or filters, or the padding "SAME": the first and the last
# layer of an image, CUT's layers, a residual block's, PatchGAN's last. Then
# there are PatchGAN's inner layers. Some halve maps of few pixels: the inner
# layers of pix2pix (their gradients of the inputs are its transposed layers),
# and StarGAN's last layer. The last three are those of U-GAT-IT's critic.
LAYERS = (
    (134, 64, 3, 7, "VALID", 1),
    (134, 3, 64, 7, "VALID", 1),
    (128, 128, 64, 3, "SAME", 1),
    (128, 64, 128, 3, "SAME", 1),
    (64, 256, 128, 3, "SAME", 1),
    (34, 256, 256, 3, "VALID", 1),
    (17, 512, 1, 4, "VALID", 1),
    (64, 64, 128, 4, "SAME", 2),
    (32, 128, 256, 4, "SAME", 2),
    (18, 256, 512, 4, "VALID", 1),
    (32, 256, 1024, 4, "SAME", 2),
    (16, 512, 1024, 4, "SAME", 2),
    (4, 1024, 2048, 4, "SAME", 2),
    (18, 512, 1024, 4, "VALID", 1),
    (6, 1024, 2048, 4, "VALID", 1),
    (3, 4096, 2048, 1, "VALID", 1),
)


def least_ms(function, *args, repeats):
    """Milliseconds of processor time of a call after its tracing."""
    function(*args)
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function(*args)
        times.append(1000 * (time.process_time() - start))
    return min(times)


def parts(function, padding, strides):
    """Three tf.functions of inputs, kernel and upstream gradient.

    Returns:
        dict of "outputs" to the function that returns the outputs, and of
        "inputs" and "kernel" to the function that returns this gradient.
    """
    import tensorflow as tf

    @tf.function
    def outputs(inputs, kernel, upstream):
        return function(inputs, kernel, strides, padding)

    def gradient_of(name):
        @tf.function
        def gradient(inputs, kernel, upstream):
            with tf.GradientTape() as tape:
                tape.watch([inputs, kernel])
                outputs = function(inputs, kernel, strides, padding)
            sources = {"inputs": inputs, "kernel": kernel}
            return tape.gradient(outputs, sources[name], upstream)

        return gradient

    slopes = {name: gradient_of(name) for name in ("inputs", "kernel")}
    return {"outputs": outputs, **slopes}


def layer_rows(options):
    """dict of a layer's name to dict of (what, library) to ms."""
    import tensorflow as tf

    from tfmask.layers.convolve import convolve

    rows = {}
    for side, channels, filters, kernel_size, padding, strides in LAYERS:
        side = max(side // options.smaller, kernel_size)
        shape = (kernel_size, kernel_size, channels, filters)
        inputs = tf.random.normal((options.batch_size, side, side, channels))
        kernel = tf.random.normal(shape)
        inputs, kernel = (
            tf.cast(each, options.precision) for each in (inputs, kernel)
        )
        upstream = tf.nn.conv2d(inputs, kernel, strides, padding)
        row = {}
        for whose, function in (("TF", tf.nn.conv2d), ("tfmask", convolve)):
            for what, part in parts(function, padding, strides).items():
                row[what, whose] = least_ms(
                    part, inputs, kernel, upstream, repeats=options.repeats
                )
        name = f"{side} px, {channels} to {filters}, {kernel_size}x"
        halved = ", halved" if strides == 2 else ""
        rows[f"{name}{kernel_size}, {padding}{halved}"] = row
    return rows


def adam_row(options):
    """dict of library to ms of one update."""
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
    """Prints the table."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--smaller", type=int, default=1, help="divides sides")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--weights", type=int, default=2**24)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32"
    )
    options = parser.parse_args(argv)
    for name, row in layer_rows(options).items():
        for what in ("outputs", "inputs", "kernel"):
            print(
                f"{name:30} {what}: TensorFlow {row[what, 'TF']:.0f} ms, "
                f"tfmask {row[what, 'tfmask']:.0f} ms",
                flush=True,
            )
    row = adam_row(options)
    print(
        f"Adam, {options.weights} weights: Keras {row['Keras']:.0f} ms, "
        f"tfmask {row['tfmask']:.0f} ms"
    )


if __name__ == "__main__":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    main()
