import dataclasses
import json
import re
from types import SimpleNamespace

import pytest

from tfmask.configs import DataConfig
from tfmask.evaluation.run_evaluation import open_evaluated
from tfmask.methods import method_spec, preset_config
from tfmask.ops.errors import UserError
from tfmask.ops.optimizers import Adam, PyTorchAdam
from tfmask.training.optimizers import optimizer_factory
from tfmask.training.run_folder import read_config, write_config
from tfmask.training.schedule_length import (
    fit_schedule,
    scaled_schedule,
    total_steps,
)
from tfmask.training.training_data import open_training_data
from trainers.train import main, parse

PAPER = preset_config("attention_guided", "paper", "x")
CYCLEGAN = preset_config("cyclegan", "paper", "x")
BASE = ["attention_guided", "--data", "photos", "--run", "r"]


def test_preset_gives_the_defaults():
    _, config, _ = parse([*BASE, "--preset", "paper"])
    assert config == preset_config("attention_guided", "paper", "photos")


def test_any_field_can_be_overridden():
    _, config, _ = parse(
        [*BASE, "--method.cycle_weight", "5", "--optimizer.beta-1", "0.9"]
        + ["--data.flip", "False", "--method.freeze-attention-epoch", "None"]
    )
    assert config.method.cycle_weight == 5.0
    assert config.optimizer.beta_1 == 0.9
    assert config.data.flip is False
    assert config.method.freeze_attention_epoch is None


def test_shortcuts_set_their_fields():
    _, config, _ = parse(
        [*BASE, "--image-size", "32", "--batch-size", "6", "--seed", "9"]
        + ["--strategy", "mirrored", "--precision", "bfloat16"]
    )
    assert (config.data.image_size, config.run.batch_size) == (32, 6)
    assert (config.run.seed, config.run.strategy) == (9, "mirrored")
    assert config.run.precision == "bfloat16"


def test_images_need_not_be_square(tmp_path):
    _, config, _ = parse([*BASE, "--image-size", "32", "48"])
    assert config.data.image_size == config.data.height_width == (32, 48)
    write_config(tmp_path, config)
    assert read_config(tmp_path)[0] == config
    for size in ("30 48", "32 48 3", "0 48"):
        with pytest.raises(SystemExit):
            parse([*BASE, "--image-size", *size.split()])
    with pytest.raises(ValueError, match="`load_size` must be None or at lea"):
        DataConfig(location="x", image_size=(32, 48), load_size=40)


def test_hyphens_and_underscores_name_the_same_method():
    _, config, _ = parse(["attention-guided", *BASE[1:]])
    assert config.method_name == "attention_guided"


