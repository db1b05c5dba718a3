"""All run folders below a folder: how far they are, what they show."""

import csv
import dataclasses
import math
import os
from pathlib import Path

from tfmask.ops.errors import UserError
from tfmask.ops.locks import writer_of
from tfmask.reports.gallery import SAMPLES, Gallery
from tfmask.training.run_folder import CONFIG, read_config, run_checkpoints
from tfmask.training.schedule_length import total_steps

METRICS = "metrics.csv"  # in the run folder


@dataclasses.dataclass(frozen=True)
class RunEntry:
    """One run folder.

    Attributes:
        path: str.
        problem: str, the reason if it cannot be read. Then all fields below are
            empty.
        method: str.
        preset: str.
        data: str, location of the data.
        step: int, step of the last row of numbers, or of the newest checkpoint.
        steps: int, how many steps it should have in all.
        state: "running", "finished" or "stopped".
        changed: float, time of its last writing, in seconds since 1970.
        losses: dict of the kind of a loss to its mean in the last row.
        mask_means: dict of a mask's name to its mean in the newest picture.
        picture: str, path of that picture; "" if there is none yet.
    """

    path: str
    problem: str = ""
    method: str = ""
    preset: str = ""
    data: str = ""
    step: int = 0
    steps: int = 0
    state: str = ""
    changed: float = 0.0
    losses: dict = dataclasses.field(default_factory=dict)
    mask_means: dict = dataclasses.field(default_factory=dict)
    picture: str = ""


def find_runs(folder):
    """The runs below a folder, the one that wrote last at first.

    Args:
        folder: path; it may be a run folder itself.

    Returns:
        list of `RunEntry`. Folders without `config.json` are no runs.

    Raises:
        UserError: the folder is missing.
    """
    if not Path(folder).is_dir():
        raise UserError(f"There is no folder `{folder}`.")
    entries = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if CONFIG in files:
            entries.append(read_run(Path(root)))
            folders[:] = []  # a run holds no other runs
    return sorted(entries, key=lambda entry: -entry.changed)


def read_run(run):
    """`RunEntry` of a run folder."""
    try:
        config, facts = read_config(run)
        row = last_row(run / METRICS)
        gallery = Gallery(run, run.name)
        checkpoints = run_checkpoints(run).steps()
    except UserError as error:
        return RunEntry(str(run), str(error))
    end = total_steps(config, facts["epoch_steps"])
    step = max(int(row.get("step", 0)), *checkpoints, 0)
    picture = gallery.newest_samples(math.inf)
    means = gallery.mask_means(math.inf)
    state = "finished" if checkpoints and checkpoints[-1] >= end else "stopped"
    written = (run / name for name in (CONFIG, METRICS, SAMPLES))
    return RunEntry(
        path=str(run),
        method=config.method_name,
        preset=config.preset,
        data=config.data.location,
        step=step,
        steps=end,
        state="running" if writer_of(run) else state,
        changed=max(path.stat().st_mtime for path in written if path.exists()),
        losses=losses_by_kind(row),
        mask_means=means[max(means)] if means else {},
        picture=str(run / picture) if picture else "",
    )


def last_row(path):
    """The last whole row of a metrics file: dict of name to str."""
    if not path.exists():
        return {}
    header, *rows = whole_lines(path) or [""]
    return next(csv.DictReader([header, rows[-1]])) if rows else {}


def whole_lines(path):
    """The lines of a metrics file, without what a killed process left of one.

    Returns:
        list of str that end with a line break. The first line names the
        columns.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [line for line in lines if line.endswith("\n")]


def losses_by_kind(row):
    """The mean of each kind of loss over players and directions.

    Args:
        row: dict with names such as "generator/cycle_a". Other names and empty
            values are left out.

    Returns:
        dict of kind ("cycle") to float.
    """
    kinds = {}
    for name, value in row.items():
        if "/" in name and value not in ("", None):
            kind = name.split("/")[1].rsplit("_", 1)[0]
            kinds.setdefault(kind, []).append(float(value))
    return {kind: sum(values) / len(values) for kind, values in kinds.items()}
