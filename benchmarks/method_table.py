"""A table with one row for each method, measured in a separate process.

Scripts that measure all methods share this: a method that is ready for
training, the options, and the rows on the screen and in a file. An interrupted
run continues with the rows of this file.
"""

import argparse
import dataclasses
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.devices import Device, start_tensorflow

DATA = {"paired": "synthetic:paired", "attributes": "synthetic:attributes"}


@dataclasses.dataclass(frozen=True)
class Training:
    """A method that is ready for training.

    Attributes:
        preset: str, the preset of its networks.
        method: `TranslationMethod`.
        step: tf.function of a batch, as in training.
        batch: a batch from its own pipeline.
        period: int, number of steps in which every player learns.
        device: `devices.Device` on which it trains.
    """

    preset: str
    method: object
    step: object
    batch: dict
    period: int
    device: Device

    def take(self, count):
        """Takes so many steps."""
        for _ in range(count):
            self.step(self.batch)


def training(name, options):
    """`Training` of a method on synthetic images.

    Args:
        name: str, name of the method.
        options: dict with `threads`, `preset`, `image_size`, `batch_size`. It
            also has `precision`, `accumulate` and `recompute` if they are not
            the defaults of training.
    """
    device = start_tensorflow(options["threads"])
    import tensorflow as tf

    from tfmask.methods import method_spec, preset_config
    from tfmask.training.building import build_method, recompute
    from tfmask.training.loop import distributed_batches
    from tfmask.training.training_data import following, open_training_data

    spec = method_spec(name)
    location = DATA.get(spec.data, "synthetic")
    # A method without a paper has no preset `paper`.
    preset = (
        options["preset"] if options["preset"] in spec.preset_names else "quick"
    )
    config = preset_config(name, preset, location)
    config = dataclasses.replace(
        config,
        data=dataclasses.replace(
            config.data,
            image_size=options["image_size"],
            load_size=None,
            synthetic_count=8,
            epoch_steps=1000,
            masks_for_training=None,
        ),
        run=dataclasses.replace(
            config.run,
            batch_size=options["batch_size"],
            precision=options.get("precision", "float32"),
            replicas=None,
        ),
    )
    if hasattr(config.method, "levels"):
        # The U-Net halves the image down to one pixel.
        most = int(math.log2(options["image_size"]))
        levels = min(config.method.levels, most)
        method = dataclasses.replace(config.method, levels=levels)
        config = dataclasses.replace(config, method=method)
    data = open_training_data(config)
    config = following(config, data)
    method = build_method(config, 1000)
    method.parts = options.get("accumulate", 1)
    recompute(method, options.get("recompute", False))
    strategy = tf.distribute.get_strategy()
    batch = next(iter(distributed_batches(data, strategy, config, 0)))

    @tf.function(autograph=False, reduce_retracing=True)
    def step(batch):
        method.distributed_step(strategy, batch)

    period = math.lcm(*(player.every for player in method.players.values()))
    return Training(preset, method, step, batch, period, device)


@dataclasses.dataclass(frozen=True)
class Table:
    """The numbers that a script measures for every method.

    Attributes:
        script: path of the file that is run for a row. It calls `main`.
        measure: function of a method's name and options. It returns a row: a
            dict with the names of the columns, `preset` and `device`.
        columns: dict of name to the format of its numbers.
    """

    script: str
    measure: Callable
    columns: dict

    def in_own_process(self, name, options):
        """A row from a new process. None, and a message, if it fails."""
        done = subprocess.run(
            [sys.executable, self.script, "--one", name, json.dumps(options)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment(options["threads"]),
        )
        return json.loads(done.stdout) if done.returncode == 0 else None

    def measure_all(self, names, options, kept_rows):
        """Measures the methods that have no row, and prints all rows.

        Args:
            names: names of methods.
            options: options of `measure`.
            kept_rows: `KeptRows`, with the rows that are already measured.
        """
        print(f"{'method':24}" + "".join(f"{n:>14}" for n in self.columns))
        rows = kept_rows.rows
        missing = [name for name in names if not rows.get(name)]
        start = time.monotonic()
        for name in names:
            if name in missing:
                kept_rows.add(name, self.in_own_process(name, options))
            cells, title = ["failed"], name
            if row := rows[name]:
                cells = [
                    format(row[column], form)
                    for column, form in self.columns.items()
                ]
                if row["preset"] != options["preset"]:
                    title += f" ({row['preset']})"
                if row["device"] != "CPU":
                    title += f", {row['device']}"
            print(f"{title:24}" + "".join(f"{cell:>14}" for cell in cells))
            sys.stdout.flush()
            if name in missing:
                count = missing.index(name) + 1
                print(
                    progress(count, len(missing), time.monotonic() - start),
                    file=sys.stderr,
                )

    def main(self, parser, argv):
        """Measures the methods of `--methods`, or all.

        Args:
            parser: `argparse.ArgumentParser` with the script's own options. It
                gets the options that all of these scripts have.
            argv: list of str.

        Returns:
            int: 0, or 1 if a method failed.
        """
        from tfmask.methods import NAMES

        parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
        parser.add_argument(
            "--methods", nargs="+", choices=NAMES, default=NAMES
        )
        parser.add_argument(
            "--preset", choices=("paper", "quick"), default="paper"
        )
        parser.add_argument("--image-size", type=int, default=128)
        parser.add_argument("--batch-size", type=int, default=1)
        parser.add_argument("--threads", type=int, default=2)
        KeptRows.add_options(parser)
        arguments = parser.parse_args(argv)
        options = vars(arguments).copy()
        for name in ("one", "methods", "json", "resume"):
            del options[name]
        if arguments.one:
            name, own = arguments.one
            print(json.dumps(self.measure(name, json.loads(own))))
            return 0
        kept_rows = KeptRows(parser, arguments, options)
        self.measure_all(arguments.methods, options, kept_rows)
        return (
            0 if all(kept_rows.rows[name] for name in arguments.methods) else 1
        )


class KeptRows:
    """The rows of a script, and the file from which it can be resumed.

    Args:
        parser: `argparse.ArgumentParser` with `add_options`.
        arguments: what it has parsed.
        options: dict for JSON, on which the rows depend.

    Attributes:
        rows: dict of a name to its row.
    """

    def __init__(self, parser, arguments, options):
        if arguments.resume and not arguments.json:
            parser.error(
                "--resume goes on with the rows of a file: --json FILE"
            )
        self._file, self._options = arguments.json, options
        self.rows = rows_of(self._file, options) if arguments.resume else {}

    @staticmethod
    def add_options(parser):
        """Adds --json and --resume."""
        parser.add_argument("--json", type=Path)
        parser.add_argument("--resume", action="store_true")

    def add(self, name, row):
        """Adds a row, and writes all rows into the file."""
        from tfmask.ops.files import write_json

        self.rows[name] = row
        if self._file:
            write_json(self._file, {**self._options, "methods": self.rows})


def environment(threads):
    """Environment variables of a process that is measured, a dict."""
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def progress(count, total, seconds):
    """The number of rows, and the time left if the others take as long."""
    left = seconds / count * (total - count)
    return (
        f"{count} of {total} in {seconds / 60:.0f} min, "
        f"about {left / 60:.0f} min left"
    )


def rows_of(file, options):
    """The rows of an earlier run. If its options differ, the program ends."""
    try:
        earlier = json.loads(file.read_text())
        rows = earlier.pop("methods")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SystemExit(f"{file} was not written by this command.") from None
    if earlier != options:
        raise SystemExit(
            f"{file} has rows of other options: {earlier}, not {options}. "
            "Name another file, or give the same options."
        )
    return rows
