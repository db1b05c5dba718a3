"""All commands with methods that train on attributes."""

import dataclasses
import json
import re
import shlex

import pytest
from processes import tfmask

from tfmask.evaluation import attribute_classifier
from tfmask.methods import preset_config
from tfmask.ops.errors import UserError
from tfmask.training.training_data import following, open_training_data
from trainers import evaluate

pytestmark = pytest.mark.slow

TINY = tuple(
    shlex.split(
        "--data synthetic:attributes --image-size 16 --batch-size 2 "
        "--data.epoch-steps 4 --data.synthetic-count 8 "
        "--run.samples 2 --run.log-every 1 --steps 3 "
        "--method.filters 4 --method.discriminator-filters 4 "
        "--method.discriminator-layers 2 --method.critic-steps 2"
    )
)


def train(method, folder, *options):
    return tfmask("train", method, "--run", folder, *TINY, *options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "faces"
    train("stargan", folder, "--data.attributes", "base", "cap")
    return folder


def test_a_run_knows_its_attributes(run):
    config = json.loads((run / "config.json").read_text())
    assert config["config"]["data"]["attributes"] == ["base", "cap"]
    assert config["config"]["method"]["attributes"] == ["base", "cap"]
    header = (run / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"discriminator/penalty", "generator/cycle"} <= set(header)
    page = (run / "index.html").read_text()
    assert "switched_base" in page.replace(" ", "_")


def test_it_is_evaluated_on_its_attributes(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(attribute_classifier, "STEPS", 2)
    options = ["--run", str(run), "--json", str(tmp_path / "numbers.json")]
    options += ["--limit", "3", "--batch-size", "2", "--overwrite", "--data"]
    assert evaluate.main([*options, "synthetic:attributes"]) == 0
    result = json.loads((tmp_path / "numbers.json").read_text())
    assert result["n"] == {"switch_base": 3, "switch_cap": 3, "all": 6}
    assert list(result["classifier"]) == ["base", "cap"]
    row = result["directions"]["all"]["model"]
    assert all(0.0 <= value <= 2.0 for value in row.values())
    assert "**switch_cap**, 3 images" in (run / "model_card.md").read_text()
    page = (run / "evaluation" / "index.html").read_text()
    assert "switch base: 3 of 3 images" in page
    capsys.readouterr()
    assert evaluate.main([*options, "synthetic"]) == 1
    assert "has no attributes" in capsys.readouterr().err


def test_it_goes_on_with_the_same_attributes(run):
    tfmask("train", "stargan", "--run", run, "--resume", "--run.steps", 4)
    rows = (run / "metrics.csv").read_text().splitlines()
    assert rows[-1].startswith("4,")
    _, err = tfmask(
        "train", "stargan", "--run", run, "--resume", "--run.steps", 5,
        "--data.attributes", "cap", code=1,
    )  # fmt: skip
    assert "data.attributes" in err


@pytest.mark.parametrize(
    ("method", "location", "changes", "message"),
    [
        ("cyclegan", "synthetic:attributes", {}, "is one set with attributes"),
        ("stargan", "synthetic", {}, "needs data with attributes"),
        (
            "stargan",
            "synthetic:attributes",
            {"data": {"attributes": ("capp",)}},
            "Unknown attribute `capp`. Did you mean: cap",
        ),
        (
            "stargan",
            "synthetic:attributes",
            {"method": {"attributes": ("cap",)}},
            "selected by `--data.attributes`: cap, stripe, base",
        ),
        (
            "stargan",
            "synthetic:attributes",
            {"method": {"exclusive": ("hat",)}},
            "`exclusive` must be among the attributes cap, stripe, base",
        ),
    ],
)
def test_methods_and_data_that_do_not_fit(method, location, changes, message):
    config = preset_config(method, "quick", location)
    for group, values in changes.items():
        changed = dataclasses.replace(getattr(config, group), **values)
        config = dataclasses.replace(config, **{group: changed})
    with pytest.raises(UserError, match=re.escape(message)):
        following(config, open_training_data(config))
