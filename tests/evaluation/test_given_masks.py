"""How many masks a run may learn from: the option and its record."""

import dataclasses
import json
import os
from types import SimpleNamespace

import pytest
from tiny import ATTENTION, OPTIONS, tiny_config

from data_pipelines import open_data
from data_pipelines.synthetic import write_folder
from tfmask.evaluation.run_evaluation import open_evaluated
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.training.resuming import check_resume
from tfmask.training.run_folder import write_config
from trainers import train

OPTION = "--data.masks-for-training"


def parsed(*options):
    argv = ["cyclegan", "--data", "photos", "--run", "r", *options]
    return train.parse(argv)[1].data.masks_for_training


def test_the_option_is_a_number_or_all(capsys):
    assert parsed() is None and parsed(OPTION, "None") is None
    assert parsed(OPTION, "20") == 20 and parsed(OPTION, "all") == "all"
    with pytest.raises(SystemExit):
        parsed(OPTION, "-1")
    assert "masks_for_training" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_records_the_images_and_keeps_to_them(tmp_path, capsys):
    run = tmp_path / "run"
    command = ["attention_guided", "--data", "synthetic", "--run", str(run)]
    steps = ["--steps", "1", "--run.sample-every", "100"]
    steps += ["--method.lesson-epochs", "1", "--run.lesson-batch-size", "2"]
    options = [*OPTIONS, *ATTENTION, *steps, OPTION, "3"]
    assert train.main([*command, *options]) == 0
    facts = json.loads((run / "config.json").read_text())
    assert facts["config"]["data"]["masks_for_training"] == 3
    data = open_data(
        "synthetic", 16, synthetic_count=(8, 100), masks_for_training=3
    )
    assert facts["data"]["taught"] == data.describe()["taught"]
    assert len(facts["data"]["taught"]["b"]) == 3
    again = [command[0], "--run", str(run), "--resume", "--steps", "2"]
    assert train.main([*again, OPTION, "4"]) == 1
    assert "`data.masks_for_training`" in capsys.readouterr().err
    assert train.main(again) == 0


def test_methods_that_learn_from_no_masks_say_so(tmp_path, capsys):
    command = ["cyclegan", "--data", "synthetic", "--run", str(tmp_path / "r")]
    assert train.main([*command, *OPTIONS, OPTION, "3"]) == 1
    error = capsys.readouterr().err
    assert "cyclegan does not learn from them" in error


def test_a_run_without_the_option_records_nothing_new():
    assert "taught" not in open_data("synthetic", 16).describe()


def test_new_masks_do_not_slip_into_a_resumed_run(tmp_path):
    write_folder(tmp_path, {"train": 3, "test": 1}, 16, seed=0)
    masks = sorted((tmp_path / "trainA_mask").iterdir())
    content = masks[0].read_bytes()
    for path in (tmp_path / "trainA_seg").iterdir():
        path.unlink()
    (tmp_path / "trainA_seg").rmdir()
    masks[0].unlink()
    options = {"image_size": 16, "masks_for_training": "all"}
    before = open_data(tmp_path, **options).describe()
    masks[0].write_bytes(content)
    after = open_data(tmp_path, **options).describe()
    assert before["fingerprint"] != after["fingerprint"]


def test_other_data_than_the_runs_needs_no_such_masks(tmp_path):
    write_folder(tmp_path, {"train": 3, "test": 1}, 16, seed=0)
    next((tmp_path / "trainA_mask").iterdir()).unlink()
    config = tiny_config("cyclegan", data__masks_for_training=5)
    options = SimpleNamespace(
        data="synthetic", split="test", skip_bad_files=False, label_domains=None
    )
    spec = method_spec("cyclegan")
    assert len(open_evaluated(options, config, spec).taught["a"]) == 5
    options.data = str(tmp_path)
    other = open_evaluated(options, config, spec)
    assert other.taught == {"a": (), "b": ()}
    assert other.has_regions("test")


def test_changing_the_number_is_refused_before_anything_is_opened(tmp_path):
    config = tiny_config("cyclegan", data__masks_for_training=5)
    write_config(tmp_path, config, epoch_steps=2)
    data = dataclasses.replace(config.data, masks_for_training="all")
    changed = dataclasses.replace(config, data=data)
    with pytest.raises(UserError, match="masks_for_training"):
        check_resume(tmp_path, changed)
    assert os.listdir(tmp_path) == ["config.json"]
