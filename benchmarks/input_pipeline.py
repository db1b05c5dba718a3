"""Compares the speed of training data with the decoding of the JPEG files.

    python benchmarks/input_pipeline.py

It writes drawn scenes with noise (JPEG quality 90) in place of photographs into
a temporary folder, in the size of training and in a larger size. Each kind of
data then gives training batches with crop and flip, as for `tfmask train`.
Between its rounds, a decoder without any other work reads the same files in the
same process, also through `tf.data`. CPU time is the time that all threads of
the process worked. Other work on the machine hardly changes it.

Training keeps images in memory, decoded and resized, after their first use. So
most rows show later epochs. `first epoch` keeps none: each image is decoded and
resized each time.

`from disk` is how training reads a set that is too large for its memory: file
by file, or from the shards of `tfmask prepare shards`. It keeps no images,
except with `--data.cached True` (`cached`). The system keeps these few files in
memory. So the rows show what reading costs the processor, and not how fast a
disk is.

Each step of a training frees arrays that are larger than a batch. So does this
process, once: glibc then keeps the memory of freed batches. Without it, the
system would clear new memory for each batch (`free_large_array`).

A pair is an image of each domain. `of decoding` is the speed as a share of the
decoder's speed: in images/s, and in CPU time.
"""

import argparse
import contextlib
import sys
import tempfile
import time
import unittest.mock
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
QUALITY = 90


def write_photographs(folder, count, size):
    """Writes trainA and trainB with JPEG files. Returns their paths."""
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


def free_large_array():
    """Makes glibc treat memory as in a process that trains.

    When it frees an array of up to 32 MiB, it raises its limit for the arrays
    that it gives back to the system at once (mallopt(3), M_MMAP_THRESHOLD).
    """
    np.empty(31 * 2**20, np.uint8)


def decoder(paths, batch_size):
    """Endless batches of decoded files, without any other work."""
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
    """Times the datasets in turn. Takes the medians over the rounds.

    Args:
        kinds: dict of name to dataset.
        steps, rounds, batch_size: ints.
        warm_up: int, batches before the timing. Images are kept in them.

    Returns:
        dict of name to (images/s, CPU ms a pair).
    """
    for data in kinds.values():
        timed(iter(data), warm_up, batch_size)
    timings = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, data in kinds.items():
            # A new iterator for each round, because an old one would fetch data
            # while others are timed. The first batches fill the buffer.
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
    free_large_array()
    from data_pipelines import checks, open_data, sized_examples
    from data_pipelines.prepare.shard_writing import write_shards

    common = {"image_size": arguments.image_size, "splits": ("train",)}

    def batches(location, cached=False, keep=True, from_disk=False, **more):
        """The training batches of a set, as if the memory was small."""
        with contextlib.ExitStack() as limits:
            for module, name, small in (
                (sized_examples, "KEPT_LIMIT", from_disk or not keep),
                (checks, "MEMORY_LIMIT", from_disk),
            ):
                if small:
                    limits.enter_context(
                        unittest.mock.patch.object(module, name, 0)
                    )
            data = open_data(str(location), **common, **more)
            return data.train_batches(
                arguments.batch_size, seed=0, cached=cached
            )

    for size in arguments.file_sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder, shards = Path(temporary, "files"), Path(temporary, "shards")
            paths = write_photographs(folder, arguments.images, size)
            write_shards(folder, shards, 2**22)
            kinds = {
                "decoding alone": decoder(paths, arguments.batch_size),
                "JPEG folder": batches(folder),
                "JPEG folder, first epoch": batches(folder, keep=False),
                "JPEG folder, from disk": batches(folder, from_disk=True),
                "shards": batches(shards),
                "shards, from disk": batches(shards, from_disk=True),
                "shards, cached": batches(shards, True, from_disk=True),
                "synthetic": batches(
                    "synthetic", synthetic_count=(arguments.images, 1)
                ),
            }
            medians = compare(
                kinds,
                arguments.steps,
                arguments.rounds,
                arguments.batch_size,
                5 * arguments.images // arguments.batch_size,
            )
        print(f"\nfiles of {size} px, training at {arguments.image_size} px")
        print(f"{'':26}{'images/s':>10}{'CPU ms/pair':>13}{'of decoding':>16}")
        rate, work = medians["decoding alone"]
        for name, (own_rate, own_work) in medians.items():
            shares = f"{own_rate / rate:.2f}, {work / own_work:.2f}"
            print(f"{name:26}{own_rate:10.0f}{own_work:13.2f}{shares:>16}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
