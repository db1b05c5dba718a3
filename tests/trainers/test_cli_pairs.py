"""All commands with a method that learns from pairs, b to a."""

import dataclasses
import json
import re
import shlex

import numpy as np
import pytest
from exports import served_here
from PIL import Image
from processes import tfmask

from data_pipelines import open_data, paired_scenes
from tfmask.evaluation.segmenter import load_segmenter
from tfmask.methods import preset_config
from tfmask.ops.errors import UserError
from tfmask.training.training_data import following, open_training_data
from trainers import evaluate, train

pytestmark = pytest.mark.slow

SMALL = tuple(
    shlex.split(
        "--data synthetic:paired --image-size 16 24 --batch-size 2 "
        "--data.epoch-steps 4 --data.synthetic-count 8 "
        "--run.samples 2 --run.log-every 1 --steps 3 "
        "--method.filters 4 --method.levels 3"
    )
)
TINY = (
    *SMALL,
    *shlex.split(
        "--method.discriminator-filters 4 --method.discriminator-layers 1"
    ),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "labels"
    tfmask(
        "train", "pix2pix", "--run", folder, *TINY,
        "--method.direction", "b_to_a", "--data.label-domains", "b",
    )  # fmt: skip
    return folder


def test_a_run_of_pairs(run):
    config = json.loads((run / "config.json").read_text())
    assert config["config"]["method"]["direction"] == "b_to_a"
    assert config["config"]["data"]["label_domains"] == ["b"]
    header = (run / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {
        "generator/l1",
        "generator/adversarial",
        "discriminator/discriminator",
    } <= set(header)
    page = (run / "index.html").read_text().replace(" ", "_")
    assert "fake_a" in page and "fake_b" not in page


def test_it_is_evaluated_against_the_partners(run, tmp_path, capsys):
    numbers = tmp_path / "numbers.json"
    options = ["--run", str(run), "--json", str(numbers), "--limit", "3"]
    options.append("--overwrite")
    assert evaluate.main([*options, "--data", "synthetic:paired"]) == 0
    result = json.loads(numbers.read_text())
    assert result["n"] == {"b_to_a": 3}
    rows = result["directions"]["b_to_a"]
    assert rows["model"]["target_l1"] > 0 and rows["identity"]["target_l1"] > 0
    assert "**b_to_a**, 3 images" in (run / "model_card.md").read_text()
    page = (run / "evaluation" / "index.html").read_text()
    assert "true partner" in page
    capsys.readouterr()
    assert evaluate.main([*options, "--data", "synthetic"]) == 1
    assert "does not have" in capsys.readouterr().err


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "segmenter"
    arguments = ("segmenter", "--run", folder, *SMALL)
    assert train.main([str(argument) for argument in arguments]) == 0
    return folder


def test_a_segmenter_reads_photographs(run, segmenter, tmp_path, capsys):
    numbers = tmp_path / "numbers.json"
    options = ["--data", "synthetic:paired", "--limit", "3"]
    options += ["--json", str(numbers), "--overwrite"]

    def measured(judged):
        arguments = ["--run", str(judged), "--segmenter", str(segmenter)]
        assert evaluate.main([*arguments, *options]) == 0
        return json.loads(numbers.read_text())["directions"]

    names = ("pixel_accuracy", "class_accuracy", "class_iou")
    # Its score on the photographs is the upper limit for translations.
    own = measured(segmenter)["a_to_b"]["model"]
    ceiling = measured(run)["b_to_a"]["true_partner"]
    assert [own[name] for name in names] == [ceiling[name] for name in names]
    assert 0 < own["pixel_accuracy"] < 1
    saved = json.loads((segmenter / "config.json").read_text())["config"]
    assert saved["method"]["palette"][0] == [64, 64, 160]

    capsys.readouterr()
    arguments = ["--run", str(run), "--segmenter", str(run), *options]
    assert evaluate.main(arguments) == 1
    assert "is one of pix2pix" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"at \(16, 24\) .* are \(16, 16\)"):
        load_segmenter(segmenter, open_data("synthetic:paired", 16))
    other = open_data("synthetic:paired", (16, 24))
    other.palettes = {}
    with pytest.raises(UserError, match="other classes or another domain"):
        load_segmenter(segmenter, other)


def test_a_segmenter_follows_the_data():
    config = preset_config("segmenter", "quick", "synthetic:paired")
    data = open_data("synthetic:paired", 16)
    followed = following(config, data)
    assert followed.method.palette == paired_scenes.PALETTE.colours
    assert following(followed, data) == followed
    method = dataclasses.replace(config.method, palette=((0, 0, 0), (1, 1, 1)))
    with pytest.raises(UserError, match="follow the data"):
        following(dataclasses.replace(config, method=method), data)
    data.palettes = {}
    with pytest.raises(UserError, match="0 such domains in synthetic:paired"):
        following(config, data)


def test_the_road_from_a_label_map_to_an_answer(run, tmp_path):
    tfmask("train", "pix2pix", "--run", run, "--resume", "--run.steps", 4)
    source = tmp_path / "maps"
    source.mkdir()
    for index in range(2):
        _, labels = paired_scenes.draw(1, "test", index, (20, 30))
        picture = Image.fromarray(paired_scenes.coloured(labels))
        picture.save(source / f"{index}.png")
    out, answers = tmp_path / "out", tmp_path / "answers"
    # Without a direction: there is only one.
    tfmask("translate", "--run", run, "--input", source, "--output", out)
    assert len(list(out.glob("*.png"))) == 2
    assert len(list(out.glob("masks/*_mask.png"))) == 2
    _, err = tfmask(
        "translate", "--run", run, "--input", source, "--output", out,
        "--overwrite", "--direction", "a_to_b", code=1,
    )  # fmt: skip
    assert "has no direction a_to_b; it has b_to_a" in err

    base = tmp_path / "models"
    tfmask("export", "--run", run, "--base", base, "--name", "toy")
    with served_here(base=base) as target:
        ask = ("query", "--target", target, "--model", "toy")
        ask += ("--input", source, "--output", answers)
        tfmask(*ask, "--direction", "b_to_a")
        _, err = tfmask(*ask, "--overwrite", code=1)
        assert "b_to_a" in err
    for path in out.rglob("*.png"):
        here, there = (
            np.asarray(Image.open(folder / path.relative_to(out)), np.int32)
            for folder in (out, answers)
        )
        assert np.abs(here - there).max() <= 1, path.name


@pytest.mark.parametrize("name", ["pix2pix", "cgan", "gan", "guidegan_paired"])
def test_data_without_pairs_is_refused(name):
    config = preset_config(name, "quick", "synthetic")
    message = f"{name} learns from pairs, which synthetic does not have"
    with pytest.raises(UserError, match=re.escape(message)):
        open_training_data(config)


def test_unpaired_methods_train_on_pairs():
    config = preset_config("cyclegan", "quick", "synthetic:paired")
    assert open_training_data(config).counts("test") == {"a": 100, "b": 100}
