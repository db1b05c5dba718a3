"""A step with and without XLA: both learn, and both are timed."""

import json
from types import SimpleNamespace

import tensorflow as tf

from benchmarks import every_method, train_step, xla
from benchmarks.devices import Device
from benchmarks.method_table import Table, Training


def test_both_steps_take_the_same_periods(monkeypatch):
    count = tf.Variable(0)
    batch = {"image": tf.ones((2, 3))}

    def train_step_of_method(batch):
        count.assign_add(1)
        return tf.reduce_sum(batch["image"])

    method = SimpleNamespace(train_step=train_step_of_method)
    step = tf.function(train_step_of_method, autograph=False)
    ready = Training("quick", method, step, batch, 2, Device())
    monkeypatch.setattr(xla, "training", lambda name, options: ready)
    clock = iter(range(1000))
    monkeypatch.setattr(Device, "work_clock", lambda device: float(next(clock)))
    row = xla.measure("cyclegan", {"periods": 3})
    assert int(count) == 2 * 2 * (1 + 3)  # a period first, then three more
    assert row == {
        "preset": "quick",
        "device": "CPU",
        "first_s": 1.0,
        "xla_first_s": 1.0,
        "ms": 1000.0,
        "xla_ms": 1000.0,
        "ratio": 1.0,
    }


def test_the_command_of_all_methods(monkeypatch, tmp_path):
    row = dict.fromkeys([*xla.COLUMNS, *every_method.COLUMNS], 1.0)
    row["device"] = "CPU"
    scripts = []

    def in_own_process(table, name, options):
        scripts.append(table.script)
        return row | {"preset": "paper"}

    monkeypatch.setattr(Table, "in_own_process", in_own_process)
    file = tmp_path / "rows.json"
    options = ["--all", "--methods", "cut", "--json", str(file)]
    assert train_step.main([*options, "--jit"]) == 0
    assert scripts == [xla.__file__]
    assert json.loads(file.read_text())["methods"]["cut"]["ratio"] == 1.0
    assert train_step.main(options) == 0
    assert scripts[1:] == [every_method.__file__]
