"""`tfmask export`: a run becomes a SavedModel version."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tfmask.ops.arrays import MAX_PIXELS
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow


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
    check: bool = False
    """Load the finished version in a fresh process and compare its answers
    with the run's before it gets its number. Exit code 1, and nothing is
    published, if they differ."""
    check_version: int | None = None
    """Publish nothing: compare this version's answers with the run's."""
    warm_up_batches: tuple[int, ...] = (1,)
    """Batch sizes of the warm-up requests; for a GPU, every size that the
    server's batching allows."""
    max_pixels: int = MAX_PIXELS
    """Pixels that the images of one request may have together; the version
    refuses more, before it decodes them."""
    server_base: str = "/models"
    """BASE as the server sees it, for serving_config/models.config."""

    def __post_init__(self):
        if not self.server_base.startswith("/"):
            raise ValueError(
                f"--server-base must be absolute. Got: {self.server_base}"
            )
        if self.max_pixels < 1:
            raise ValueError(
                f"--max-pixels must be 1 or more. Got: {self.max_pixels}"
            )
        if not all(0 < size <= 128 for size in self.warm_up_batches):
            raise ValueError(
                "--warm-up-batches must lie in 1..128. "
                f"Got: {self.warm_up_batches}"
            )


@command
def main(argv=None):
    """Loads the run and exports it. Returns the exit code."""
    options = parse_options(Options, argv, "export")
    load_tensorflow()
    from tfmask.export.check import check_version
    from tfmask.export.publishing import check_place
    from tfmask.export.run import export_run
    from tfmask.training.run_folder import load_run

    check_place(options.base, options.name)
    _, method = load_run(options.run, options.step)
    if options.check_version is not None:
        path = options.base / options.name / str(options.check_version)
        if not path.is_dir():
            raise UserError(f"There is no version to check: `{path}`")
        check_version(method, path)
        print(path)
        return 0
    path = export_run(
        method,
        options.base,
        options.name,
        warm_up_batches=options.warm_up_batches,
        max_pixels=options.max_pixels,
        check=options.check,
        server_base=options.server_base,
    )
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
