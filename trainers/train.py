"""`tfmask train`: trains a method and leaves a run folder behind."""

import argparse
import dataclasses
import sys
from os.path import expanduser
from pathlib import Path
from typing import Annotated, Literal

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
)
from tfmask.methods import NAMES, PRESETS, preset_config
from tfmask.ops.command import INTERRUPTED, command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow
from tfmask.training.resuming import opened_run
from tfmask.training.run_folder import read_config
from tfmask.training.strategies import check_devices

# These are shortcuts of the command line and the fields that they set.
SHORTCUTS = {
    "data": "data.location",
    "image_size": "data.image_size",
    "batch_size": "run.batch_size",
    "steps": "run.steps",
    "epochs": "run.epochs",
    "seed": "run.seed",
    "strategy": "run.strategy",
    "precision": "run.precision",
    "deterministic": "run.deterministic",
    "skip_bad_files": "data.skip_bad_files",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Train METHOD on unpaired images, on pairs, or on images with attributes.

    You can set any field of the config, for example --method.cycle_weight 5.
    Ctrl-C saves a checkpoint and stops. --resume continues the run.
    """

    data: str | None = None
    """Folder with trainA, trainB, testA, testB, with pairs, or with a list of
    attributes (docs/data.md); `tfds:NAME`; `synthetic`, `synthetic:shapes`,
    `synthetic:paired`, `synthetic:attributes`."""
    run: Path
    """Run folder. Without --resume it must be new."""
    preset: Literal[PRESETS] = "quick"
    """Preset that gives the defaults below."""
    resume: bool = False
    """Continue from the newest checkpoint of the run folder."""
    image_size: int | tuple[int, int] | None = None
    """Side of the images in pixels, or height and width. Multiples of 4."""
    batch_size: int | None = None
    """Number of images of each domain in a step, for all replicas together."""
    steps: int | None = None
    """Number of training steps. Schedules keep their proportions."""
    epochs: float | None = None
    """Number of training epochs. Schedules keep their proportions."""
    minutes: float | None = None
    """Save a checkpoint and stop after so many minutes of training."""
    seed: int | None = None
    """Seed of weights, data order, augmentation and pools."""
    strategy: Literal["none", "mirrored", "multiworker"] | None = None
    """Strategy of tf.distribute."""
    precision: Literal["float32", "bfloat16"] | None = None
    """Type of the computation."""
    deterministic: bool = False
    """Use deterministic operations. Then, on a CPU, a resumed run ends
    bit-equal to a run without a stop."""
    skip_bad_files: bool = False
    """Leave out bad files and list them. Otherwise bad files are an error."""

    def __post_init__(self):
        for name in ("steps", "epochs", "minutes"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"`{name}` must be above 0. Got: {value}")
        if self.steps is not None and self.epochs is not None:
            raise ValueError("Give `--steps` or `--epochs`, not both.")


def options_class(config):
    """`Options` with the fields of a config as groups.

    Args:
        config: `TrainConfig` whose values are the defaults.
    """
    import tyro

    groups = dataclasses.make_dataclass(
        "Groups",
        [
            ("method", type(config.method), config.method),
            ("data", DataConfig, config.data),
            ("optimizer", OptimizerConfig, config.optimizer),
            ("run", RunConfig, config.run),
        ],
        frozen=True,
        kw_only=True,
    )
    spread = Annotated[
        groups, tyro.conf.arg(name=""), tyro.conf.FlagConversionOff
    ]
    method = Annotated[Literal[NAMES], tyro.conf.arg(metavar="METHOD")]
    return dataclasses.make_dataclass(
        "TrainOptions",
        [
            ("method_name", tyro.conf.Positional[method]),
            ("config", spread, groups()),
        ],
        bases=(Options,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": Options.__doc__},
    )


def resolve(options, config):
    """The config that the options ask for."""
    groups = {
        name: getattr(options.config, name)
        for name in ("method", "data", "optimizer", "run")
    }
    for shortcut, field in SHORTCUTS.items():
        value = getattr(options, shortcut)
        if value is None or value is False:
            continue
        group, name = field.split(".")
        groups[group] = dataclasses.replace(groups[group], **{name: value})
    run = groups["run"]
    if options.epochs is not None and run.steps == config.run.steps:
        # Otherwise the steps of the resumed run would count in place of the
        # epochs.
        groups["run"] = dataclasses.replace(run, steps=None)
    return dataclasses.replace(config, **groups)


def parse(argv):
    """Options and the resolved config of a command line.

    Returns:
        (options, config, reparse): `reparse(config)` reads the same command
        line over other defaults.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv and not argv[0].startswith("-"):
        argv[0] = argv[0].replace("-", "_")
    peek = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    peek.add_argument("method_name", nargs="?")
    peek.add_argument("--preset", default="quick")
    peek.add_argument("--run", type=lambda text: Path(expanduser(text)))
    peek.add_argument("--resume", action="store_true")
    early, _ = peek.parse_known_args(argv)
    known = early.method_name in NAMES
    default = preset_config(
        early.method_name if known else "attention_guided",
        early.preset if early.preset in PRESETS else "quick",
        location="",
    )
    if early.resume and early.run is not None and known:
        saved, _ = read_config(early.run)
        if saved.method_name != early.method_name:
            raise UserError(
                f"`{early.run}` is a run of {saved.method_name}, not of "
                f"{early.method_name}. Resume it under its own name."
            )
        default = saved

    def reparse(config):
        options = parse_options(options_class(config), argv, "train")
        try:
            return options, resolve(options, config)
        except ValueError as error:
            print(f"tfmask train: error: {error}", file=sys.stderr)
            raise SystemExit(2) from error

    options, config = reparse(default)
    if not config.data.location:
        print(
            "tfmask train: error: `--data` is missing: a folder, tfds:NAME "
            "or synthetic.",
            file=sys.stderr,
        )
        raise SystemExit(2)
    return options, config, reparse


@command
def main(argv=None):
    """Parses, then trains. Returns the exit code."""
    options, config, reparse = parse(argv)
    check_devices(config, resume=options.resume)
    with opened_run(options.run, config, resume=options.resume) as finished:
        if finished:
            print(f"nothing to do: {finished}", file=sys.stderr)
            return 0
        load_tensorflow()
        from tfmask.training.run import train

        interrupted = train(options, config, reparse, argv or sys.argv[1:])
    return INTERRUPTED if interrupted else 0


if __name__ == "__main__":
    sys.exit(main())
