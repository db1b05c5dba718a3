"""The model card holds what a reader needs to trust or doubt a run."""

import dataclasses
import json
from types import SimpleNamespace

import pytest
from fake_runs import ArrayData, BrightMethod, measured, squares

from tfmask.methods import NAMES, method_spec
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_json
from tfmask.reports.model_card import (
    add_evaluation,
    add_thresholds,
    config_hash,
    read_thresholds,
    write_model_card,
)


@dataclasses.dataclass(frozen=True)
class Config:
    method_name: str = "attention_guided"
    preset: str = "quick"
    seed: int = 0


def write(run, **changes):
    arguments = {
        "config": Config(),
        "method": BrightMethod(),
        "data": {"location": "photos", "counts": {"train": {"a": 5, "b": 3}}},
        "step": 1200,
        "command_line": ["tfmask", "train", "bright"],
    }
    return write_model_card(run, **{**arguments, **changes})


def evaluation():
    images, regions = squares()
    data = ArrayData({"a": images, "b": images}, {"a": regions, "b": regions})
    head = {"split": "test", "data": data.describe(), "step": 1200}
    return {**head, **measured(BrightMethod(), data)}


def test_a_card_of_a_run_that_is_not_evaluated(tmp_path):
    run = tmp_path / "my_run"
    text = write(run, sample="images/step.png").read_text()
    assert text.startswith(
        "# my_run\n\nattention_guided (preset quick), 1,200 training"
    )
    for part in (
        "## Intended use",
        "## Limits",
        "photos",
        '{"train": {"a": 5, "b": 3}}',
        "`tfmask train bright`",
        config_hash(Config()),
        "tensorflow ",
        "(images/step.png)",
        "Not evaluated yet",
        "attention map",
    ):
        assert part in text


def test_numbers_come_in_and_stay(tmp_path):
    write(tmp_path)
    result = evaluation()
    text = add_evaluation(tmp_path, result).read_text()
    assert "**a_to_b**, 5 images" in text
    assert "| mask iou | 1.0000 | 0.0000 |" in text
    assert "| background psnr | inf | inf |" in text
    assert "Not evaluated yet" not in text
    # Read back from the file, where infinity is text, and kept on resume.
    text = write(tmp_path, step=2400).read_text()
    assert "2,400 training steps" in text
    assert "step 1200" in text and "| background psnr | inf | inf |" in text


def test_thresholds_belong_to_their_step(tmp_path):
    thresholds = {"a_to_b": 0.31, "b_to_a": 0.6}
    add_thresholds(tmp_path, thresholds, 1200)  # no card, nothing to write to
    assert read_thresholds(tmp_path, 1200) == {}
    assert not any(tmp_path.iterdir())
    write(tmp_path)
    assert read_thresholds(tmp_path, 1200) == {}
    add_thresholds(tmp_path, thresholds, 1200)
    assert read_thresholds(tmp_path, 1200) == thresholds
    text = write(tmp_path, step=2400).read_text()
    assert "above 0.31 (a_to_b), 0.60 (b_to_a)" in text
    assert "at step 1200" in text
    assert read_thresholds(tmp_path, 1200) == thresholds
    assert read_thresholds(tmp_path, 2400) == {}


def test_a_run_without_a_card_is_left_alone(tmp_path):
    assert add_evaluation(tmp_path, evaluation()) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_every_method_says_what_its_mask_is(tmp_path, name):
    (tmp_path / name).mkdir()
    method = SimpleNamespace(spec=method_spec(name))
    card = write(
        tmp_path / name, config=Config(method_name=name), method=method
    )
    assert method.spec.mask in card.read_text()
    facts = card.with_suffix(".json")  # of a version that knew the kind only
    older = json.loads(facts.read_text())
    del older["mask"]
    facts.write_text(json.dumps(older))
    add_evaluation(tmp_path / name, evaluation())
    assert method.spec.mask in card.read_text()


def test_the_hash_follows_the_config():
    assert config_hash(Config()) == config_hash(Config())
    assert config_hash(Config()) != config_hash(Config(seed=1))
    assert config_hash(Config()) == config_hash(dataclasses.asdict(Config()))


def test_a_damaged_card_is_named(tmp_path):
    write_json(tmp_path / "model_card.json", {})
    (tmp_path / "model_card.json").write_text("{")
    with pytest.raises(UserError, match="model_card.json.*is damaged"):
        add_evaluation(tmp_path, {})
