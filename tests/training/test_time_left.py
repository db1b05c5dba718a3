"""Time left, with clocks that are given."""

from types import SimpleNamespace

import pytest

from tfmask.training import callbacks
from tfmask.training.callbacks import Progress
from tfmask.training.time_left import WINDOW_SECONDS, Pace


def test_what_was_compiled_does_not_count():
    pace = Pace()
    assert pace.seconds_left(0, 0.0, 100) is None
    pace.restart(1, 50.0)  # the first step took 50 seconds
    assert pace.seconds_left(1, 50.0, 100) is None
    for step in range(2, 12):
        pace.add(step, 50.0 + 3 * (step - 1))
    assert pace.seconds_left(11, 80.0, 100) == pytest.approx(3 * 89)


def test_the_last_minute_counts():
    pace = Pace()
    pace.restart(0, 0.0)
    for step in range(1, 101):  # a second each
        pace.add(step, float(step))
    now = 100.0
    for step in range(101, 131):  # then four
        now += 4.0
        pace.add(step, now)
    seconds = pace.seconds_left(130, now, 140)
    assert seconds == pytest.approx(40.0)
    assert len(pace._points) < WINDOW_SECONDS


def test_fast_steps_are_not_all_kept():
    pace = Pace()
    pace.restart(0, 0.0)
    for step in range(1, 10_001):
        pace.add(step, step / 1000)
    assert len(pace._points) < 110
    assert pace.seconds_left(10_000, 10.0, 11_000) == pytest.approx(1.0)


def test_hours_are_told_as_hours(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock.now)
    progress = Progress(10_001, rows=SimpleNamespace(latest={}))
    progress.set_model(SimpleNamespace(phase="one"))
    progress.on_train_begin()
    for step in (1, 2):
        progress.on_train_batch_begin(step - 1)
        clock.now += 4.0
        progress.on_train_batch_end(step)
    assert "in all 11:06:36 are left" in capsys.readouterr().err


def test_each_phase_is_compiled_once(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock.now)
    method = SimpleNamespace(phase="one")
    progress = Progress(100, rows=SimpleNamespace(latest={}), seconds=1000.0)
    progress.set_model(method)
    progress.on_train_begin()

    def take(step, seconds):
        progress.on_train_batch_begin(step - 1)
        clock.now += seconds
        progress.on_train_batch_end(step)

    take(1, 60.0)
    for step in (2, 3):
        take(step, 20.0)
    method.phase = "two"
    take(4, 80.0)
    take(5, 16.0)
    method.phase = "one"  # still compiled
    take(6, 16.0)
    take(7, 700.0)
    lines = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        "compiling the training step",
        "compiled in 60.0 s",
        # Of 1,000 seconds; 98 steps would take 32:40.
        "a step takes 20 s at first, in all 15:20 are left",
        "step 2/100, 15:20 left",
        "step 3/100, 15:00 left",
        "compiling the training step",
        "compiled in 80.0 s",
        "step 5/100, 13:24 left",  # 95 steps would take 25:20
        "step 6/100, 13:08 left",
        "step 7/100, 1:28 left",
    ]
