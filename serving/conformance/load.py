"""Load: many clients ask while versions come and go. No client may notice it.

    python -m serving.conformance.load [--target HOST:PORT --base DIR]

16 clients ask for a toy model. Meanwhile the script publishes its versions 2, 3
and 4 and removes version 1. The rules:

- no request fails, and no client sends a request a second time;
- each answer is right for its request and for the version that it names;
- this version was AVAILABLE at some moment between sending and receiving;
- every version answers, and version 1 is gone in the end.

Without `--target`, the script starts a local server. With `--target`, `--base`
is a folder that the server reads and this script writes. `DIR/toy` must not
exist yet. The server has to wait for it and look often (TensorFlow Serving:
`--model_name=toy --model_base_path=DIR/toy
--file_system_poll_wait_seconds=1`).
"""

import functools
import pathlib
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import Progress

from serving.client import Client, ServingError
from serving.commands.command_line import on_terminal, parse_command_line
from serving.conformance.processes import (
    TOY,
    given_or_own_server,
    write_toys,
)
from serving.conformance.requests import toy_y
from tfmask.export.publishing import publish

VERSIONS = (1, 2, 3, 4)
_WAIT_SECONDS = 60.0  # until the server has loaded a version and it answers
_LOOK_SECONDS = 0.005  # between two looks at the status
_MOST_BROKEN = 50  # after more broken rules than this, the run ends early


@dataclass(frozen=True, kw_only=True)
class Options:
    """Ask a server from many clients while its versions change."""

    target: str = ""
    """HOST:PORT of a running server. Without it, a local server starts."""
    base: pathlib.Path | None = None
    """With --target: the path of the models' folder on this machine."""
    clients: int = 16
    """Number of clients that ask at the same time."""
    requests: int = 1000
    """Least number of requests of each client. A client sends more if the
    versions take longer."""
    timeout: float = 30.0
    """Most seconds that one request may take."""


class Answer(NamedTuple):
    """One answer: its version, and the times of sending and receiving."""

    version: int
    sent: float
    received: float


@dataclass
class Life:
    """The longest time in which a version can have been AVAILABLE, in seconds.

    `begin` is the time of the last look that did not find the version yet.
    `end` is the time of the first look after which it was gone.
    """

    begin: float
    end: float = float("inf")


@dataclass
class Watch:
    """Follows GetModelStatus, from one thread.

    Args:
        start: time in seconds. Before it there was no version.
    """

    start: float
    lives: dict[int, Life] = field(default_factory=dict)
    last: float = 0.0

    def __post_init__(self):
        self.last = self.start

    def look(self, sent: float, available: set[int], received: float) -> None:
        """Notes one answer of GetModelStatus.

        Args:
            sent: time of the request in seconds.
            available: the versions that are AVAILABLE in this answer.
            received: time of the answer in seconds.
        """
        for version in available:
            self.lives.setdefault(version, Life(self.last))
        for version, life in self.lives.items():
            if version not in available:
                life.end = min(life.end, received)
        self.last = sent

    def strange(self, answers: list[Answer]) -> list[Answer]:
        """Answers whose version cannot have been AVAILABLE at that time."""
        return [
            answer
            for answer in answers
            if (life := self.lives.get(answer.version)) is None
            or answer.received < life.begin
            or answer.sent > life.end
        ]


