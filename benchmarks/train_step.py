"""Time of a training step, next to PyTorch and to what the machine can do.

    python benchmarks/train_step.py

CycleGAN as published for 128 px (ResNet-6, batch 1, float32, identity terms,
a pool of 50): tfmask's own class in a tf.function as `trainers` run it, the
same layers in eager PyTorch (channels_last), and TensorFlow's forward 3x3
convolutions. Every side has its own fresh process and stays warm in it; the
sides are timed in turn, round after round, so that whatever else the machine
does meets all of them. Needs `pip install ".[benchmark]"` for PyTorch.

With `--method attention_guided` there is no PyTorch side.
"""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
# Issue 2: at most this share of PyTorch's time, at least this share of the
# machine's best convolution.
RATIO_TARGET = 0.85
SHARE_TARGET = 0.75


@dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    method: Literal["cyclegan", "attention_guided"] = "cyclegan"
    """The method; only CycleGAN has a PyTorch side."""
    preset: Literal["paper", "quick"] = "paper"
    """Whose networks are timed."""
    stage: Literal[1, 2] = 1
    """Of attention_guided: 2 has frozen attention, masked discriminators."""
    image_size: int = 128
    """Side of the images."""
    batch_size: int = 1
    """Images of each domain a step."""
    blocks: int | None = None
    """Residual blocks; None: 6 of the paper's CycleGAN, else the preset's."""
    threads: int = 2
    """Threads of each side."""
    rounds: int = 5
    """How often the sides take turns."""
    steps: int = 3
    """Steps a side takes in a round."""
    warm_up: int = 3
    """Steps before anything is timed."""
    pytorch: bool = True
    """Time PyTorch too."""
    json: Path | None = None
    """Also write the numbers into this file."""


class Side:
    """A worker process that is ready to be timed."""

    def __init__(self, name, options):
        self.name = name
        self.times = {}
        threads = str(options["threads"])
        self._process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "benchmarks" / "worker.py"),
                name,
                json.dumps(options),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads},
        )
        while (line := self._process.stdout.readline()).strip() != "ready":
            if not line:
                raise SystemExit(
                    f"The {name} side failed; its error stands above."
                )

    def time(self, count):
        """Times `count` repetitions of each of the side's functions."""
        print(count, file=self._process.stdin, flush=True)
        for name, times in json.loads(self._process.stdout.readline()).items():
            self.times.setdefault(name, []).extend(times)

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def summary(times):
    """Statistics of [wall, cpu] pairs, in milliseconds."""
    wall, cpu = (
        [1000 * value for value in kind] for kind in zip(*times, strict=True)
    )
    return {
        "wall_ms": statistics.median(wall),
        "wall_ms_fastest": min(wall),
        "wall_ms_slowest": max(wall),
        "cpu_ms": statistics.median(cpu),
        "cpu_ms_fastest": min(cpu),
    }


def measured(options):
    """Runs all sides; returns a dict side name -> its `times`."""
    settings = dataclasses.asdict(options)
    del settings["json"]
    names = ["tfmask", "convolution"]
    if options.pytorch and options.method == "cyclegan":
        names.insert(1, "pytorch")
    sides = []
    try:
        for name in names:
            sides.append(Side(name, settings))
        for _ in range(options.rounds):
            for side in sides:
                side.time(options.steps)
    finally:
        for side in sides:
            side.close()
    return {side.name: side.times for side in sides}


def report(options, times):
    """The numbers of a run, JSON-able."""
    from benchmarks.flops import step_flops
    from benchmarks.worker import method_config

    steps = {
        name: summary(values["step"])
        for name, values in times.items()
        if name != "convolution"
    }
    flops = step_flops(
        options.method,
        options.image_size,
        options.batch_size,
        method_config(dataclasses.asdict(options)),
        stage=options.stage,
    )
    convolutions = {
        int(name): summary(values)
        for name, values in times["convolution"].items()
    }
    # Medians against medians, fastest against fastest: what slows the
    # machine down slows both.
    best = max(f / value["wall_ms"] for f, value in convolutions.items())
    fastest = max(
        f / value["wall_ms_fastest"] for f, value in convolutions.items()
    )
    ours = steps["tfmask"]
    result = {
        "options": {**dataclasses.asdict(options), "json": None},
        "steps": steps,
        "gflop": flops / 1e9,
        "gflops_reached": flops / ours["wall_ms"] / 1e6,
        "gflops_best_convolution": best / 1e6,
        "flop_share": flops / ours["wall_ms"] / best,
        "flop_share_fastest": flops / ours["wall_ms_fastest"] / fastest,
    }
    if "pytorch" in steps:
        theirs = steps["pytorch"]
        for kind in ("wall_ms", "wall_ms_fastest", "cpu_ms", "cpu_ms_fastest"):
            result[f"ratio_{kind}"] = ours[kind] / theirs[kind]
    return result


def print_report(result):
    """Tables on stdout."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    options = result["options"]
    table = Table(
        title=f"{options['method']}, {options['preset']} preset, "
        f"{options['image_size']} px, batch {options['batch_size']}, "
        f"{options['threads']} threads, {options['rounds']} rounds of "
        f"{options['steps']} steps"
    )
    for column in ("ms a step", "median", "fastest", "slowest", "CPU median"):
        table.add_column(column, justify="right" if column[0] != "m" else None)
    for name, values in result["steps"].items():
        table.add_row(
            name,
            *(
                f"{values[key]:.0f}"
                for key in (
                    "wall_ms",
                    "wall_ms_fastest",
                    "wall_ms_slowest",
                    "cpu_ms",
                )
            ),
        )
    console.print(table)
    if "ratio_wall_ms" in result:
        console.print(
            f"tfmask / PyTorch: {result['ratio_wall_ms']:.2f} "
            f"(target: at most {RATIO_TARGET}; of the fastest steps "
            f"{result['ratio_wall_ms_fastest']:.2f}, of CPU time "
            f"{result['ratio_cpu_ms']:.2f})"
        )
    console.print(
        f"{result['gflop']:.0f} GFLOP of convolutions a step: "
        f"{result['gflops_reached']:.0f} GFLOP/s, "
        f"{result['flop_share']:.2f} of the best 3x3 convolution's "
        f"{result['gflops_best_convolution']:.0f} (target for CycleGAN: at "
        f"least {SHARE_TARGET}; fastest against fastest "
        f"{result['flop_share_fastest']:.2f})"
    )


def main(argv=None):
    """Runs the benchmark."""
    import tyro

    sys.path.insert(0, str(ROOT))
    options = tyro.cli(Options, args=argv, prog="train_step.py")
    paper = options.method == "cyclegan" and options.preset == "paper"
    if options.blocks is None and paper:
        options = dataclasses.replace(options, blocks=6)
    result = report(options, measured(options))
    print_report(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
