"""The whole road on the built-in data: train, measure, export, serve, ask.

`make demo` runs it. Every step is a `tfmask` command. The command is printed
before it starts, so you can repeat it by hand.
"""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError


@dataclass(frozen=True)
class Options:
    """Train on synthetic images, then translate through a server."""

    output: Path = Path("demo")
    """Folder for everything; must not exist."""
    steps: int = 700
    """Training steps."""
    port: int = 0
    """Port of the server; 0 takes a free one."""


@command
def main(argv=None):
    """Runs the demonstration. Returns the exit code."""
    options = parse_options(Options, argv, "demo")
    if options.output.exists():
        raise UserError(
            f"`{options.output}` exists. Remove it, or choose another --output."
        )
    from data_pipelines.synthetic import write_folder

    run, models = options.output / "run", options.output / "models"
    images, answers = options.output / "images", options.output / "answers"
    _tfmask(
        "train", "attention_guided", "--data", "synthetic",
        "--run", run, "--steps", options.steps,
    )  # fmt: skip
    _tfmask(
        "evaluate", "--run", run, "--data", "synthetic",
        "--json", options.output / "numbers.json",
    )  # fmt: skip
    _tfmask("export", "--run", run, "--base", models, "--name", "demo")
    write_folder(images, {"train": 1, "test": 8}, image_size=64, seed=1)
    with _server(models, options.port) as target:
        for source, direction in (("A", "a_to_b"), ("B", "b_to_a")):
            _tfmask(
                "query", "--target", target, "--model", "demo",
                "--input", images / f"test{source}",
                "--output", answers / direction, "--direction", direction,
            )  # fmt: skip
    print(f"\nimages and masks from the server: {answers}")
    print(f"the course of the training:        {run / 'index.html'}")
    print(
        "input | mask | translation | true mask, both directions: "
        f"{run / 'evaluation' / 'index.html'}"
    )
    return 0


def _tfmask(*arguments):
    arguments = [str(argument) for argument in arguments]
    print(f"\n$ tfmask {shlex.join(arguments)}", flush=True)
    code = subprocess.call([sys.executable, "-m", "trainers.cli", *arguments])
    if code:
        raise UserError(f"`tfmask {arguments[0]}` ended with code {code}.")


class _server:
    """`tfmask serve` while the block runs; gives its address."""

    def __init__(self, models, port):
        arguments = ["serve", "--base", str(models), "--port", str(port)]
        print(f"\n$ tfmask {shlex.join(arguments)} &", flush=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "trainers.cli", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        for line in self._process.stdout:
            if line.startswith("serving on "):
                print(line, end="", flush=True)
                return line.removeprefix("serving on ").strip()
        raise UserError(f"The server ended with {self._process.wait()}.")

    def __exit__(self, *error):
        self._process.terminate()
        self._process.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
