"""Checks whether a run may begin or continue in a folder."""

import contextlib
import dataclasses
import os
from pathlib import Path

from tfmask.ops.errors import UserError
from tfmask.ops.files import is_used
from tfmask.ops.locks import only_writer
from tfmask.training.run_folder import CONFIG, read_config, run_checkpoints
from tfmask.training.schedule_length import total_steps
from tfmask.training.strategies import is_chief

# A resumed run may change these settings: its length and its outputs.
MAY_CHANGE = {
    "run.epochs",
    "run.steps",
    "run.log_every",
    "run.sample_every",
    "run.samples",
    "run.checkpoint_every",
    "run.keep_checkpoints",
    "run.steps_per_call",
    "run.accumulate",
    "run.recompute",
    "data.cached",
    "data.location",  # may move; its fingerprint must be the same
}


@contextlib.contextmanager
def opened_run(run, config, *, resume):
    """A run's folder, for this process alone, after a look into it.

    If there are several workers, only the chief writes. It also looks into the
    folder for all of them.

    Args:
        run: path.
        config: `TrainConfig`.
        resume: bool; the folder holds a run to continue.

    Yields:
        str, the reason if there is nothing left to do, else None.

    Raises:
        UserError: see `require_new` and `check_resume`.
    """

    def look():
        if resume:
            return check_resume(run, config)
        return require_new(run) if chief else None

    chief = is_chief(config)
    if not chief:
        yield look()
        return
    if not run.is_dir():
        look()  # makes no folder if none can be there
    with only_writer(run, "Or choose another --run, for a new run."):
        yield look()


def require_new(run):
    """Raises a `UserError` unless a new run may be written to a folder."""
    if not is_used(run):
        return
    if not (Path(run) / CONFIG).is_file():
        raise UserError(
            f"`{run}` exists and is not empty, and it is no run folder (it has "
            f"no {CONFIG}). Choose another --run."
        )
    steps = run_checkpoints(run).steps()
    where = f"step {steps[-1]}" if steps else "the beginning: no checkpoint yet"
    raise UserError(
        f"The run folder `{run}` exists and is not empty. Go on with --resume "
        f"(from {where}), or choose another --run for a new run."
    )


def changed_fields(config, other):
    """Names such as "run.seed" of the fields that differ."""
    return [
        f"{group}.{name}"
        for group in ("method", "data", "optimizer", "run")
        for name, value in dataclasses.asdict(getattr(config, group)).items()
        if value != dataclasses.asdict(getattr(other, group))[name]
    ]


def check_resume(run, config):
    """Reasons against resuming that are known before anything is loaded.

    Args:
        run: run folder.
        config: `TrainConfig` of the rest of the run.

    Returns:
        str, the reason if there is nothing left to do, else None.

    Raises:
        UserError: it is no run folder; an option cannot be changed; or the run
            already has more steps than it should have in all.
    """
    saved, facts = read_config(run)
    changed = changed_fields(config, saved)
    if refused := [name for name in changed if name not in MAY_CHANGE]:
        raise UserError(
            f"A resumed run cannot change `{'`, `'.join(refused)}`. It may "
            f"change: {', '.join(sorted(MAY_CHANGE))}. For other values begin "
            "a new run with another --run."
        )
    if config.data.location == saved.data.location:
        require_data(run, config.data.location)
    reached = max(run_checkpoints(run).steps(), default=0)
    end = total_steps(config, facts["epoch_steps"])
    if end < reached:
        raise UserError(
            f"The run `{run}` has {reached} steps already, it cannot end at "
            f"step {end}. Give --steps above {reached} to go on, or use it as "
            "it is."
        )
    if end == reached:
        return f"`{run}` has its {end} steps. Give more --steps to go on."
    return None


def require_data(run, location):
    """Raises a `UserError` unless the data of a run is where it was.

    Args:
        run: run folder.
        location: str, as in `config.json`.
    """
    kind = location.partition(":")[0]
    if kind in ("synthetic", "tfds") or os.path.exists(location):
        return
    relative = (
        ""
        if os.path.isabs(location)
        else ", which is relative to the folder that the run was started in,"
    )
    raise UserError(
        f"The data of the run `{run}`, recorded as `{location}`{relative} is "
        "not there. If it moved, give --data NEW."
    )


def check_same_data(old, new):
    """Raises a `UserError` unless the data is what the run was trained on.

    Args:
        old: dict, `describe()` of the run's data when it began.
        new: dict, `describe()` of the data that is open now.
    """
    if new["fingerprint"] != old["fingerprint"]:
        raise UserError(
            "The data is not what this run was trained on: "
            f"{old['location']} had fingerprint {old['fingerprint']} and "
            f"{old['counts']}, {new['location']} has {new['fingerprint']} and "
            f"{new['counts']}. Give the old data as --data, or begin a new run "
            "with another --run."
        )
