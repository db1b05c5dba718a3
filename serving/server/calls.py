"""One call on the event loop: from its first byte to its answer.

Only complete requests get a thread, and only as long as the model works on
them. Whatever else a call waits for (its message, its share of memory, a
model that loads) costs a coroutine.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from serving.protocol.protos import Method
from serving.protocol.status import (
    DEADLINE_EXCEEDED,
    GRPC_CODES,
    INTERNAL,
    RESOURCE_EXHAUSTED,
    CallError,
)
from serving.protocol.versions import LOG
from serving.server.budget import Budget

_RECEIVE_SECONDS = 120.0  # in which a request has to arrive
# Requests of so many bytes are read on the loop: a thread would take longer.
SMALL = 2**16
_LATE = "Timed out waiting for notification"  # the runtime's own words


@dataclass(frozen=True)
class Limits:
    """What calls may take.

    Args:
        threads: int, calls whose model runs at the same time.
        calls: int, requests that run or wait for their turn.
        seconds: float, the most that a call may last.
        held: int, bytes of all messages that run or wait.
        budget: `Budget` of memory that models work with.
    """

    threads: int
    calls: int
    seconds: float
    held: int
    budget: Budget


@dataclass
class Call:
    """One call, as it is told about in the log and in the metrics.

    Attributes:
        method: `Method`.
        peer: str, who calls.
        end: seconds on the monotonic clock when its time is up.
        code: `grpc.StatusCode` of its answer; CANCELLED until it is known.
        request: the message, once it is read.
        version: int, the version that answered; None without one.
        pixels, received, sent: ints, of its images; bytes of its messages.
        seconds: float, since its request was complete.
        running: float, seconds of that in which a model ran.
    """

    method: Method
    peer: str
    end: float
    code: grpc.StatusCode = grpc.StatusCode.CANCELLED
    request: Any = None
    version: int | None = None
    pixels: int = 0
    received: int = 0
    sent: int = 0
    start: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    running: float = 0.0
    gone: bool = False

    def seconds_left(self) -> float:
        """How long the call may still last.

        Raises:
            CallError: DEADLINE_EXCEEDED, no longer.
        """
        left = self.end - time.monotonic()
        if left <= 0 or self.gone:
            raise CallError(DEADLINE_EXCEEDED, _LATE)
        return left


class Calls:
    """Receives requests, shares out threads and memory, sends answers.

    Args:
        limits: `Limits`.
        observers: functions that are given each finished `Call`.
    """

    def __init__(
        self, limits: Limits, observers: tuple[Callable[[Call], None], ...]
    ):
        self._limits, self._observers = limits, observers
        self._threads = futures.ThreadPoolExecutor(
            limits.threads, "tfmask-call"
        )
        self._running: set[futures.Future] = set()
        self.under_way = self.held = self.pixels = 0
        self._lock = threading.Lock()  # of `pixels`, which threads change, too

    def handler(
        self,
        method: Method,
        answer: Callable[[Any, Call], Awaitable],
        *,
        counted: bool,
    ):
        """A gRPC handler.

        Args:
            method: `Method`.
            answer: coroutine function of (request, `Call`) that returns a
                message, or bytes; it raises `CallError`.
            counted: bool, these calls are refused when too many are under
                way. Others (status, metadata) are answered nevertheless.

        Returns:
            `grpc.RpcMethodHandler`.
        """

        # A stream of one message, on the wire the same as a single one: so
        # the wait for it is ours to end.
        async def handle(stream, context):
            left = context.time_remaining()
            most = self._limits.seconds
            seconds = most if left is None else min(left, most)
            call = Call(method, context.peer(), time.monotonic() + seconds)
            try:
                async with asyncio.timeout(seconds):
                    sent = await self._answer(call, answer, context, counted)
                call.code, call.sent = grpc.StatusCode.OK, len(sent)
                return sent
            except TimeoutError:
                call.code = grpc.StatusCode.DEADLINE_EXCEEDED
                details = _LATE
            except CallError as error:
                call.code, details = GRPC_CODES[error.code], error.details
            except Exception as error:
                LOG.exception("%s failed", method.name)
                call.code = grpc.StatusCode.INTERNAL
                text = f"{type(error).__name__}: {error}"
                details = CallError(INTERNAL, text).details
            finally:
                call.gone, now = True, time.monotonic()
                if call.code == grpc.StatusCode.CANCELLED and now >= call.end:
                    call.code = grpc.StatusCode.DEADLINE_EXCEEDED
                call.seconds = now - call.start
                for observe in self._observers:
                    observe(call)
            await context.abort(call.code, details)

        return grpc.stream_unary_rpc_method_handler(handle)

    async def _answer(self, call, answer, context, counted):
        async with asyncio.timeout(_RECEIVE_SECONDS):
            data = await context.read()
        if data is grpc.aio.EOF:
            raise CallError(INTERNAL, "The call brought no request.")
        limits, size = self._limits, len(data)
        call.start, call.received = time.monotonic(), size
        full = counted and self.under_way >= limits.calls
        if full or self.held + size > limits.held:
            raise CallError(
                RESOURCE_EXHAUSTED,
                f"The server is busy with {self.under_way} calls that hold "
                f"{self.held} bytes.",
            )
        self.under_way += counted
        self.held += size
        try:
            kind = call.method.request
            # Left to gRPC, each request that cannot be read would leak its
            # bytes.
            if size <= SMALL:
                call.request = _parsed(kind, data)
            else:
                call.request = await self.in_thread(_parsed, kind, data)
            del data  # the message holds all of it
            found = await answer(call.request, call)
            if isinstance(found, bytes):
                return found
            return found.SerializeToString()
        finally:
            self.under_way -= counted
            self.held -= size

    async def in_thread(self, work: Callable, *arguments: Any) -> Any:
        """Runs a function in one of the threads, when one is free."""
        return await asyncio.wrap_future(self._submit(work, *arguments))

    async def with_memory(
        self, call: Call, memory: int, work: Callable[[], Any]
    ) -> Any:
        """Runs a function in a thread, once its memory is free.

        A cancelled call that waits goes away at once. One that runs keeps its
        thread and its memory until the function has returned.

        Args:
            call: `Call`.
            memory: int, bytes.
            work: function.

        Returns:
            What it returns.
        """
        budget = self._limits.budget
        await budget.acquire(memory)
        self._add_pixels(call.pixels)

        def done(_):
            budget.release(memory)
            self._add_pixels(-call.pixels)

        future = self._submit(work)
        future.add_done_callback(done)
        return await asyncio.wrap_future(future)

    def _add_pixels(self, count):
        with self._lock:
            self.pixels += count

    def _submit(self, work, *arguments):
        future = self._threads.submit(work, *arguments)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def stop(self, seconds: float) -> bool:
        """Ends the threads that are idle, and waits for the others.

        Args:
            seconds: float, how long.

        Returns:
            Whether none runs any more.
        """
        self._threads.shutdown(wait=False, cancel_futures=True)
        return not futures.wait(set(self._running), seconds).not_done


def _parsed(kind, data):
    try:
        return kind.FromString(data)
    except DecodeError:
        text = f"The request is no {kind.DESCRIPTOR.name}."
        raise CallError(INTERNAL, text) from None
