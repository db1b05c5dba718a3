"""Progress of work on images, on stderr: stdout belongs to results."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

# The time left is that of the mean pace in so many seconds. A tile of a large
# picture can take a minute.
_PACE_SECONDS = 600.0


class Bars(NamedTuple):
    """What moves the bars of `tiled_progress`.

    Attributes:
        advance: function of a number of images that are done, 1 by default.
        tiles: function of the number of tiles of a large image that are done,
            and of the number of all its tiles.
    """

    advance: Callable[..., None]
    tiles: Callable[[int, int], None]


@contextmanager
def image_progress(
    description: str, total: int
) -> Iterator[Callable[..., None]]:
    """A bar with images done and time left.

    Args:
        description: the name of the work.
        total: the number of all images.

    Yields:
        Function `advance(count=1)`.
    """
    with tiled_progress(description, total) as bars:
        yield bars.advance


@contextmanager
def tiled_progress(
    description: str, total: int, console: Any = None
) -> Iterator[Bars]:
    """As `image_progress`, and a bar for the tiles of a large image.

    Args:
        description: the name of the work.
        total: the number of all images.
        console: `rich.console.Console` that also shows other messages. None: a
            new one.

    Yields:
        `Bars`.
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
        TextColumn("{task.fields[unit]},"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(
        *columns,
        console=console or Console(stderr=True),
        speed_estimate_period=_PACE_SECONDS,
    ) as progress:
        images = progress.add_task(description, total=total, unit="images")
        large = []  # the bar of the large image that is under way

        def end_tiles():
            while large:
                progress.remove_task(large.pop())

        def advance(count=1):
            end_tiles()
            progress.advance(images, count)

        def show_tiles(done, count):
            if not large:
                # No description, so the images' bar keeps its place.
                large.append(progress.add_task("", total=count, unit="tiles"))
            progress.update(large[0], completed=done)
            if done == count:
                end_tiles()

        yield Bars(advance, show_tiles)
