"""`tfmask export`: a run becomes a SavedModel version."""

import sys
from dataclasses import dataclass
from pathlib import Path

from trainers.command import command, parse_options


@dataclass(frozen=True)
class Options:
    """Publish a run as the next version of a served model."""

    run: Path
    """Run folder of `tfmask train`."""
    base: Path
    """Folder of all models; the version is BASE/NAME/INTEGER."""
    name: str
    """Name of the model."""
    step: int | None = None
    """Which checkpoint; None: the newest."""


@command
def main(argv=None):
    """Loads the run and exports it. Returns the exit code."""
    options = parse_options(Options, argv, "export")
    from tfmask.export import export_method
    from trainers.runs import load_run
    from trainers.versions import package_versions

    config, method = load_run(options.run, options.step)
    path = export_method(
        method,
        options.base,
        options.name,
        facts={
            "method": config.method_name,
            "preset": config.preset,
            "image_size": config.data.image_size,
            "step": int(method.step.numpy()),
            "versions": package_versions(),
        },
    )
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
