"""Load: many clients ask while versions come and go. None may notice.

    python -m serving.conformance.load [--target HOST:PORT --base DIR]

Versions 2, 3 and 4 of a toy model are published while 16 clients ask for
it, and version 1 is removed. The rules:

- no request fails, and nothing is sent a second time;
- an answer is right for what was asked, by the version that it names;
- that version was AVAILABLE at some moment between sending and receiving;
- every version answers, and at the end only the last one still has to.

Without `--target` a local server is started. With it, `--base` is a folder
that the server reads and this script writes: `DIR/toy` must not be there yet,
and the server has to wait for it and look often (TensorFlow Serving:
`--model_name=toy --model_base_path=DIR/toy
--file_system_poll_wait_seconds=1`).
"""

import contextlib
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
import tyro
from rich.console import Console
from rich.progress import Progress

from serving.client import Client, NotFound, ServingError, Unavailable
from serving.conformance.fixture import WEIGHTS, write_version
from serving.conformance.processes import running_server
from tfmask.publishing import publish

MODEL = "toy"
VERSIONS = (1, 2, 3, 4)
_SWAP_SECONDS = 60  # for one version to be seen, loaded and to answer
_LOOK_SECONDS = 0.005  # between two looks at the status


@dataclass(frozen=True, kw_only=True)
class Options:
    """Ask a server from many clients while its versions change."""

    target: str = ""
    """HOST:PORT of a running server; without, a local one is started."""
    base: pathlib.Path | None = None
    """With --target: the folder of models, as this script sees it."""
    clients: int = 16
    """How many ask at the same time."""
    requests: int = 1000
    """What each of them asks at least; more if the versions take longer."""
    timeout: float = 30.0
    """Seconds that one request may take."""


class Answer(NamedTuple):
    """One answer: the version it names, and when it was asked and got."""

    version: int
    sent: float
    received: float


@dataclass
class Life:
    """When one version can have been AVAILABLE at most, in seconds.

    `begin` is the last look that found it not there yet, `end` the first one
    that found it gone. Anything between them is possible.
    """

    begin: float
    end: float = float("inf")


@dataclass
class Watch:
    """Follows GetModelStatus, from one thread.

    Args:
        start: seconds; no version was there before.
    """

    start: float
    lives: dict[int, Life] = field(default_factory=dict)
    last: float = 0.0

    def __post_init__(self):
        self.last = self.start

    def look(self, sent: float, available: set[int], received: float) -> None:
        """Notes one answer of GetModelStatus.

        Args:
            sent: seconds, when it was asked for.
            available: the versions that it calls AVAILABLE.
            received: seconds, when it came.
        """
        for version in available:
            self.lives.setdefault(version, Life(self.last))
        for version, life in self.lives.items():
            if version not in available:
                life.end = min(life.end, received)
        self.last = sent

    def strange(self, answers: list[Answer]) -> list[Answer]:
        """Answers of versions that cannot have been AVAILABLE meanwhile."""
        return [
            answer
            for answer in answers
            if (life := self.lives.get(answer.version)) is None
            or answer.received < life.begin
            or answer.sent > life.end
        ]


