"""`tfmask benchmark`: its commands, and what a stopped one repeats."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from benchmark_jobs import jobs, options, write_numbers
from PIL import Image

from tfmask.evaluation import benchmark
from tfmask.evaluation.ablations import chosen_arms
from tfmask.evaluation.benchmark import Ledger, run_jobs
from tfmask.evaluation.benchmark_features import check_features
from tfmask.methods import NAMES, method_spec
from tfmask.ops.command import parse_options
from tfmask.ops.errors import UserError
from tfmask.reports.benchmark_report import (
    write_report,
)
from trainers.benchmark import main
from trainers.evaluate import Options as EvaluateOptions
from trainers.train import parse
from trainers.translate import Options as TranslateOptions


class FakeCommands:
    """A `tfmask` that writes the same files as the real one, or fails."""

    def __init__(self, fail=(), stop_at=None):
        self.lines, self.fail, self.stop_at = [], fail, stop_at

    def __call__(self, *line, tick=lambda seconds: None):
        self.lines.append(line)
        tick(30.0)
        run = line[line.index("--run") + 1] if "--run" in line else ""
        if len(self.lines) == self.stop_at:
            raise KeyboardInterrupt
        if any(text in run for text in self.fail):
            return 1
        if line[0] == "evaluate":
            write_numbers(line[line.index("--json") + 1])
        if line[0] == "metrics":
            write_distances(line[line.index("--json") + 1])
        if line[0] == "translate":
            options = parse_options(TranslateOptions, line[1:], "translate")
            for path in options.input.iterdir():
                write_picture(options.output / path.name)
        return 0

    @property
    def verbs(self):
        return [line[0] for line in self.lines]


def write_picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(path)


def write_distances(path):
    values = {"kid_average": 0.03, "kid_target": 0.05, "kid_source": 0.01}
    rows = {"fake": values, "identity": dict.fromkeys(values, 0.02)}
    settings = {"source_target": {"draws": 10, "size": 3}}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    result = {"rows": rows, "settings": settings}
    result["features"] = {"warning": "UNTRAINED features"}
    Path(path).write_text(json.dumps(result))


@pytest.mark.parametrize(
    "method", [n for n in NAMES if method_spec(n).ablations]
)
def test_every_arm_is_a_command_line(method, tmp_path):
    """Wrong option names would only show after hours."""
    arms = chosen_arms([], [method])
    configs = {}
    for job in jobs(tmp_path, [], ablations=[method]):
        if job.arm.trained_as is None:
            line = benchmark.train_options(job, options(tmp_path), 0.0)
            _, config, _ = parse(line[1:])
            configs[job.arm.name] = config
        verb, *line = benchmark.evaluate_options(job, options(tmp_path))
        assert verb == "evaluate"
        parse_options(EvaluateOptions, line, verb)
    methods = [config.method for config in configs.values()]
    assert all(methods.count(config) == 1 for config in methods)
    names = {arm.name for arm in arms}
    assert {arm.trained_as for arm in arms} - {None} <= names
    assert len(names) == len(arms)


def test_the_rows_of_instagans_figure_9(tmp_path):
    """Beyond architectures, each adds what the figure names."""
    rows = {}
    for job in jobs(tmp_path, [], ablations=["instagan"]):
        line = benchmark.train_options(job, options(tmp_path), 0.0)
        rows[job.arm.name] = (parse(line[1:])[1], job.arm.evaluate)
    plain, evaluate = rows["instagan-cyclegan"]
    assert plain.method_name == "cyclegan"
    assert evaluate == ("--instances",)
    # What CycleGAN has stays, but for a channel.
    with_masks = rows["instagan-cyclegan_seg"][0].method
    assert with_masks.architecture == "concatenated"
    assert with_masks.context_weight == 0
    for name in ("identity_weight", "discriminator_spectral_normalization"):
        assert getattr(with_masks, name) == getattr(plain.method, name)
    at_once = ("--instances-per-step", "0")
    for name, context, per_step, evaluate in (
        ("instagan-architecture", 0, 4, at_once),
        ("instagan-once_once", 10, 4, at_once),
        ("instagan", 10, 2, ()),
    ):
        method = rows[name][0].method
        assert method.instances_max == 4 and method.architecture == "set"
        assert (method.context_weight, method.instances_per_step) == (
            context,
            per_step,
        )
        assert rows[name][1] == evaluate


def test_attention_guided_has_the_papers_seven():
    assert len(chosen_arms(["attention_guided"], ["attention_guided"])) == 7


@pytest.mark.parametrize(
    ("methods", "ablations", "message"),
    [
        (["cyclgan"], [], "Did you mean: cyclegan"),
        ([], ["cyclegan"], "Unknown method with ablations `cyclegan`"),
        ([], [], "Expected `--methods`"),
    ],
)
def test_methods_that_are_not_there(methods, ablations, message):
    with pytest.raises(UserError, match=message):
        chosen_arms(methods, ablations)


def test_a_stopped_benchmark_goes_on_where_it_was(tmp_path):
    todo = jobs(tmp_path, seeds=2)
    ledger = Ledger(tmp_path / "times.json")
    first = FakeCommands(stop_at=3)
    with pytest.raises(KeyboardInterrupt):
        run_jobs(todo, options(tmp_path), ledger, first)
    assert first.verbs == ["train", "evaluate", "train"]
    # The second run had a checkpoint when it was stopped.
    checkpoint = todo[1].run / "checkpoints" / "step-00000004"
    checkpoint.mkdir(parents=True)
    (checkpoint / "state.npz").touch()
    second = FakeCommands()
    again = Ledger(tmp_path / "times.json")
    assert run_jobs(todo, options(tmp_path), again, second) == {}
    assert second.verbs == ["train", "evaluate"] * 3
    assert "--resume" in second.lines[0]
    assert "--resume" not in second.lines[2]
    assert again.of(todo[1].run) == {"seconds": 60.0, "done": True}
    third = FakeCommands()
    run_jobs(todo, options(tmp_path), again, third)
    assert third.lines == []


def test_a_stopped_run_has_the_minutes_that_are_left(tmp_path):
    (job, _) = jobs(tmp_path)
    line = benchmark.train_options(
        job, options(tmp_path, steps=None, minutes=2.0), 90.0
    )
    assert line[line.index("--minutes") + 1] == "0.5000"


def test_what_was_killed_before_a_checkpoint_begins_anew(tmp_path):
    (job, _) = jobs(tmp_path)
    job.run.mkdir(parents=True)
    (job.run / "config.json").touch()
    line = benchmark.train_options(job, options(tmp_path), 0.0)
    assert "--resume" not in line
    assert not job.run.exists()


def test_a_run_that_fails_does_not_stop_the_others(tmp_path):
    todo = jobs(tmp_path, [], ablations=["instagan"])
    ledger = Ledger(tmp_path / "times.json")
    commands = FakeCommands(fail=["once_once"])
    failed = run_jobs(todo, options(tmp_path), ledger, commands)
    assert failed == {
        "instagan-once_once-seed0": "tfmask train ended with code 1",
        "instagan-once_sequence-seed0": "its training failed",
    }
    # `sequence_once` measures the run of `instagan` again.
    assert commands.verbs.count("train") == 6
    assert commands.verbs.count("evaluate") == 6
    write_report(options(tmp_path), todo, ledger, failed)
    table = (tmp_path / "results.md").read_text()
    assert "Missing: instagan-once_once-seed0, tfmask train ended" in table
    assert "| instagan-sequence_once | 0.500 |" in table


def test_distances_of_plain_translations(tmp_path):
    for domain, count in (("A", 3), ("B", 4)):
        for number in range(count):
            write_picture(
                tmp_path / "photos" / f"test{domain}" / f"{number}.png"
            )
    todo = jobs(tmp_path)
    chosen = options(
        tmp_path, data=str(tmp_path / "photos"), features="random-inception"
    )
    check_features(chosen)
    ledger = Ledger(tmp_path / "times.json")
    commands = FakeCommands()
    assert run_jobs(todo, chosen, ledger, commands) == {}
    # instagan translates with masks: no KID of it.
    assert commands.verbs == [
        "train",
        "evaluate",
        "translate",
        "metrics",
        "train",
        "evaluate",
    ]
    arguments = dict(pairwise(commands.lines[3]))
    assert arguments["--draw-size"] == "3"
    assert arguments["--image-size"] == "8"
    assert arguments["--real"].endswith("testB")
    assert arguments["--features-cache"] == str(tmp_path / "features")
    write_report(chosen, todo, ledger, {})
    table = (tmp_path / "results.md").read_text()
    assert "kid average x 100 | kid target x 100 | kid source x 100" in table
    assert "| cyclegan | 3.00 | 5.00 | 1.00 |" in table
    assert "| identity map | 2.00 | 2.00 | 2.00 |" in table
    assert "UNTRAINED" in table
    again = FakeCommands()
    run_jobs(todo, chosen, ledger, again)
    assert again.lines == []


def test_distances_need_files(tmp_path):
    with pytest.raises(UserError, match="testA and testB.*synthetic"):
        check_features(
            options(tmp_path, data="synthetic", features="random-inception")
        )


def test_features_of_a_classifier_that_is_none(tmp_path):
    for domain in "AB":
        (tmp_path / f"test{domain}").mkdir()
    chosen = options(
        tmp_path, data=str(tmp_path), features="classifier", weights=tmp_path
    )
    with pytest.raises(UserError, match="is not a classifier"):
        check_features(chosen)


def test_other_settings_in_an_old_folder(tmp_path):
    benchmark.check_settings(options(tmp_path))
    benchmark.check_settings(options(tmp_path, seeds=3, methods=("gan",)))
    with pytest.raises(UserError, match="steps 9, now 10"):
        benchmark.check_settings(options(tmp_path, steps=10))
    changes = {"features": "inception", "weights": Path("w.h5")}
    with pytest.raises(UserError, match="weights None, now 'w.h5'"):
        benchmark.check_settings(options(tmp_path, **changes))


def test_somebody_elses_folder(tmp_path, capsys):
    (tmp_path / "thesis.txt").touch()
    arguments = ["--data", "x", "--steps", "1", "--methods", "cyclegan"]
    assert main([*arguments, "--out", str(tmp_path)]) == 1
    assert "no benchmark's folder" in capsys.readouterr().err


@pytest.mark.parametrize("budget", [[], ["--steps", "1", "--minutes", "1"]])
def test_one_budget(budget, tmp_path):
    line = ["--data", "x", "--out", str(tmp_path), "--methods", "cyclegan"]
    with pytest.raises(SystemExit) as error:
        main([*line, *budget])
    assert error.value.code == 2


def test_a_real_process_tells_its_exit_code():
    ticks = []
    assert benchmark.tfmask("no-verb", tick=ticks.append) == 2
    assert sum(ticks) > 0
