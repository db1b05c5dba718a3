"""Versions that come and go under load: the rules, and a short run."""

import pytest

from serving.conformance import load
from serving.conformance.load import Answer, Report, Watch


@pytest.mark.medium
def test_a_short_run_finds_nothing_broken(capsys):
    assert load.main(["--clients", "4", "--requests", "50"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK: ")
    for version in load.VERSIONS:
        assert f"{version}: " in said


@pytest.fixture
def watch():
    """Version 1 seen from 10 to 30, version 2 from 20 on; looks take 1 s."""
    watch = Watch(0.0)
    for sent, available in ((10, {1}), (20, {1, 2}), (30, {1, 2}), (40, {2})):
        watch.look(float(sent), available, sent + 1.0)
    return watch


@pytest.mark.parametrize(
    "answer",
    [
        Answer(1, 15.0, 16.0),
        Answer(1, 39.0, 50.0),  # taken while it was there
        Answer(1, 40.9, 42.0),  # it may have left as late as that
        Answer(2, 9.0, 10.5),  # it may have come since the look before
        Answer(2, 50.0, 51.0),
    ],
)
def test_versions_that_can_have_been_there(watch, answer):
    assert watch.strange([answer]) == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(1, 41.1, 42.0),  # gone before it was asked
        Answer(2, 8.0, 9.9),  # answered before it came
        Answer(3, 20.0, 21.0),  # never there
    ],
)
def test_versions_that_cannot_have_been_there(watch, answer):
    assert watch.strange([answer]) == [answer]


def test_a_report_counts_by_version():
    answers = [Answer(1, 0.0, 0.1), Answer(2, 0.0, 0.1), Answer(2, 0.0, 0.3)]
    said = Report(answers, ["a fault"], 7.0).line()
    assert said.startswith("BROKEN: 3 answers in 7 s, 1 rules broken")
    assert "{1: 1, 2: 2}, p50 100.0 ms" in said
    assert Report().line().startswith("OK: 0 answers")


def test_a_folder_in_use_is_left_alone(tmp_path, capsys):
    (tmp_path / "toy").mkdir()
    arguments = ["--target", "127.0.0.1:9", "--base", str(tmp_path)]
    assert load.main(arguments) == 1
    assert "File exists" in capsys.readouterr().err
    assert list((tmp_path / "toy").iterdir()) == []


def test_a_target_needs_its_folder(capsys):
    assert load.main(["--target", "127.0.0.1:9"]) == 1
    assert "`--base` go together" in capsys.readouterr().err
