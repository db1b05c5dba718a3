"""Small image folders for the tests of the data pipelines."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines import synthetic

SIDE = 24


@pytest.fixture(scope="session")
def synthetic_folder(tmp_path_factory):
    """Six training and three test images per domain; only for reading."""
    path = tmp_path_factory.mktemp("data") / "synthetic"
    synthetic.write_folder(path, {"train": 6, "test": 3}, SIDE, seed=3)
    return path


@pytest.fixture
def plain_folder(tmp_path):
    """Function that makes a folder without masks, to be damaged."""

    def make(count=3, side=16, splits=("trainA", "trainB", "testA", "testB")):
        rng = np.random.default_rng(0)
        for split in splits:
            (tmp_path / split).mkdir()
            for number in range(count):
                pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
                image = Image.fromarray(pixels)
                image.save(tmp_path / split / f"{number}.jpg")
        return tmp_path

    return make
