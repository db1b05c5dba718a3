"""The benchmark of tiles: its picture, and what it measures of a process."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def script(load_script):
    return load_script("tiles")


def test_the_picture_is_smooth_and_full_of_shades(script, tmp_path):
    script.write_photograph(tmp_path / "p.jpg", 80, 60)
    pixels = np.asarray(Image.open(tmp_path / "p.jpg")).astype(int)
    assert pixels.shape == (60, 80, 3) and pixels.std() > 10
    assert np.abs(np.diff(pixels, axis=1)).mean() < pixels.std() / 2


def test_seconds_and_memory_are_those_of_the_command(script, capfd):
    seconds, busy, peak = script.measured(["--version"])
    assert capfd.readouterr().out.startswith("tfmask ")
    assert 0.01 < seconds < 60 and 0.005 < busy < 60 and peak > 0.005
    with pytest.raises(SystemExit, match="--wrong: 2"):
        script.measured(["--wrong"])
