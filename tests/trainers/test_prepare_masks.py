"""`tfmask prepare masks` on drawn images."""

import csv
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from fake_runs import BrightMethod, fake_run
from PIL import Image
from tiny import ATTENTION, OPTIONS

from tfmask.evaluation.unmarked_images import uncertainty
from tfmask.methods import method_spec
from trainers import train
from trainers.prepare_masks import main

SIDE = 16


class Grey(BrightMethod):
    """Its mask is the red channel, so that an image's red is its mask."""

    def translate(self, inputs, direction):
        image = inputs["image"]
        return {"image": image, "mask": (image[..., :1] + 1.0) / 2.0}


@pytest.fixture
def photos(tmp_path):
    """Plain images whose red goes from 0 to 250; two of them have masks."""
    rng = np.random.default_rng(0)
    for domain in "AB":
        folder = tmp_path / "photos" / f"train{domain}"
        folder.mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
            pixels[..., 0] = 50 * number
            Image.fromarray(pixels).save(folder / f"{number}.png")
    mask = Image.fromarray(np.zeros((SIDE, SIDE), np.uint8))
    for name in ("trainA_mask/2.png", "trainB_seg/0_0.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir()
        mask.save(path)
    return tmp_path / "photos"


def listed(photos, *options, **injected):
    out = photos.parent / "list.csv"
    command = ["--data", str(photos), "--out", str(out), *options]
    assert main(command, **injected) == 0
    with open(out, newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["domain", "file", "uncertainty"]
    return rows


def test_uncertainty_is_that_of_a_coin():
    masks = np.stack([np.full((4, 4, 1), m) for m in (0.0, 1.0, 0.5, 0.1)])
    np.testing.assert_allclose(uncertainty(masks), [0, 0, 1, 0.36])


def test_the_least_certain_come_first(photos):
    load_run = fake_run(Grey(), SIDE)
    rows = listed(photos, "--run", "r", "--count", "3", load_run=load_run)
    files = [file for _, file, _ in rows]
    # 4 m (1 - m) of m = red / 255 is largest at 100 and 150.
    assert files[:3] == ["trainA/3.png", "trainA/4.png", "trainA/1.png"]
    assert files[3:] == ["trainB/3.png", "trainB/2.png", "trainB/4.png"]
    for domain, file, value in rows:
        assert file.startswith(f"train{domain.upper()}/")
        red = 50 * int(file[-5]) / 255
        assert abs(float(value) - 4 * red * (1 - red)) < 2e-3


def test_without_a_run_images_differ_and_marked_ones_are_left_out(photos):
    rows = listed(photos, "--count", "99")
    assert len(rows) == 10 and {value for _, _, value in rows} == {""}
    assert ["a", "trainA/2.png", ""] not in rows
    assert ["b", "trainB/0.png", ""] not in rows


def test_what_was_listed_can_be_marked(photos, capsys):
    listed(photos)
    said = capsys.readouterr().out
    assert "trainA: 5 of 5 images without a mask, 1 have one" in said
    assert f"{photos / 'trainA_mask'}/NAME.png" in said
    assert "white is the object" in said


def test_an_old_list_is_kept(photos, capsys):
    out = photos.parent / "list.csv"
    out.write_text("mine")
    assert main(["--data", str(photos), "--out", str(out)]) == 1
    assert "already there" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_bad_files_are_named_or_left_out(photos, capsys):
    bad = photos / "trainB" / "bad.png"
    bad.write_bytes(b"no picture")
    out = photos.parent / "list.csv"
    assert main(["--data", str(photos), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert str(bad) in said and "--skip-bad-files" in said
    assert not out.exists()
    load_run = fake_run(Grey(), SIDE)
    rows = listed(photos, "--run", "r", "--skip-bad-files", load_run=load_run)
    assert len(rows) == 10 and "bad" not in str(rows)


def test_a_run_without_masks_of_images_is_refused(photos, capsys):
    method = SimpleNamespace(spec=method_spec("instagan"))
    command = ["--data", str(photos), "--out", str(photos / "x.csv")]
    load_run = fake_run(method, SIDE)
    assert main([*command, "--run", "r"], load_run=load_run) == 1
    assert "instagan" in capsys.readouterr().err


def test_a_count_that_makes_no_sense(photos, capsys):
    with pytest.raises(SystemExit):
        main(["--data", str(photos), "--out", "x.csv", "--count", "0"])
    assert "`count` must be 1 or more" in capsys.readouterr().err


def test_without_a_run_no_tensorflow_is_needed(photos):
    out = photos.parent / "list.csv"
    code = (
        "import sys\n"
        "from trainers.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    command = ["prepare", "masks", "--data", str(photos), "--out", str(out)]
    subprocess.run([sys.executable, "-c", code, *command], check=True)
    assert out.exists()


@pytest.mark.slow
def test_a_real_run_lists_its_images(photos):
    run = photos.parent / "run"
    command = ["attention_guided", "--data", "synthetic", "--run", str(run)]
    steps = ["--steps", "1", "--run.sample-every", "100"]
    assert train.main([*command, *OPTIONS, *ATTENTION, *steps]) == 0
    rows = listed(photos, "--run", str(run), "--count", "2")
    assert [domain for domain, _, _ in rows] == ["a", "a", "b", "b"]
    values = [float(value) for _, _, value in rows]
    assert all(0.0 < value <= 1.0 for value in values)
    assert values[0] >= values[1] and values[2] >= values[3]
