"""The bar of a command: what is done, and the time that is left."""

import io

import pytest
from rich.console import Console

from serving.commands.progress import image_progress, tiled_progress


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def console(clock):
    """A file, so only the last state is printed."""
    return Console(file=io.StringIO(), width=100, get_time=clock)


def printed(console):
    """The words of each line, without the spaces of a table."""
    return [
        " ".join(line.split()) for line in console.file.getvalue().splitlines()
    ]


def test_tiles_that_take_long_have_their_time_left(console, clock):
    with (
        pytest.raises(KeyboardInterrupt),
        tiled_progress("Translating", 2, console) as bars,
    ):
        bars.tiles(0, 11)
        for done in (1, 2):
            clock.now += 40.0
            bars.tiles(done, 11)
        raise KeyboardInterrupt
    images, tiles = printed(console)
    assert images.startswith("Translating") and "0/2 images" in images
    assert tiles.endswith("2/11 tiles, 0:01:20 gone, 0:06:00 left")


@pytest.mark.parametrize("done", [3, 2])
def test_the_bar_of_the_tiles_ends_with_its_image(console, done):
    """Also if a tile was refused, so that the last ones never came."""
    with tiled_progress("Translating", 2, console) as bars:
        bars.tiles(done, 3)
        bars.advance()
    (images,) = printed(console)
    assert "1/2 images" in images


def test_images_are_counted_on_stderr(capsys):
    with image_progress("Looking", 12) as advance:
        advance()
        advance(3)
    out, err = capsys.readouterr()
    assert not out and "Looking" in err and "4/12 images" in err
