"""Time and size of an answer in each form, without a server.

    python benchmarks/answer_forms.py

An answer is a smooth image with noise, and its mask. The local server's code
writes it (TensorFlow writes a PNG), and the client's code reads it. The numbers
are medians, in milliseconds.
"""

import os
import statistics
import sys
import timeit
import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Python looks first in a script's own folder. There `serving` is a script.
sys.path[:] = [str(ROOT)] + [
    entry for entry in sys.path if Path(entry).resolve() != ROOT / "benchmarks"
]

import numpy as np  # noqa: E402

COLUMNS = ("side", "answer", "bytes", "write, ms", "read, ms")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the benchmark."""

    sides: tuple[int, ...] = (256, 1024)
    """Sides of the images in pixels."""
    repeats: int = 30
    """Number of times that each answer is written and read."""


def milliseconds(function, repeats):
    """Median time of a call."""
    seconds = timeit.repeat(function, number=1, repeat=repeats)
    return round(1000 * statistics.median(seconds), 2)


def rows(side, repeats):
    """The rows of a side, in the order of `COLUMNS`.

    `typed fields` are TensorFlow Serving's default. The client's code reads
    all forms.
    """
    import tensorflow as tf

    from serving.client.results import decode_png
    from serving.protocol import tensors

    slope = np.linspace(30, 225, side)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 4))
    pixels = np.clip(slope + noise, 0, 255).astype(np.uint8)[np.newaxis]
    parts = [*map(np.ascontiguousarray, (pixels[..., :3], pixels[..., 3:]))]
    values = [tensors.Tensor(tensors.data_type(part), part) for part in parts]

    def read(messages):
        return [tensors.plain_array(tensors.from_bytes(m)) for m in messages]

    def content():
        return [tensors.content_bytes(value) for value in values]

    forms = {
        "typed fields": (lambda: [*map(tensors.typed_bytes, values)], read),
        "tensor_content": (content, read),
        # gRPC does this with a message if a channel has compression="gzip".
        "tensor_content, gzip": (
            lambda: [zlib.compress(m) for m in content()],
            lambda messages: read([zlib.decompress(m) for m in messages]),
        ),
        "PNG": (
            lambda: [tf.io.encode_png(part[0]).numpy() for part in parts],
            lambda files: [decode_png(data) for data in files],
        ),
    }
    for name, (write, read_back) in forms.items():
        answer = write()
        yield (
            side,
            name,
            sum(map(len, answer)),
            milliseconds(write, repeats),
            milliseconds(lambda r=read_back, a=answer: r(a), repeats),
        )


def main(argv=None):
    """Runs the benchmark. Returns the exit code."""
    from rich.console import Console
    from rich.table import Table

    from serving.commands.command_line import parse_command_line

    options = parse_command_line(Options, argv, "benchmarks/answer_forms.py")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    table = Table(*COLUMNS)
    for side in options.sides:
        for row in rows(side, options.repeats):
            table.add_row(*map(str, row))
    Console(width=80).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
