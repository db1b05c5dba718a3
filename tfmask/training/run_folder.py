"""Run folders: from a config to a method and back from a folder."""

import dataclasses
import json
from pathlib import Path

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)
from tfmask.configs.removed_options import without_removed
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_json
from tfmask.training.building import build_method, use_averaged_weights
from tfmask.training.checkpoints import Checkpoints

CONFIG = "config.json"
CHECKPOINTS = "checkpoints"


def write_config(run, config, **facts):
    """Writes `config.json`: the resolved config and what it ran with."""
    facts = {"config": dataclasses.asdict(config), **facts}
    write_json(Path(run) / CONFIG, facts)


def read_config(run):
    """Reads `config.json`.

    Args:
        run: run folder.

    Returns:
        (`TrainConfig`, dict of the other facts).

    Raises:
        UserError: the folder is no run folder.
    """
    path = Path(run) / CONFIG
    try:
        facts = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UserError(
            f"`{run}` is not a run folder: it has no {CONFIG}. Make one "
            "with `tfmask train`."
        ) from error
    except ValueError as error:
        raise UserError(
            f"`{path}` is damaged: {error}. Take another run."
        ) from error
    try:
        plain = facts.pop("config")
        groups = {
            name: without_removed(name, plain[name])
            for name in ("method", "data", "optimizer", "run")
        }
        config = TrainConfig(
            method_name=plain["method_name"],
            preset=plain["preset"],
            method=method_spec(plain["method_name"]).config(**groups["method"]),
            data=DataConfig(**groups["data"]),
            optimizer=OptimizerConfig(**groups["optimizer"]),
            run=RunConfig(**groups["run"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"`{path}` is not of this version of tfmask: {error}. Take the "
            "version that it names under `versions`, or another run."
        ) from error
    return config, facts


def run_checkpoints(run, keep=3):
    """The checkpoints of a run folder."""
    return Checkpoints(Path(run) / CHECKPOINTS, keep)


def load_run(run, step=None):
    """A trained method from its run folder, ready to translate.

    Args:
        run: run folder.
        step: int, the step of the checkpoint. None: the newest one.

    Returns:
        (`TrainConfig`, `TranslationMethod`). The weights are averages if the
        run keeps averages.
    """
    config, facts = read_config(run)
    method = build_method(config, facts["epoch_steps"])
    run_checkpoints(run).restore(method, step)
    method.phase = method.phase_at(int(method.step.numpy()))
    if config.optimizer.ema_momentum is not None:
        use_averaged_weights(method)
    method.origin = dataclasses.replace(method.origin, run=Path(run))
    return config, method