@dataclass
class Report:
    """The results. `broken` is empty if every rule held."""

    answers: list[Answer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        """The numbers in one line."""
        counts = Counter(answer.version for answer in self.answers)
        per_version = ", ".join(f"{v}: {counts[v]}" for v in sorted(counts))
        times = [answer.received - answer.sent for answer in self.answers]
        middle, late = (
            np.percentile(times, (50, 99)) * 1000 if times else (0, 0)
        )
        verdict = "OK" if not self.broken else "BROKEN"
        return (
            f"{verdict}: {len(self.answers)} answers in {self.seconds:.0f} s, "
            f"{len(self.broken)} rules broken, by version {{{per_version}}}, "
            f"p50 {middle:.1f} ms, p99 {late:.1f} ms, "
            f"max {max(times, default=0) * 1000:.0f} ms"
        )


class Load:
    """The clients, the publisher and the watch of one run.

    Args:
        target: str, "host:port".
        folder: `pathlib.Path` of the model's versions.
        staged: `pathlib.Path` of a folder with all versions, to copy from.
        options: `Options`.
        advance: function without arguments, called after every answer.
    """

    def __init__(self, target, folder, staged, options, advance):
        self._target, self._options = target, options
        self._folder, self._staged = folder, staged
        self._advance = advance
        self._published, self._ended = threading.Event(), threading.Event()
        self._watch = Watch(time.monotonic())
        self._report = Report()

    def run(self) -> Report:
        """Runs the clients, the publisher and the watch until all have ended.

        Returns:
            `Report`.
        """
        start = time.monotonic()
        with self._client() as client:
            client.wait_ready(_WAIT_SECONDS, 1)
        watching = threading.Thread(target=self._follow)
        asking = [
            threading.Thread(target=self._ask, args=(number,))
            for number in range(self._options.clients)
        ]
        for thread in (watching, *asking):
            thread.start()
        try:
            self._publish()
        except (ServingError, OSError, TimeoutError) as error:
            self._note(f"publishing: {error}")
        finally:
            self._published.set()
            for thread in asking:
                thread.join()
            self._ended.set()
            watching.join()
        for answer in self._watch.strange(self._report.answers):
            self._note(
                f"version {answer.version} answered while it was not AVAILABLE"
            )
        self._report.seconds = time.monotonic() - start
        return self._report

    def _client(self):
        # One attempt only: a second attempt would hide a failed request.
        timeout = self._options.timeout
        return Client(self._target, TOY, timeout=timeout, attempts=1)

    def _note(self, text):
        self._report.broken.append(text)

    def _hopeless(self):
        return len(self._report.broken) > _MOST_BROKEN

    def _ask(self, number):
        random, requests = np.random.default_rng(number), 0
        with self._client() as client:
            while (
                requests < self._options.requests
                or not self._published.is_set()
            ):
                if self._hopeless():
                    return
                x = random.integers(-9, 10, (2, 4)).astype(np.float32)
                try:
                    self._ask_once(client, x)
                except ServingError as error:
                    self._note(f"{type(error).__name__}: {error}")
                requests += 1

    def _ask_once(self, client, x):
        sent = time.monotonic()
        answer = client.predict({"x": x}, outputs=("y",))
        received = time.monotonic()
        if not np.array_equal(answer.outputs["y"], toy_y(x, answer.version)):
            self._note(f"version {answer.version}: a wrong answer")
        self._report.answers.append(Answer(answer.version, sent, received))
        self._advance()

    def _follow(self):
        with self._client() as client:
            while not self._ended.wait(_LOOK_SECONDS):
                sent = time.monotonic()
                try:
                    statuses = client.status()
                except ServingError as error:
                    self._note(f"status: {error}")
                    continue
                now = {s.version for s in statuses if s.state == "AVAILABLE"}
                self._watch.look(sent, now, time.monotonic())

    def _publish(self):
        """Publishes 2, 3 and 4 and removes 1 while clients ask."""
        share = self._options.clients * self._options.requests // len(VERSIONS)
        with self._client() as client:
            for version in VERSIONS:
                if version > 1:
                    staged = self._staged / str(version)
                    copy = functools.partial(
                        shutil.copytree, staged, dirs_exist_ok=True
                    )
                    publish(self._folder.parent, TOY, copy)
                    client.wait_ready(_WAIT_SECONDS, version)
                if version == 2:
                    _remove(self._folder / "1")
                self._wait_for(functools.partial(self._answered, version))
                if version < VERSIONS[-1]:
                    self._wait_for(
                        lambda n=share * version: self._calls_done() >= n,
                        seconds=float("inf"),
                    )
            self._wait_for(lambda: self._is_gone(client))

    def _wait_for(self, condition, seconds=_WAIT_SECONDS):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or self._hopeless():
                raise TimeoutError("the next step did not come in time")
            time.sleep(0.01)

    def _calls_done(self):
        return len(self._report.answers) + len(self._report.broken)

    def _answered(self, version):
        return any(a.version == version for a in self._report.answers[-200:])

    @staticmethod
    def _is_gone(client):
        return client.status(version=1)[0].state == "END"


def _remove(version):
    """Takes a version away with one rename, then deletes its files."""
    old = version.rename(version.with_name(f".old-{version.name}"))
    shutil.rmtree(old)


def run(options: Options, console: Console) -> Report:
    """Runs the load.

    Args:
        options: `Options`.
        console: `rich.console.Console` for the progress bar.

    Returns:
        `Report`.

    Raises:
        ServingError: version 1 does not answer.
        FileExistsError: `base` already has a model of this name.
    """
    with tempfile.TemporaryDirectory() as work:
        staged = pathlib.Path(work, "staged")
        write_toys(staged, VERSIONS)
        base = options.base or pathlib.Path(work, "models")
        folder = base / TOY
        folder.mkdir(parents=True)
        first = folder / ".tmp-first"
        shutil.copytree(staged / TOY / "1", first)
        first.rename(folder / "1")
        with (
            given_or_own_server(
                options.target, "--base", base, "--poll", 0.2
            ) as (target, _),
            Progress(console=console, transient=True) as progress,
        ):
            total = options.clients * options.requests
            bar = progress.add_task("asking", total=total)
            advance = functools.partial(progress.advance, bar)
            return Load(target, folder, staged / TOY, options, advance).run()


@on_terminal
def main(argv: list[str] | None = None) -> int:
    """Runs the command.

    Args:
        argv: list of the options, or None to read the command line.

    Returns:
        exit code: 0, or 1 if a rule was broken or no request could be sent.
    """
    options = parse_command_line(
        Options, argv, "python -m serving.conformance.load"
    )
    if bool(options.target) != bool(options.base):
        print("load: `--target` and `--base` go together", file=sys.stderr)
        return 1
    console = Console(stderr=True)
    try:
        report = run(options, console)
    except (ServingError, OSError, RuntimeError) as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    for text, count in Counter(report.broken).most_common(10):
        console.print(f"{count} x {text}", style="red", markup=False)
    print(report.line())
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
