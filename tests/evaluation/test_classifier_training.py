"""A classifier's training: its beginning, stopped, killed, resumed."""

import json
import signal
from contextlib import contextmanager

import keras
import numpy as np
import pytest
from PIL import Image

from tfmask.evaluation import classifier_training, inception
from tfmask.evaluation.classifier_files import read_about, read_network
from tfmask.ops.files import sha256_of
from tfmask.training.changed_settings import changed_settings
from trainers import classifier

STEPS = 6


@pytest.fixture(scope="module", autouse=True)
def no_dropout():
    """A network of which a resumed training must repeat every digit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            inception,
            "_keras_network",
            lambda side: keras.Sequential(
                [
                    keras.layers.Input((side, side, 3)),
                    keras.layers.Conv2D(4, 3, strides=8),
                    keras.layers.BatchNormalization(),
                    keras.layers.GlobalAveragePooling2D(),
                ]
            ),
        )
        yield


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name in ("trainA", "trainB", "testA", "testB"):
        (folder / name).mkdir()
        for number in range(5):
            pixels = rng.integers(0, 256, (80, 80, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def trained(photos, out, *more):
    """Runs the command; the result is its exit code and the folder."""
    line = ["--data", photos, "--out", out, "--network", "inception"]
    line += ["--image-size", "75", "--steps", STEPS, "--batch-size", "4"]
    return classifier.main(list(map(str, [*line, *more]))), out


@pytest.fixture
def train(photos, tmp_path):
    """`trained` of a name for the folder."""

    def command(name, *more):
        return trained(photos, tmp_path / name, *more)

    return command


@pytest.fixture(scope="module")
def whole(photos, tmp_path_factory):
    """Folder of a training that nothing stopped."""
    code, out = trained(photos, tmp_path_factory.mktemp("runs") / "whole")
    assert code == 0
    return out


def at_step(monkeypatch, step, act):
    """Calls `act` after a step of the trainings that follow."""

    @contextmanager
    def progress(description, total):
        calls = []

        def advance(count=1):
            calls.append(count)
            if len(calls) == step + 1:  # the first one is what was done before
                act()

        yield advance

    monkeypatch.setattr(classifier_training, "image_progress", progress)


def weights_of(out):
    return read_network(out, read_about(out)).get_weights()


def killed():
    raise RuntimeError("killed")


@pytest.mark.medium
@pytest.mark.parametrize("kind", ["stopped", "terminated", "killed"])
def test_what_is_resumed_ends_as_if_never_stopped(
    kind, whole, train, monkeypatch, capsys, tmp_path
):
    with monkeypatch.context() as patched:
        if kind == "killed":
            # Four steps are saved, the fifth is lost.
            patched.setattr(classifier_training, "SAVE_SECONDS", -1.0)
            at_step(patched, 5, killed)
            with pytest.raises(RuntimeError, match="killed"):
                train("parts")
        else:
            number = signal.SIGINT if kind == "stopped" else signal.SIGTERM
            at_step(patched, 4, lambda: signal.raise_signal(number))
            assert train("parts")[0] == 130
            said = capsys.readouterr().err
            assert "interrupted at step 4; the same command goes on" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "parts.training"
    ]
    code, parts = train("parts")
    assert code == 0 and "resumed at step 4" in capsys.readouterr().err
    for resumed, expected in zip(
        weights_of(parts), weights_of(whole), strict=True
    ):
        np.testing.assert_allclose(resumed, expected, rtol=1e-5, atol=1e-7)
    assert read_about(parts)["test"] == read_about(whole)["test"]
    # The files for resuming are gone.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts"]


@pytest.mark.medium
def test_other_settings_do_not_go_on(train, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        at_step(patched, 2, lambda: signal.raise_signal(signal.SIGINT))
        train("out")
    capsys.readouterr()
    code, out = train("out", "--learning-rate", "0.5", "--seed", "1")
    assert code == 1 and not out.exists()
    said = " ".join(capsys.readouterr().err.split())
    assert "learning_rate 0.0001, now 0.5, seed 0, now 1" in said
    assert "out.training" in said


def test_a_loss_that_is_no_number_stops_at_once(train, capsys):
    code, out = train("out", "--learning-rate", "1e38")
    assert code == 1 and not out.exists()
    said = " ".join(capsys.readouterr().err.split())
    assert "The loss became" in said and "lower `--learning-rate`" in said


@pytest.mark.slow
def test_inception_begins_with_given_weights(train, monkeypatch, tmp_path):
    def network(side):
        return keras.Sequential(
            [
                keras.layers.Input((side, side, 3)),
                keras.layers.Conv2D(4, 3, strides=8, name="one"),
                keras.layers.GlobalAveragePooling2D(name="two"),
            ]
        )

    monkeypatch.setattr(inception, "_keras_network", network)
    known, path = network(75), tmp_path / "known.weights.h5"
    known.save_weights(path)
    code, out = train("out", "--learning-rate", "1e-9", "--weights", path)
    assert code == 0
    about = read_about(out)
    assert about["initial_sha256"] == sha256_of(path)
    assert about["image_size"] == [75, 75]
    trained = read_network(out, about).layers[2]
    for weights, before in zip(
        trained.get_weights(), known.get_weights(), strict=True
    ):
        np.testing.assert_allclose(weights, before, atol=1e-7)


def test_weights_of_another_network(train, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(
        inception,
        "_keras_network",
        lambda side: keras.Sequential(
            [keras.layers.Input((side, side, 3)), keras.layers.Flatten()]
        ),
    )
    (tmp_path / "w.h5").write_text("no weights")
    code, out = train("out", "--weights", tmp_path / "w.h5")
    assert code == 1
    said = capsys.readouterr().err
    assert "does not hold weights of Keras' InceptionV3" in said
    assert "Traceback" not in said and not out.exists()


def test_settings_that_differ_are_listed():
    before = json.loads('{"a": 1, "b": [2], "c": 3}')
    assert changed_settings(before, {"a": 1, "b": [2]}) == ""
    assert changed_settings(before, {"a": "1", "b": [2], "d": 0}) == (
        "a 1, now '1', d None, now 0"
    )
