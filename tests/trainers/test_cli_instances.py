"""All commands with a method that translates given instances."""

import json

import numpy as np
import pytest
from exports import served_here
from PIL import Image
from processes import tfmask
from tiny import OPTIONS

from data_pipelines.synthetic import write_folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "photos"
    counts = {"train": 4, "test": 3}
    write_folder(folder, counts, image_size=24, seed=3, kind="shapes")
    return folder


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    tfmask(
        "train", "instagan", "--data", photos, "--run", folder, *OPTIONS,
        "--steps", 2, "--run.log-every", 1, "--method.normalization",
        "instance",
    )  # fmt: skip
    return folder


@pytest.mark.slow
def test_the_whole_road_with_instances(photos, run, tmp_path):
    numbers = tmp_path / "numbers.json"
    tfmask("evaluate", "--run", run, "--data", photos, "--json", numbers)
    rows = json.loads(numbers.read_text())["directions"]["a_to_b"]
    assert rows["identity"]["context_l1"] == 0
    assert rows["model"]["context_l1"] > 0

    out, masks = tmp_path / "translated", photos / "testA_seg"
    source = photos / "testA"
    ask = ("--input", source, "--instances", masks)
    tfmask("translate", "--run", run, *ask, "--output", out)
    expected = {f"{image.stem}.png" for image in source.iterdir()}
    assert {path.name for path in out.glob("*.png")} == expected
    expected = {f"{image.stem}_mask.png" for image in source.iterdir()}
    expected |= {
        "{}_instance_{}.png".format(*mask.stem.rsplit("_", 1))
        for mask in masks.iterdir()
    }
    assert {path.name for path in (out / "masks").iterdir()} == expected

    base = tmp_path / "models"
    tfmask("export", "--run", run, "--base", base, "--name", "toy", "--check")
    with served_here(base=base) as target:
        answers = tmp_path / "answers"
        tfmask(
            "query", "--target", target, "--model", "toy", *ask,
            "--output", answers,
        )  # fmt: skip
    for path in out.rglob("*.png"):
        here, there = (
            np.asarray(Image.open(folder / path.relative_to(out)), np.int32)
            for folder in (out, answers)
        )
        assert np.abs(here - there).max() <= 1, path.name


@pytest.mark.slow
def test_missing_masks_are_told(photos, run, tmp_path):
    ask = ("translate", "--run", run, "--input", photos / "testA",
           "--output", tmp_path / "out")  # fmt: skip
    _, err = tfmask(*ask, code=1)
    assert "add --instances" in err
    _, err = tfmask(*ask, "--instances", photos / "testB", code=1)
    assert "3 of 3 images have no masks" in err and "00000_0.png" in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()
