"""Mutations: damaged and hostile requests. The server has to survive them.

    python -m serving.conformance.mutations [--target HOST:PORT] [--seed 0]

Each mutation is a damaged copy of a good request. It depends on the seed and on
its number only, so `--first N --count 1` sends number N again. The rules:

- the server answers every request within `--timeout`: no crash, no hang;
- a request that the server can read never gets INTERNAL or UNKNOWN: these codes
  report a fault of the server, and here the request is at fault;
- after each mutation, a good request gets its right answer;
- in the end the server's memory is back at its first level (checked only
  without `--target`, where this script starts the server).

A server that `--target` names needs the toy model of
`python -m serving.conformance.fixture DIR`.
"""

import contextlib
import pathlib
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field

import grpc
import numpy as np
from google.protobuf.message import DecodeError
from rich.console import Console
from rich.progress import Progress

from serving.commands.command_line import on_terminal, parse_command_line
from serving.conformance.damage import Mutation, good_requests, mutated
from serving.conformance.processes import (
    given_or_own_server,
    resident,
    write_toys,
)
from serving.conformance.requests import (
    arrays,
    floats,
    predict_request,
    toy_y,
)
from serving.protocol import protos

_DEAD = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
_FAULTS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Send damaged requests to a server, which has to survive them."""

    target: str = ""
    """HOST:PORT of a server with the toy model. Without it, a local server
    starts."""
    count: int = 10_000
    """Number of damaged requests."""
    first: int = 0
    """Number of the first request."""
    seed: int = 0
    """Seed of the requests."""
    harsh: bool = True
    """Also send requests that ask for huge memory, and tensors of a rank that
    the model does not check. TensorFlow Serving itself does not refuse
    these."""
    timeout: float = 20.0
    """Seconds. A request without an answer after this time hangs."""
    growth: float = 64.0
    """MiB by which the server's memory may grow from the first tenth of the
    requests to the last tenth."""


@dataclass
class Report:
    """The results. `broken` is empty if every rule held."""

    codes: Counter = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)

    def line(self) -> str:
        """The numbers in one line, memory in MiB."""
        codes = ", ".join(
            f"{code}: {count}" for code, count in self.codes.most_common()
        )
        memory = ", ".join(f"{k} {v:.0f}" for k, v in self.memory.items())
        return (
            f"{'BROKEN' if self.broken else 'OK'}: {self.codes.total()} "
            f"damaged requests in {self.seconds:.0f} s, {len(self.broken)} "
            f"rules broken, slowest {self.slowest:.1f} s, {{{codes}}}, "
            f"memory in MiB: {memory or 'not looked at'}"
        )


class Server:
    """The server under test.

    Args:
        target: str, "host:port".
        process: its `subprocess.Popen`, or None if the server runs elsewhere.
        timeout: most seconds that a call may take.
    """

    def __init__(self, target, process, timeout):
        self.process, self._timeout = process, timeout
        options = [("grpc.enable_retries", 0)]
        self.channel = grpc.insecure_channel(target, options)
        self._good = predict_request({"x": floats(2, 4)}).SerializeToString()

    def send(self, mutation: Mutation) -> tuple[grpc.StatusCode, str]:
        """Sends the bytes as they are. Returns code and text of the answer."""
        call = self.channel.unary_unary(mutation.method.path)
        try:
            call(mutation.data, timeout=self._timeout)
        except grpc.RpcError as error:
            return error.code(), error.details()
        return grpc.StatusCode.OK, ""

    def answers(self) -> bool:
        """Whether a good request gets its right answer."""
        call = self.channel.unary_unary(protos.PREDICT.path)
        try:
            data = call(self._good, timeout=self._timeout)
        except grpc.RpcError:
            return False
        response = protos.PredictResponse.FromString(data)
        version = response.model_spec.version.value
        expected = toy_y(floats(2, 4), version)
        return np.array_equal(arrays(response).get("y"), expected)

    def memory(self) -> float:
        """MiB of memory that the server holds now."""
        return resident(self.process)

    def ended(self) -> bool:
        """Whether the process has ended; False if the server runs elsewhere."""
        return self.process is not None and self.process.poll() is not None


def readable(mutation: Mutation) -> bool:
    """Whether the bytes can be read as a request of the method."""
    try:
        mutation.method.request.FromString(mutation.data)
    except DecodeError:
        return False
    return True


def fault(server: Server, mutation: Mutation, code, text: str) -> str:
    """Says in words which rule an answer breaks; "" if it breaks none."""
    if server.ended():
        return "the server's process ended"
    if code in _DEAD:
        return f"no answer: {code.name}, {text}"
    if code in _FAULTS and readable(mutation):
        return f"a readable request is {code.name}: {text}"
    if not server.answers():
        return "the next good request got no right answer"
    return ""


def levels(looks: list[float]) -> dict[str, float]:
    """The smallest memory in the first and in the last tenth, and the largest.

    TensorFlow keeps the memory of a large request for the next one, and gives
    it back later. So only the smallest of many values shows a leak.

    Args:
        looks: list of MiB, one after each request.

    Returns:
        dict of MiB with the keys "first", "last" and "most".
    """
    tenth = max(1, len(looks) // 10)
    return {
        "first": min(looks[:tenth]),
        "last": min(looks[-tenth:]),
        "most": max(looks),
    }


def attack(server: Server, options: Options, advance) -> Report:
    """Sends all mutations.

    Args:
        server: `Server`.
        options: `Options`.
        advance: function without arguments, called after each mutation.

    Returns:
        `Report`. It ends early if the server does not answer any more.
    """
    report, start = Report(), time.monotonic()
    looks = []
    for number in range(options.first, options.first + options.count):
        mutation = mutated(number, options.seed, harsh=options.harsh)
        sent = time.monotonic()
        code, text = server.send(mutation)
        report.slowest = max(report.slowest, time.monotonic() - sent)
        report.codes[code.name] += 1
        words = fault(server, mutation, code, text)
        if words:
            report.broken.append(f"number {number} ({mutation.kind}): {words}")
            if server.ended() or not server.answers():
                break
        if server.process:
            looks.append(server.memory())
        advance()
    report.seconds = time.monotonic() - start
    if looks and not server.ended():
        report.memory = levels(looks)
        grown = report.memory["last"] - report.memory["first"]
        if grown > options.growth:
            report.broken.append(f"memory has grown by {grown:.0f} MiB")
    return report


def run(options: Options, console: Console) -> Report:
    """Attacks the server of `--target`, or a local one that it starts.

    Args:
        options: `Options`.
        console: `rich.console.Console` for the progress bar.

    Returns:
        `Report`.

    Raises:
        RuntimeError: the server does not start, or refuses good requests.
    """
    with contextlib.ExitStack() as stack:
        base = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if not options.target:
            write_toys(base, [1])
        target, process = stack.enter_context(
            given_or_own_server(options.target, "--base", base)
        )
        server = Server(target, process, options.timeout)
        stack.enter_context(server.channel)
        for method, data in good_requests():
            code, text = server.send(Mutation("none", method, data))
            if code != grpc.StatusCode.OK:
                raise RuntimeError(
                    f"{target} does not answer a good request for the model "
                    f"toy ({method.name}): {code.name}, {text}"
                )
        progress = Progress(console=console, transient=True)
        stack.enter_context(progress)
        bar = progress.add_task("sending", total=options.count)
        return attack(server, options, lambda: progress.advance(bar))


@on_terminal
def main(argv: list[str] | None = None) -> int:
    """Runs the command.

    Args:
        argv: list of the options, or None to read the command line.

    Returns:
        exit code: 0, or 1 if a rule was broken or no request could be sent.
    """
    options = parse_command_line(
        Options, argv, "python -m serving.conformance.mutations"
    )
    console = Console(stderr=True)
    try:
        report = run(options, console)
    except (OSError, RuntimeError) as error:
        print(f"mutations: {error}", file=sys.stderr)
        return 1
    for text in report.broken[:20]:
        console.print(text, style="red", markup=False)
    print(report.line())
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
