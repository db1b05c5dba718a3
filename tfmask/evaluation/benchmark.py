"""Several methods on one set under one budget: commands and times."""

import dataclasses
import json
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tfmask.evaluation.benchmark_features import (
    feature_lines,
    feature_options,
)
from tfmask.methods import method_spec
from tfmask.ops.command import INTERRUPTED
from tfmask.ops.errors import UserError
from tfmask.ops.files import is_used, write_json
from tfmask.training.changed_settings import changed_settings
from tfmask.training.run_folder import run_checkpoints

LOOK_SECONDS = 5.0  # interval at which the time of a training is written


@dataclasses.dataclass(frozen=True)
class Job:
    """One arm with one seed, and the paths of its files."""

    arm: object
    seed: int
    out: Path

    @property
    def name(self):
        return f"{self.arm.name}-seed{self.seed}"

    @property
    def run(self):
        trained = self.arm.trained_as or self.arm.name
        return self.out / "runs" / f"{trained}-seed{self.seed}"

    @property
    def numbers(self):
        return self.out / "numbers" / f"{self.name}.json"

    @property
    def gallery(self):
        return self.out / "galleries" / self.name

    def translations(self, direction):
        """Folder of the translated test images."""
        return self.out / "translations" / self.name / direction

    def distances(self, direction):
        """File of the numbers of `tfmask metrics`."""
        return self.out / "distances" / f"{self.name}-{direction}.json"


class Terminated(KeyboardInterrupt):
    """SIGTERM: reaches this process alone, other than Ctrl-C."""


class Ledger:
    """How long every training took, in a file that survives a kill.

    Args:
        path: JSON file.
    """

    def __init__(self, path):
        self.path = path
        self.broken = set()  # runs that failed since this process began
        self.runs = {}
        if path.exists():
            self.runs = json.loads(path.read_text(encoding="utf-8"))

    def of(self, run):
        """dict of a run: `seconds` and `done`."""
        return self.runs.setdefault(run.name, {"seconds": 0.0, "done": False})

    def add(self, run, seconds):
        """Counts time of a training, and writes the file."""
        self.of(run)["seconds"] += seconds
        write_json(self.path, self.runs)

    def finish(self, run):
        """A training is through."""
        self.of(run)["done"] = True
        write_json(self.path, self.runs)


def tfmask(*arguments, tick=lambda seconds: None):
    """Runs `tfmask ARGUMENTS` in a process of its own.

    Args:
        *arguments: the command line.
        tick: function of seconds. It is called now and then with the time since
            the last call.

    Returns:
        int, its exit code.
    """
    command_line = [sys.executable, "-m", "trainers.cli", *map(str, arguments)]
    began = time.monotonic()
    with subprocess.Popen(command_line) as process:
        code = None
        while code is None:
            try:
                code = process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            except KeyboardInterrupt as stop:
                # The child saves its state. Ctrl-C has also reached it, but
                # SIGTERM has not.
                if isinstance(stop, Terminated):
                    process.terminate()
                process.wait()
                raise
            finally:
                now = time.monotonic()
                tick(now - began)
                began = now
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code


def train_options(job, options, spent):
    """The command line of a job's training.

    Args:
        job: `Job`.
        options: `Options`.
        spent: seconds that the run was trained before.

    Returns:
        list of str, from the verb on.

    Raises:
        UserError: nothing can be resumed, but the folder is not empty.
    """
    budget = ["--steps", str(options.steps)]
    if options.minutes is not None:
        # A run that was stopped in its last second gets one more second.
        left = max(options.minutes - spent / 60.0, 1.0 / 60.0)
        budget = ["--minutes", f"{left:.4f}"]
    line = ["train", job.arm.method, "--run", str(job.run)]
    if job.run.exists():
        if run_checkpoints(job.run).steps():
            return [*line, "--resume", *budget]
        # Without a checkpoint there is nothing to continue.
        shutil.rmtree(job.run)
    return [
        *line,
        "--data",
        options.data,
        "--preset",
        options.preset,
        "--seed",
        str(job.seed),
        *budget,
        *job.arm.train,
        *shlex.split(options.train_options),
    ]


