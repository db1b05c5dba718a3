"""Progress of work on images, on stderr: stdout belongs to results."""

from contextlib import contextmanager


@contextmanager
def image_progress(description, total):
    """A bar with images done and time left.

    Args:
        description: str, the name of the work.
        total: int, the number of all images.

    Yields:
        Function `advance(count=1)`.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("images,"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total)
        yield lambda count=1: progress.advance(task, count)
