"""The speed of a step as a share of the machine's best speed."""

import types

import pytest
import tensorflow as tf

from benchmarks import method_table, roofline
from benchmarks.devices import Device
from tfmask.methods.players import Player


def test_the_machine_s_table(monkeypatch, capsys):
    monkeypatch.setattr(roofline, "start_tensorflow", lambda threads: Device())
    device, rows = roofline.machine(1, 1, [32], [(1, 8, 4)])
    assert list(rows) == ["matrices, 32", "3x3, 1 x 8 px, 4"]
    roofline.print_machine(device, rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["GFLOP/s,", "CPU", "float32", "bfloat16"]
    assert len(lines) == 3
    assert all(speed > 0 for row in rows.values() for speed in row.values())


def test_flops_of_the_machine_s_work_are_the_graph_s():
    for work in (
        roofline.product(32, "bfloat16", None),
        roofline.convolution(2, 8, 4, "float32", None),
    ):
        graph = tf.function(work.run).get_concrete_function().graph
        assert roofline.graph_flops(graph) == work.flops


@pytest.fixture
def slow_method(monkeypatch):
    """A method of 8 GFLOP a step of 2 s, where a convolution does 16 GFLOP/s.

    Other work halves both from the first round's end to the second one's.
    """
    clock = types.SimpleNamespace(now=0.0, slower=1.0, calls=0)

    def passing(seconds):
        def run(*batch):
            clock.now += seconds * clock.slower
            if batch:
                clock.calls += 1
                # The first call only measures the time of a step.
                clock.slower = 2.0 if clock.calls == 2 else 1.0

        return run

    monkeypatch.setattr(Device, "work_clock", lambda device: clock.now)
    monkeypatch.setattr(roofline, "step_flops", lambda ready: 8e9)
    monkeypatch.setattr(
        roofline,
        "convolution",
        lambda *shape: roofline.Work("3x3", 0.16e9, passing(0.01), shape[-1]),
    )
    ready = method_table.Training("paper", None, passing(2.0), {}, 1, Device())
    monkeypatch.setattr(roofline, "training", lambda name, options: ready)


def test_a_step_s_share_of_the_ceiling(slow_method):
    options = {"threads": 1, "precision": "float32", "rounds": 3}
    row = roofline.measure("cyclegan", options)
    assert row["gflop"] == 8.0
    assert row["ceiling"] == pytest.approx(16.0)
    assert row["ms"] == pytest.approx(2000)
    assert row["share"] == pytest.approx(0.25)
    assert row["fastest"] == pytest.approx(0.25)


def test_rare_rounds_have_their_share():
    players = {
        "critic": Player(("critic",)),
        "generator": Player(("generator",), every=5),
        "extra": Player(("generator",), every=3, places=(0, 1)),
    }
    method = types.SimpleNamespace(
        players=players,
        present_rounds=(("critic",), ("generator",), ("extra",)),
    )
    ready = types.SimpleNamespace(method=method)
    assert roofline.shares(ready) == [1 / 5, 2 / 3]
