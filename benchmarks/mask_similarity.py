"""Time and memory of LOMIT's R1: the sorted form and the form of all pairs.

    python benchmarks/mask_similarity.py

For square masks it prints the milliseconds for the value and the gradient with
respect to the mask, the growth of the process's memory, and the difference
between the two forms. The time is the smallest of several, because other work
disturbs it least. Each form and size has a separate process, so that its memory
is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

FORMS = ("sorted", "all_pairs")


def all_pairs(mask, content):
    """R1 by its definition: every pair of pixels, O(N^2).

    Args:
        mask: (B, H, W, 1) float.
        content: (B, H, W, C) float.

    Returns:
        (B,) float32.
    """
    import tensorflow as tf

    batch, channels = mask.shape[0], content.shape[-1]
    values = tf.reshape(mask, [batch, -1])
    pixels = tf.reshape(tf.stop_gradient(content), [batch, -1, channels])
    units = pixels / tf.maximum(tf.norm(pixels, axis=-1, keepdims=True), 1e-8)
    cosines = tf.matmul(units, units, transpose_b=True)
    apart = tf.abs(values[:, :, None] - values[:, None, :])
    return tf.reduce_mean(apart * cosines, axis=[1, 2])


def step_of(form, side, batch, channels):
    """A function that returns R1 (B,) of random inputs, and its gradient."""
    import numpy as np
    import tensorflow as tf

    from tfmask.losses import mask_similarity

    random = np.random.default_rng(0)
    shape = (batch, side, side)
    mask = tf.Variable(random.random((*shape, 1), "float32"))
    content = random.standard_normal((*shape, channels), "float32")
    function = mask_similarity if form == "sorted" else all_pairs

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            values = function(mask, content)
        return values, tape.gradient(values, mask)

    return step


def measure(form, side, batch, channels, repeats):
    """Runs one form in this process.

    Args:
        form: a key of `FORMS`.
        side: int, height and width of the masks.
        batch: int.
        channels: int, channels of the contents.
        repeats: int, number of timed calls.

    Returns:
        dict of `milliseconds`, `mebibytes` (growth of the process's memory),
        `values` and `gradient` (lists of float).
    """
    step_of(form, 4, 1, channels)()  # now TensorFlow itself has its memory
    step = step_of(form, side, batch, channels)
    before = _peak_kilobytes()
    values, gradient = step()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()[1].numpy()
        seconds.append(time.perf_counter() - start)
    return {
        "milliseconds": 1000.0 * min(seconds),
        "mebibytes": (_peak_kilobytes() - before) / 1024.0,
        "values": values.numpy().tolist(),
        "gradient": gradient.numpy().ravel().tolist(),
    }


def _peak_kilobytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _in_a_process(form, side, options):
    command = [sys.executable, __file__, "--form", form, "--sides", str(side)]
    for name in ("batch", "channels", "repeats"):
        command += [f"--{name}", str(getattr(options, name))]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _apart(one, other):
    """The largest difference, as a share of the largest value."""
    largest = max(map(abs, other))
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) / largest


def main(argv=None):
    """Prints one row for each form and size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--channels", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--form", choices=FORMS, help="this one, as JSON")
    options = parser.parse_args(argv)
    if options.form:
        sizes = (options.batch, options.channels, options.repeats)
        print(json.dumps(measure(options.form, options.sides[0], *sizes)))
        return
    print("side  form       milliseconds  mebibytes")
    for side in options.sides:
        rows = {f: _in_a_process(f, side, options) for f in FORMS}
        for form, row in rows.items():
            print(
                f"{side:<5} {form:<10} {row['milliseconds']:12.1f} "
                f"{row['mebibytes']:10.1f}"
            )
        apart = {
            part: _apart(rows["sorted"][part], rows["all_pairs"][part])
            for part in ("values", "gradient")
        }
        print(
            f"      apart by {apart['values']:.1e} in value, "
            f"{apart['gradient']:.1e} in gradient, of the largest"
        )


if __name__ == "__main__":
    main()
