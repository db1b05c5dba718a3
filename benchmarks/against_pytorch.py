"""Training steps of several methods next to PyTorch, and their geometric mean.

    python benchmarks/train_step.py --all --vs torch

The methods are compared one after the other, as with `train_step.py --method
NAME`: the paper's networks, size and batch, both sides in turns. `--preset
quick` compares smaller networks of some methods. With `--precision bfloat16`
PyTorch's side computes under `torch.autocast`. With `--compiled` its networks
and losses go through `torch.compile`: give three warm-up steps or more.
`--channels-last` is another order of PyTorch's memory.
`ratio` is our median step over PyTorch's, by the clock. `of CPU` is the same
for the time of the processor, which other work on the machine changes less. If
only some steps train the generator, the step is the mean step.

With `--json FILE` each row is written into the file at once. `--resume` takes
the rows from the file and measures only the other methods.
"""

import argparse
import statistics
import sys
import time

from benchmarks.method_table import KeptRows, progress
from benchmarks.train_step import (
    QUICK_IN_PYTORCH,
    Options,
    complete,
    measured,
    report,
)

METHODS = (
    "cyclegan",
    "attention_guided",
    "instagan",
    "stargan",
    "lomit",
    "pix2pix",
    "guidegan",
    "munit",
)
MORE = ("cut", "ugatit")


def compared(method, arguments):
    """dict of a method's step: `ms`, `pytorch_ms`, `ratio`, `cpu_ratio`."""
    options = complete(
        Options(
            method=method,
            preset=arguments.preset,
            precision=arguments.precision,
            image_size=arguments.image_size,
            threads=arguments.threads,
            rounds=arguments.rounds,
            steps=arguments.steps,
            warm_up=arguments.warm_up,
            guidance=("post_hoc",),
            compiled=arguments.compiled,
            channels_last=arguments.channels_last,
            convolution=False,
        )
    )
    return row_of(report(options, measured(options)))


def row_of(result):
    """The row of a report of `train_step.report`."""
    key = "mean" if "mean" in result["ratios"] else next(iter(result["ratios"]))
    ours, theirs = (
        result["steps"][side][key]["wall_ms"] for side in ("tfmask", "pytorch")
    )
    ratios = result["ratios"][key]
    return {
        "ms": ours,
        "pytorch_ms": theirs,
        "ratio": ratios["wall_ms"],
        "cpu_ratio": ratios["cpu_ms"],
        "device": result["device"],
    }


def print_row(name, ours, theirs, ratio, cpu_ratio, device=""):
    print(
        f"{name:20}{ours:>12}{theirs:>14}{ratio:>10}{cpu_ratio:>10}  {device}",
        flush=True,
    )


def main(argv=None):
    """Compares all methods, or those that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--vs", choices=("torch",), default="torch")
    parser.add_argument("--methods", nargs="+", choices=METHODS + MORE)
    parser.add_argument("--preset", choices=("paper", "quick"), default="paper")
    parser.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32"
    )
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--warm-up", type=int, default=1)
    KeptRows.add_options(parser)
    arguments = parser.parse_args(argv)
    of_paper = arguments.preset == "paper"
    methods = arguments.methods or (METHODS if of_paper else QUICK_IN_PYTORCH)
    if not of_paper and (other := set(methods) - set(QUICK_IN_PYTORCH)):
        parser.error(
            "of the preset quick, PyTorch has only the networks of "
            f"{', '.join(QUICK_IN_PYTORCH)}, not of {', '.join(sorted(other))}"
        )
    names = ("preset", "precision", "image_size", "threads", "rounds")
    names += ("steps", "warm_up", "compiled", "channels_last")
    options = {name: getattr(arguments, name) for name in names}
    kept_rows = KeptRows(parser, arguments, options)
    rows = kept_rows.rows
    missing = [name for name in methods if name not in rows]
    start = time.monotonic()
    print_row("method", "ms a step", "PyTorch's", "ratio", "of CPU", "device")
    for name in methods:
        if name in missing:
            kept_rows.add(name, compared(name, arguments))
        row = rows[name]
        print_row(
            name,
            f"{row['ms']:,.0f}",
            f"{row['pytorch_ms']:,.0f}",
            f"{row['ratio']:.2f}",
            f"{row['cpu_ratio']:.2f}",
            row["device"],
        )
        if name in missing:
            count, seconds = missing.index(name) + 1, time.monotonic() - start
            print(progress(count, len(missing), seconds), file=sys.stderr)
    means = (
        statistics.geometric_mean(rows[name][key] for name in methods)
        for key in ("ratio", "cpu_ratio")
    )
    print_row("geometric mean", "", "", *(f"{mean:.2f}" for mean in means))
    return 0
