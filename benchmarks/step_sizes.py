"""The time and memory of a training step for image sizes and batches.

    python benchmarks/step_sizes.py --svg step_time.svg

Each image size with each batch is a row of every_method.py, in a process of its
own. Batches with more pixels than `--most-pixels` are left out. The plot shows
the time of the processor for one image over the side of the image, one curve
for each batch. The tables show this time, and the peak memory of the process.
On a GPU they show the time by the clock and the memory of the GPU.

With `--json FILE` each row is written into the file at once. `--resume` takes
the rows from the file and measures only the other rows.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

# Started as a script, too, which sees its own folder only.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.every_method import TABLE  # noqa: E402
from benchmarks.method_table import KeptRows  # noqa: E402


def measured(parser, arguments):
    """dict of "SIZE BATCH" to a row of `every_method.measure`."""
    options = {
        "preset": arguments.preset,
        "threads": arguments.threads,
        "warm_up": 1,
        "periods": arguments.periods,
    }
    kept_rows = KeptRows(
        parser, arguments, {"method": arguments.method, **options}
    )
    for size, batch in sizes_and_batches(arguments):
        key = f"{size} {batch}"
        if kept_rows.rows.get(key):
            continue
        own = {"image_size": size, "batch_size": batch}
        row = TABLE.in_own_process(arguments.method, {**options, **own})
        kept_rows.add(key, row)
        print(f"{size} px, batch {batch}: {json.dumps(row)}", flush=True)
    return kept_rows.rows


def sizes_and_batches(arguments):
    """List of (image size, batch size) that are to be measured."""
    pairs = itertools.product(arguments.image_sizes, arguments.batch_sizes)
    return [(s, b) for s, b in pairs if s * s * b <= arguments.most_pixels]


def table(rows, arguments, cell):
    """Lines of a Markdown table: a row for each size, a column for each batch.

    Args:
        rows: see `measured`.
        arguments: of the command.
        cell: function of a row and a batch size. It gives a number.
    """
    batches = arguments.batch_sizes
    yield "| | " + " | ".join(f"batch {batch}" for batch in batches) + " |"
    yield "|---" * (len(batches) + 1) + "|"
    for size in arguments.image_sizes:
        cells = [
            f"{cell(row, batch):,.0f}"
            if (row := rows.get(f"{size} {batch}"))
            else ""
            for batch in batches
        ]
        yield f"| {size} px | " + " | ".join(cells) + " |"


def an_image(row, batch):
    """Milliseconds for one image of each domain, by the device's clock."""
    return row["cpu_ms" if row["device"] == "CPU" else "ms"] / batch


def devices_of(rows):
    """The devices of the rows, in words for a title."""
    devices = sorted({row["device"] for row in rows.values() if row})
    return ", ".join(devices) or "no"


def plot(rows, arguments):
    """str, an SVG: the time for one image over the side of the images."""
    from tfmask.reports.training_plots import line_plot

    curves = {
        f"batch {batch}: ms": [
            (size, an_image(row, batch))
            for size in arguments.image_sizes
            if (row := rows.get(f"{size} {batch}"))
        ]
        for batch in arguments.batch_sizes
    }
    device = devices_of(rows)
    title = f"{device} time of a step of {arguments.method} for one image"
    return line_plot(title, curves, unit="side of the image in px:")


def main(argv=None):
    """Measures all sizes with all batches."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--method", default="cyclegan")
    parser.add_argument("--preset", choices=("paper", "quick"), default="quick")
    parser.add_argument(
        "--image-sizes", type=int, nargs="+", default=[64, 128, 256, 512]
    )
    parser.add_argument(
        "--batch-sizes", type=int, nargs="+", default=[1, 4, 16]
    )
    parser.add_argument("--most-pixels", type=int, default=2**20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--periods", type=int, default=1)
    parser.add_argument("--svg", type=Path)
    KeptRows.add_options(parser)
    arguments = parser.parse_args(argv)
    rows = measured(parser, arguments)
    print(f"\n{devices_of(rows)} ms of a step for one image of each domain\n")
    print("\n".join(table(rows, arguments, an_image)))
    print("\npeak MiB\n")
    print("\n".join(table(rows, arguments, lambda row, _: row["peak_mib"])))
    if arguments.svg:
        arguments.svg.write_text(plot(rows, arguments) + "\n")
    return 0 if all(rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
