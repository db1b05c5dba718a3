"""All commands with a method that remembers its training images."""

import json
import shutil

import numpy as np
import pytest
from processes import tfmask
from tiny import OPTIONS

from data_pipelines.synthetic import write_folder
from tfmask.training.run_folder import run_checkpoints


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "photos"
    write_folder(folder, {"train": 4, "test": 3}, image_size=24, seed=3)
    return folder


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    """(run folder, what training printed)."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    _, err = tfmask(
        "train", "guidegan", "--data", photos, "--run", folder, *OPTIONS,
        "--method.filters", 2, "--method.attention-steps", 1,
        "--steps", 2, "--run.log-every", 1,
    )  # fmt: skip
    return folder, err


@pytest.mark.slow
def test_the_whole_road(photos, trained, tmp_path):
    run, err = trained
    assert "memory_a: 4 maps of 7x7, 0.0 MiB" in err
    config = json.loads((run / "config.json").read_text())["config"]
    assert config["method"]["memory_images"] == [4, 4]
    with np.load(run_checkpoints(run).path(2) / "state.npz") as state:
        seen = state["memory/memory_a/views"][:, 0]
    assert seen.sum() == 4  # two steps of two images

    tfmask("train", "guidegan", "--run", run, "--resume", "--steps", 3)
    numbers = tmp_path / "numbers.json"
    tfmask("evaluate", "--run", run, "--data", photos, "--json", numbers)
    numbers_read = json.loads(numbers.read_text())
    assert numbers_read["mask_kind"] == "discriminator_attention"
    row = numbers_read["directions"]["b_to_a"]["model"]
    assert row["mask_iou"] is not None and row["step_change_1"] > 0

    out, source = tmp_path / "translated", photos / "testA"
    tfmask("translate", "--run", run, "--input", source, "--output", out)
    assert len(list(out.glob("*.png"))) == 3
    assert len(list(out.glob("masks/*_mask.png"))) == 3
    base = tmp_path / "models"
    tfmask("export", "--run", run, "--base", base, "--name", "toy", "--check")


@pytest.mark.slow
def test_a_folder_that_has_grown_is_refused(photos, trained, tmp_path):
    run = shutil.copytree(trained[0], tmp_path / "run")
    grown = shutil.copytree(photos, tmp_path / "photos")
    first = next((grown / "trainA").iterdir())
    shutil.copy(first, first.with_stem("one_more"))
    for mask in grown.glob(f"trainA_*/{first.stem}*"):
        name = mask.name.replace(first.stem, "one_more")
        shutil.copy(mask, mask.with_name(name))
    _, err = tfmask(
        "train", "guidegan", "--run", run, "--resume", "--data", grown,
        "--steps", 4, code=1,
    )  # fmt: skip
    assert "not what this run was trained on" in err
    assert "'a': 4" in err and "'a': 5" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "data"),
    [("guidegan", "synthetic"), ("guidegan_paired", "synthetic:paired")],
)
def test_the_memory_follows_the_data(name, data, tmp_path):
    _, err = tfmask(
        "train", name, "--data", data, "--run", tmp_path / "run",
        "--data.synthetic-count", 4, "--method.memory-images", 9, 9, code=1,
    )  # fmt: skip
    assert "`method.memory_images` follows the data, (4, 4)" in err
