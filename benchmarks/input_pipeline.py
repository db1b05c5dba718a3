"""How fast training images come, next to decoding their JPEG files alone.

    python benchmarks/input_pipeline.py

Writes photographs' stand-ins (drawn scenes with noise, JPEG quality 90) into a
temporary folder, in two sizes: that of training and one larger. Each kind of
data then gives training batches with crop and flip, as `tfmask train` asks for
them; between its rounds the bare decoder reads the same files in the same
process, through `tf.data` as well. CPU time is what all threads of the process
worked: other work on the machine hardly changes it.

Synthetic scenes are those of later epochs: they are drawn in the first one.

A pair is an image of either domain. `of decoding` is the rate as a share of
the bare decoder's: images/s, and by CPU time.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
QUALITY = 90


def write_photographs(folder, count, size):
    """trainA and trainB of JPEG files; returns their paths."""
    from PIL import Image

    from data_pipelines import synthetic

    paths = []
    for domain in ("a", "b"):
        target = Path(folder) / f"train{domain.upper()}"
        target.mkdir(parents=True)
        for index in range(count):
            image, _ = synthetic.draw(0, domain, "train", index, (size, size))
            paths.append(target / f"{index:05d}.jpg")
            Image.fromarray(image).save(paths[-1], quality=QUALITY)
    return paths


def decoder(paths, batch_size):
    """Endless batches of what decoding gives, and nothing more."""
    import tensorflow as tf

    contents = tf.constant([path.read_bytes() for path in paths])
    numbers = tf.data.Dataset.range(len(paths)).repeat()
    return (
        numbers.map(
            lambda n: tf.io.decode_jpeg(contents[n], channels=3),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .batch(2 * batch_size)
        .prefetch(tf.data.AUTOTUNE)
    )


def timed(iterator, steps, batch_size):
    """(images/s, CPU ms a pair) of some batches."""
    start, worked = time.perf_counter(), time.process_time()
    for _ in range(steps):
        next(iterator)
    wall, work = time.perf_counter() - start, time.process_time() - worked
    pairs = steps * batch_size
    return 2 * pairs / wall, 1000 * work / pairs


def compare(kinds, steps, rounds, batch_size, warm_up):
    """Medians of rounds in turns.

    Args:
        kinds: dict of name to dataset.
        steps, rounds, batch_size: ints.
        warm_up: int, batches before, an epoch for what is cached.

    Returns:
        dict of name to (images/s, CPU ms a pair).
    """
    for data in kinds.values():
        timed(iter(data), warm_up, batch_size)
    timings = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, data in kinds.items():
            # One that waits would go on fetching while others are timed. The
            # first batches fill its buffer.
            iterator = iter(data)
            timed(iterator, 20, batch_size)
            timings[name].append(timed(iterator, steps, batch_size))
            del iterator
    return {name: np.median(rows, axis=0) for name, rows in timings.items()}


def main(argv=None):
    """Prints a table for each size of files."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--file-sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--images", type=int, default=40, help="a domain")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args(argv)
    from data_pipelines import open_data

    common = {"image_size": arguments.image_size, "splits": ("train",)}

    def batches(location, cached=False, **more):
        data = open_data(str(location), **common, **more)
        return data.train_batches(arguments.batch_size, seed=0, cached=cached)

    for size in arguments.file_sizes:
        with tempfile.TemporaryDirectory() as folder:
            paths = write_photographs(folder, arguments.images, size)
            kinds = {
                "decoding alone": decoder(paths, arguments.batch_size),
                "JPEG folder": batches(folder),
                "JPEG folder, cached": batches(folder, cached=True),
                "synthetic": batches(
                    "synthetic", synthetic_count=(arguments.images, 1)
                ),
            }
            medians = compare(
                kinds,
                arguments.steps,
                arguments.rounds,
                arguments.batch_size,
                3 * arguments.images // arguments.batch_size,
            )
        print(f"\nfiles of {size} px, training at {arguments.image_size} px")
        print(f"{'':22}{'images/s':>10}{'CPU ms/pair':>13}{'of decoding':>16}")
        rate, work = medians["decoding alone"]
        for name, (own_rate, own_work) in medians.items():
            shares = f"{own_rate / rate:.2f}, {work / own_work:.2f}"
            print(f"{name:22}{own_rate:10.0f}{own_work:13.2f}{shares:>16}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
