"""`tfmask runs`: lists run folders, how far they are and what they show."""

import dataclasses
import json
import sys
import time
from pathlib import Path

from tyro.conf import Positional

from tfmask.ops.command import command, parse_options
from tfmask.training.run_list import find_runs


@dataclasses.dataclass(frozen=True)
class Options:
    """List the runs below a folder, the newest first."""

    folder: Positional[Path] = Path("runs")
    """Where to look, at any depth."""
    json: bool = False
    """Print everything that is known, as JSON."""


def age(seconds):
    """A time span in words: its largest unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def lines_of(entry, now):
    """The lines about a run, list of str."""
    if entry.problem:
        return [entry.path, f"    {entry.problem}"]
    lines = [
        entry.path,
        f"    {entry.method} ({entry.preset}) on {entry.data}: step "
        f"{entry.step:,} of {entry.steps:,}, {entry.state}, wrote "
        f"{age(now - entry.changed)}",
    ]
    numbers = {
        **entry.losses,
        **{f"mean {name}": mean for name, mean in entry.mask_means.items()},
    }
    if numbers:
        words = (f"{name} {value:.3g}" for name, value in numbers.items())
        lines.append(f"    {', '.join(words)}")
    if entry.picture:
        lines.append(f"    {entry.picture}")
    return lines


@command
def main(argv=None):
    """Lists runs. Returns the exit code."""
    options = parse_options(Options, argv, "runs")
    entries = find_runs(options.folder)
    if options.json:
        print(json.dumps([dataclasses.asdict(entry) for entry in entries]))
        return 0
    if not entries:
        print(f"no runs below {options.folder}", file=sys.stderr)
    for entry in entries:
        print("\n".join(lines_of(entry, time.time())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