@dataclass
class Report:
    """What was seen; `broken` is empty when every rule held."""

    answers: list[Answer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        """The numbers, in one line."""
        counts = Counter(answer.version for answer in self.answers)
        told = ", ".join(f"{v}: {counts[v]}" for v in sorted(counts))
        times = [answer.received - answer.sent for answer in self.answers]
        middle, late = (
            np.percentile(times, (50, 99)) * 1000 if times else (0, 0)
        )
        verdict = "OK" if not self.broken else "BROKEN"
        return (
            f"{verdict}: {len(self.answers)} answers in {self.seconds:.0f} s, "
            f"{len(self.broken)} rules broken, by version {{{told}}}, "
            f"p50 {middle:.1f} ms, p99 {late:.1f} ms, "
            f"max {max(times, default=0) * 1000:.0f} ms"
        )


class Load:
    """Clients, the publisher and the watch of one run.

    Args:
        target: str, "host:port".
        base: `pathlib.Path` of the models.
        staged: `pathlib.Path` with all versions of the toy, ready to copy.
        options: `Options`.
        advance: function that is called after every request.
    """

    def __init__(self, target, base, staged, options, advance):
        self._target, self._options = target, options
        self._folder, self._staged = base / MODEL, staged / MODEL
        self._advance = advance
        self._published = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.report = Report()
        self.watch = Watch(time.monotonic())

    def run(self) -> Report:
        """Does everything; see the module."""
        start = time.monotonic()
        with self._client() as client:
            client.wait_ready(_SWAP_SECONDS, 1)
        asking = [
            threading.Thread(target=self._ask, args=(number,))
            for number in range(self._options.clients)
        ]
        watching = threading.Thread(target=self._follow)
        for thread in (watching, *asking):
            thread.start()
        try:
            self._publish()
        except ServingError as error:
            self._note(f"publishing: {error}")
        finally:
            self._published.set()
            for thread in asking:
                thread.join()
            self._ended.set()
            watching.join()
        for answer in self.watch.strange(self.report.answers):
            self._note(
                f"version {answer.version} answered while it was not AVAILABLE"
            )
        self.report.seconds = time.monotonic() - start
        return self.report

    def _client(self):
        # One attempt: a request that has to be repeated has failed.
        timeout = self._options.timeout
        return Client(self._target, MODEL, timeout=timeout, attempts=1)

    def _note(self, text):
        with self._lock:
            self.report.broken.append(text)

    def _ask(self, number):
        random, done = np.random.default_rng(number), 0
        with self._client() as client:
            while done < self._options.requests or not self._published.is_set():
                x = random.integers(-9, 10, (2, 4)).astype(np.float32)
                sent = time.monotonic()
                try:
                    found = client.predict({"x": x}, outputs=("y",))
                except ServingError as error:
                    self._note(f"{type(error).__name__}: {error}")
                    time.sleep(0.05)
                else:
                    received = time.monotonic()
                    expected = x @ np.float32(WEIGHTS) + 100.0 * found.version
                    if not np.array_equal(found.outputs["y"], expected):
                        self._note(f"version {found.version}: a wrong answer")
                    answer = Answer(found.version, sent, received)
                    with self._lock:
                        self.report.answers.append(answer)
                done += 1
                self._advance()

    def _follow(self):
        with self._client() as client:
            while not self._ended.wait(_LOOK_SECONDS):
                sent = time.monotonic()
                try:
                    found = client.status()
                except ServingError as error:
                    self._note(f"status: {error}")
                    continue
                now = {s.version for s in found if s.state == "AVAILABLE"}
                self.watch.look(sent, now, time.monotonic())

    def _publish(self):
        """Publishes 2, 3 and 4, and removes 1, spread over the requests."""
        total = self._options.clients * self._options.requests
        with self._client() as client:
            for version in VERSIONS:
                share = total * (version - 1) // len(VERSIONS)
                self._until(lambda n=share: len(self.report.answers) >= n)
                if version > 1:
                    publish_copy(self._staged / str(version), self._folder)
                    client.wait_ready(_SWAP_SECONDS, version)
                if version == 2:
                    remove(self._folder / "1")
                self._until(lambda v=version: self._answered(v))
            self._until(lambda: self._gone(client))

    def _until(self, condition):
        end = time.monotonic() + _SWAP_SECONDS
        before = len(self.report.answers)
        while not condition():
            now = len(self.report.answers)
            if now > before + self._options.requests:
                # Answers still come: only their lack ends the wait.
                end, before = time.monotonic() + _SWAP_SECONDS, now
            if time.monotonic() > end or self.report.broken:
                raise_late(now)
            time.sleep(0.01)

    def _answered(self, version):
        with self._lock:
            return any(a.version == version for a in self.report.answers[-99:])

    @staticmethod
    def _gone(client):
        return client.status(version=1)[0].state == "END"
