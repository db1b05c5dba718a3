"""The messages of a training before its first step."""

import re
import shutil
from types import SimpleNamespace

import pytest
import tensorflow as tf
from tiny import tiny_config

from tfmask.training.building import build_method
from tfmask.training.run_folder import run_checkpoints
from tfmask.training.summary import training_summary

CONFIG = tiny_config("attention_guided", data__image_size=(16, 32))


@pytest.fixture(scope="module")
def method():
    return build_method(CONFIG, 2)


def lines_of(method, folder):
    strategy = tf.distribute.get_strategy()
    return training_summary(method, CONFIG, strategy, folder)


def test_it_says_what_a_checkpoint_really_takes(method, tmp_path, monkeypatch):
    # So small a model has less than a mebibyte.
    monkeypatch.setattr("tfmask.training.summary.MIB", 1024)
    checkpoints = run_checkpoints(tmp_path)
    checkpoints.save(method, 1)
    file = checkpoints.path(1) / "state.npz"
    images, device, weights = lines_of(method, tmp_path)
    size_said = re.search(r"a checkpoint takes ([\d,]+) MiB", weights)[1]
    # Beside the arrays, the file has their names.
    assert int(size_said.replace(",", "")) * 1024 == pytest.approx(
        file.stat().st_size, rel=0.35
    )
    assert images == "images 16 x 32 (height x width), mask: attention"
    assert device.startswith("on CPU") and "float32" in device
    count = sum(
        variable.shape.num_elements()
        for name in ("generator_a_to_b", "generator_b_to_a")
        for variable in method.networks[name].trainable_variables
    )
    assert int(weights.split()[0].replace(",", "")) > count > 0


def test_it_warns_where_checkpoints_do_not_fit(method, tmp_path, monkeypatch):
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(free=1000)
    )
    assert lines_of(method, tmp_path)[-1].startswith(
        "warning: there is no room for 4 checkpoints"
    )
