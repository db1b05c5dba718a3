"""`tfmask export` as a user types it, up to a server's answer."""

import contextlib
import io
import json
import shutil

import numpy as np
import pytest
from exports import served_here
from tiny import tiny_config

from serving.client import Client
from tfmask.ops.files import write_json
from tfmask.reports.model_card import FACTS
from tfmask.training.building import build_method
from tfmask.training.run_folder import load_run, run_checkpoints, write_config
from trainers.export import main

# The fixtures that all of them share take so long.
pytestmark = pytest.mark.medium


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with one checkpoint, of an untrained method."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    config = tiny_config("attention_guided")
    method = build_method(config, 2)
    write_config(folder, config, epoch_steps=2)
    run_checkpoints(folder).save(method, 0)
    thresholds = {"step": 0, "a_to_b": 0.3, "b_to_a": 0.6}
    write_json(folder / FACTS, {"mask_thresholds": thresholds})
    return folder


def export(run, base, *options, code=0):
    argv = ["--run", run, "--base", base, "--name", "toy", *options]
    assert main([str(word) for word in argv]) == code


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """(folder of models, what the command printed), checked in a process."""
    base, printed = tmp_path_factory.mktemp("models"), io.StringIO()
    with contextlib.redirect_stdout(printed):
        export(run, base, "--check", "--server-base", base)
    return base, printed.getvalue()


@pytest.mark.slow
def test_the_path_is_printed_and_the_facts_are_written(exported):
    base, printed = exported
    path = base / "toy" / "1"
    assert printed.splitlines()[-1] == str(path)
    facts = json.loads((path / "assets.extra" / "tfmask.json").read_text())
    assert facts["method"] == "attention_guided"
    assert facts["preset"] == "quick" and facts["image_size"] == 16
    assert "python" in facts["versions"]
    assert facts["mask_thresholds"] == {"a_to_b": 0.3, "b_to_a": 0.6}


def test_check_version_publishes_nothing(
    run, exported, tmp_path, monkeypatch, capsys
):
    base = shutil.copytree(exported[0], tmp_path / "models")
    with monkeypatch.context() as patched:
        # `exported` has seen that its answers are right.
        patched.setattr("tfmask.export.check.check_version", lambda *_: None)
        export(run, base, "--check-version", 1)
    assert capsys.readouterr().out.split() == [str(base / "toy" / "1")]
    # Another model's weights under the same number: found, exit code 1.
    data = next((base / "toy" / "1" / "variables").glob("*.data-*"))
    values = bytearray(data.read_bytes())
    for at in range(0, len(values) // 4 * 4, 400):
        values[at : at + 4] = np.float32(0.7).tobytes()
    data.write_bytes(values)
    export(run, base, "--check-version", 1, code=1)
    assert "tfmask: error: " in capsys.readouterr().err
    export(run, base, "--check-version", 5, code=1)
    assert "no version to check" in capsys.readouterr().err
    assert [p.name for p in (base / "toy").iterdir()] == ["1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--server-base", "models"], "absolute"),
        (["--warm-up-batches", "0"], "1..128"),
        (["--max-pixels", "0"], "1 or more"),
    ],
)
def test_usage_errors(run, tmp_path, options, message, capsys):
    with pytest.raises(SystemExit) as error:
        export(run, tmp_path, *options)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_a_name_that_is_no_folder(run, tmp_path, capsys):
    assert main(["--run", str(run), "--base", str(tmp_path), "--name", "a/b"])
    assert "plain folder name" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_edited_configuration_is_told(run, exported, tmp_path, capsys):
    base = shutil.copytree(exported[0], tmp_path / "models")
    path = base / "serving_config" / "models.config"
    path.write_text("# mine\n")
    export(run, base)
    assert "it was edited" in capsys.readouterr().err
    assert path.read_text() == "# mine\n"
    assert (base / "toy" / "2").is_dir()


@pytest.mark.slow
def test_what_was_exported_is_served_on_the_files_beside_it(run, exported):
    config = exported[0] / "serving_config"
    image = np.random.default_rng(0).integers(0, 256, (13, 17, 3), np.uint8)
    with (
        served_here(
            model_config_file=config / "models.config",
            batching_parameters_file=config / "batching_cpu.config",
        ) as target,
        Client(target, "toy") as client,
    ):
        result = client.translate(image, "b_to_a")
        edited = client.translate(
            image, "b_to_a", mask=np.zeros((13, 17), np.uint8)
        )
    np.testing.assert_array_equal(edited.image, image)
    from tfmask.export.check import translated

    _, method = load_run(run)
    expected = translated(method, "b_to_a", {"image": image[np.newaxis]})
    for name, got in (
        ("image", result.image),
        ("mask", result.mask[..., None]),
    ):
        apart = np.abs(got.astype(int) - expected[name][0].astype(int))
        assert apart.max() <= 1