def evaluate_options(job, options):
    """The command line of a job's evaluation, from the verb on."""
    features = []
    if options.features and method_spec(job.arm.method).several:
        features = feature_options(options)
    return [
        "evaluate",
        "--run",
        str(job.run),
        "--data",
        options.data,
        "--json",
        str(job.numbers),
        "--gallery",
        str(job.gallery),
        "--overwrite",  # the page of a killed evaluation
        *features,
        *job.arm.evaluate,
        *shlex.split(options.evaluate_options),
    ]


def check_settings(options):
    """Writes what all runs share; an old folder must agree with it.

    Raises:
        UserError: the folder was made with other settings.
    """
    names = ("data", "steps", "minutes", "preset", "train_options")
    names = (*names, "evaluate_options", "features")
    settings = {name: getattr(options, name) for name in names}
    # KIDs of two networks must not be mixed.
    settings["weights"] = options.weights and str(options.weights)
    path = options.out / "benchmark.json"
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if changed := changed_settings(before, settings):
            raise UserError(
                f"`{options.out}` was begun with other settings: {changed}. "
                "Give another folder as `--out`, or the old settings."
            )
    elif is_used(options.out):
        raise UserError(
            f"`{options.out}` is not empty and no benchmark's folder."
        )
    write_json(path, settings)


def run_jobs(jobs, options, ledger, run=tfmask):
    """Trains and measures what is missing.

    Args:
        jobs: list of `Job`.
        options: `Options`.
        ledger: `Ledger`.
        run: function like `tfmask`.

    Returns:
        dict of the name of a job to its failure: a verb and its exit code.
    """
    failed, took = {}, []
    missing = [job for job in jobs if not _is_complete(job, options)]
    for position, job in enumerate(missing):
        began = time.monotonic()
        _say(position, len(missing), job.name, took)
        failure = _run_job(job, options, ledger, run)
        if failure:
            failed[job.name] = failure
        took.append(time.monotonic() - began)
    return failed


def _is_complete(job, options):
    return job.numbers.exists() and not feature_lines(job, options)


def _run_job(job, options, ledger, run):
    """Runs one job's commands; returns which one failed and how, or ""."""
    state = ledger.of(job.run)
    if not state["done"]:
        if job.run in ledger.broken:
            return "its training failed"
        line = train_options(job, options, state["seconds"])
        code = run(*line, tick=lambda seconds: ledger.add(job.run, seconds))
        if code:
            ledger.broken.add(job.run)
            return f"tfmask train ended with code {code}"
        ledger.finish(job.run)
    if not job.numbers.exists():
        code = run(*evaluate_options(job, options))
        if code:
            return f"tfmask evaluate ended with code {code}"
    # Translations come first, then the commands that measure them.
    while lines := feature_lines(job, options):
        code = run(*lines[0])
        if code:
            return f"tfmask {lines[0][0]} ended with code {code}"
    return ""


def _stop(number, frame):
    raise Terminated


def _say(position, total, name, took):
    """A line on stderr: what is next, and how long all will take."""
    left = ""
    if took:
        seconds = round(sum(took) / len(took) * (total - position))
        hours, seconds = divmod(seconds, 3600)
        left = f", about {hours}:{seconds // 60:02d} hours left"
    print(
        f"benchmark: {position + 1} of {total}, {name}{left}",
        file=sys.stderr,
        flush=True,
    )


def compare(arms, options):
    """Runs what is missing and writes the report; returns the exit code."""
    check_settings(options)
    jobs = [
        Job(arm, seed, options.out)
        for seed in range(options.seeds)
        for arm in arms
    ]
    ledger = Ledger(options.out / "times.json")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
    failed = run_jobs(jobs, options, ledger)
    from tfmask.reports.benchmark_report import write_report

    write_report(options, jobs, ledger, failed)
    print(f"table: {options.out / 'results.md'}")
    print(f"page: {options.out / 'index.html'}")
    if failed:
        lines = (f"  {name}: {text}" for name, text in failed.items())
        raise UserError(
            f"{len(failed)} of {len(jobs)} rows are missing; the same command "
            "tries again:\n" + "\n".join(lines)
        )
    return 0