@pytest.fixture(autouse=True)
def no_options_of_earlier_tests():
    """tyro 0.9.1 remembers what it did not recognise, within a process."""
    import tyro

    formatter = getattr(tyro, "_argparse_formatter", None)
    getattr(formatter, "global_unrecognized_arg_and_prog", []).clear()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method.cycle_wieght", "5"], "cycle-weight"),
        (["--image-sise", "64"], "image-size"),
        (["--image-size", "62"], "multiple of 4"),
        (["--steps", "0"], "above 0"),
        (["--steps", "3", "--epochs", "4"], "not both"),
        (["--method.cycle_weight", "high"], "high"),
        (["--run.batch_size", "0"], "batch_size"),
        (["--preset", "quik"], "quick"),
        (
            ["--method.adversarial-weight", "0", "--method.cycle-weight", "0"],
            "nothing would train",
        ),
    ],
)
def test_usage_errors_say_what_is_wrong(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        parse([*BASE, *arguments])
    assert error.value.code == 2
    assert message in "".join(capsys.readouterr().err.split("\n"))


def test_unknown_method_names_the_known_ones(capsys):
    with pytest.raises(SystemExit) as error:
        parse(["attention_guide", *BASE[1:]])
    assert error.value.code == 2
    assert "attention_guided" in capsys.readouterr().err


def test_missing_data_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as error:
        parse(["cyclegan", "--run", "r"])
    assert error.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_schedules_keep_their_proportions():
    scaled = scaled_schedule(PAPER, 0.5)
    assert scaled.method.freeze_attention_epoch == 15
    assert scaled.optimizer.constant_epochs == 25
    assert scaled.method.cycle_weight == 10.0


def fitted(argv):
    """The config of a command line, at 10 steps an epoch."""
    options, config, reparse = parse(argv)
    return fit_schedule(
        config,
        lambda scaled: reparse(scaled)[1],
        10,
        steps=options.steps,
        epochs=options.epochs,
    )


def test_steps_scale_the_schedule_but_not_what_was_given():
    argv = [*BASE, "--preset", "paper", "--steps", "50"]
    config = fitted(argv)
    assert total_steps(config, 10) == 50
    assert config.run.epochs == 5
    assert config.method.freeze_attention_epoch == 1.5
    argv += ["--method.freeze-attention-epoch", "4"]
    config = fitted(argv)
    assert config.method.freeze_attention_epoch == 4
    assert config.method.masked_discriminator_epoch == 1.5


def test_config_survives_the_run_folder(tmp_path):
    config = CYCLEGAN
    write_config(tmp_path, config, epoch_steps=7)
    assert read_config(tmp_path) == (config, {"epoch_steps": 7})


def test_runs_of_older_versions_go_on_as_they_began(tmp_path):
    """They do not get values that presets have set later."""
    plain = dataclasses.asdict(CYCLEGAN)
    for group, name in (
        ("optimizer", "epsilon_form"),
        ("optimizer", "halving_factor"),
        ("data", "interpolation"),
        ("data", "antialias"),
    ):
        del plain[group][name]
    (tmp_path / "config.json").write_text(json.dumps({"config": plain}))
    _, config, _ = parse(["cyclegan", "--run", str(tmp_path), "--resume"])
    assert CYCLEGAN.optimizer.epsilon_form == "pytorch"
    assert config.optimizer.epsilon_form == "tensorflow"
    assert (config.data.interpolation, config.data.antialias) == (
        "bilinear",
        True,
    )
    make = optimizer_factory(config, 10, step=None)
    assert type(make("generator")) is Adam
    make = optimizer_factory(CYCLEGAN, 10, step=None)
    assert type(make("generator")) is PyTorchAdam


def test_images_are_opened_as_the_run_resizes_them():
    config = preset_config("stgan", "paper", "synthetic:attributes")
    assert config.data.interpolation == "bicubic"
    options = SimpleNamespace(
        data=config.data.location,
        split="test",
        skip_bad_files=False,
        label_domains=None,
    )
    measured = open_evaluated(options, config, method_spec("stgan"))
    for data in (open_training_data(config), measured):
        assert (data.interpolation, data.antialias) == ("bicubic", False)


def test_options_that_are_gone_may_only_have_had_what_is_left(tmp_path):
    plain = dataclasses.asdict(PAPER)
    file = tmp_path / "config.json"
    plain["method"]["update"] = "joint"
    file.write_text(json.dumps({"config": plain}))
    assert read_config(tmp_path)[0] == PAPER
    plain["method"]["update"] = "alternating"
    file.write_text(json.dumps({"config": plain}))
    with pytest.raises(
        UserError, match="`method.update` is 'alternating'.*only 'joint' is"
    ):
        read_config(tmp_path)


def test_folder_without_config_is_refused(tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        read_config(tmp_path)


def test_resume_under_another_method_is_refused(tmp_path):
    write_config(tmp_path, CYCLEGAN)
    with pytest.raises(UserError, match="run of cyclegan"):
        parse(["attention_guided", "--run", str(tmp_path), "--resume"])


def test_resume_reads_the_saved_config(tmp_path):
    saved = CYCLEGAN
    saved = dataclasses.replace(
        saved, method=dataclasses.replace(saved.method, cycle_weight=3.0)
    )
    write_config(tmp_path, saved)
    _, config, _ = parse(
        ["cyclegan", "--run", str(tmp_path), "--resume", "--epochs", "300"]
    )
    assert config.method.cycle_weight == 3.0
    assert config.run.epochs == 300


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--run.replicas", "2"], "`run.replicas` is 2.*--strategy mirrored"),
        (
            ["--strategy", "mirrored", "--run.jit-compile", "True"],
            "single device.*--strategy mirrored",
        ),
        (
            ["--run.recompute", "True", "--run.jit-compile", "True"],
            "saves no memory.*--run.recompute",
        ),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    tmp_path, capsys, options, message
):
    assert main([*BASE[:-1], str(tmp_path / "r"), *options]) == 1
    assert re.search(message, capsys.readouterr().err)
    assert not list(tmp_path.iterdir())
