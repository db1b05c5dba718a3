"""Translating files to given attributes."""

import numpy as np
import pytest
from exports import tiny_method
from fake_runs import BrightMethod, fake_run
from PIL import Image

from tfmask.export.check import translated
from trainers.translate import main


@pytest.fixture(scope="module")
def method():
    return tiny_method("stargan")  # knows hat, smile, beard


@pytest.fixture
def translate(tmp_path, method):
    """A function that runs the command; its results are in `out`."""
    pixels = np.random.default_rng(0).integers(0, 256, (13, 18, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")

    def run(*options, method=method):
        places = ["--input", tmp_path / "a.png", "--output", tmp_path / "out"]
        return main(
            [*map(str, ("--run", "r", *places, *options))],
            load_run=fake_run(method),
        )

    return run


def test_named_ones_are_set_the_others_kept(tmp_path, translate, method):
    assert translate("--attributes", "beard=1", "hat=0") == 0
    image = np.asarray(Image.open(tmp_path / "a.png"))[None]
    target = np.array([[0, -1, 1]], np.float32)
    inputs = {"image": image, "attributes": target}
    expected = translated(method, "a_to_b", inputs)
    for name, place in (("image", "a.png"), ("mask", "masks/a_mask.png")):
        got = np.asarray(Image.open(tmp_path / "out" / place))
        values = np.squeeze(expected[name][0].astype(int))
        assert np.abs(got - values).max() <= 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "add --attributes NAME=1 or NAME=0. Known: hat, smile, beard"),
        (["--attributes", "smlie=1"], "`smlie`. Did you mean: smile?"),
        (["--attributes", "smile"], "expects NAME=1 (on) or NAME=0 (off)"),
        (["--attributes", "smile=2"], "Got: `smile=2`"),
        (
            ["--attributes", "hat=1", "--direction=b_to_a"],
            "no direction b_to_a",
        ),
    ],
)
def test_what_does_not_fit_is_said(translate, capsys, options, reason):
    assert translate(*options) == 1
    assert reason in capsys.readouterr().err


def test_a_method_without_attributes_refuses_them(translate, capsys):
    assert translate("--attributes", "hat=1", method=BrightMethod()) == 1
    assert "leave --attributes out" in capsys.readouterr().err
