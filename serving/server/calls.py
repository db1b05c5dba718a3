"""One call on the event loop: from its first byte to its answer.

Only complete requests get a thread, and only while the model works on them. A
call that waits for other things (its message, its share of memory, a model that
loads) needs only a coroutine.
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
from serving.server.memory import Gaps

_RECEIVE_SECONDS = 120.0  # a request must arrive in this time
# Requests up to this size in bytes are read on the loop, because a thread would
# take longer. Answers up to this size are not counted.
_SMALL = 2**16
_LATE = "Timed out waiting for notification"  # the words of the runtime


@dataclass(frozen=True)
class Limits:
    """The limits of calls.

    Args:
        threads: int, calls whose model runs at the same time.
        calls: int, requests that run or wait.
        seconds: float, the longest time of a call.
        held: int, bytes of all messages that run or wait.
        budget: `Budget` of the memory for the work of models.
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
        peer: str, the caller.
        end: seconds on the monotonic clock, the end of its time.
        code: `grpc.StatusCode` of its answer. It is CANCELLED until it is
            known.
        data: bytes of the message, until it is read.
        request: the message, once it is read.
        version: int, the version that answered. None if there is none.
        pixels, received, sent: ints, of its images; bytes of its messages.
        seconds: float, since its request was complete.
        running: float, seconds of that in which a model ran.
        gone: bool, nobody waits for the answer any more.
        share: int, bytes of memory that its answer holds until it is read.
    """

    method: Method
    peer: str
    end: float
    code: grpc.StatusCode = grpc.StatusCode.CANCELLED
    data: bytes = b""
    request: Any = None
    version: int | None = None
    pixels: int = 0
    received: int = 0
    sent: int = 0
    start: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    running: float = 0.0
    gone: bool = False
    share: int = 0

    def read(self) -> Any:
        """Reads the message and lets go of its bytes.

        If gRPC did this, each request that cannot be read would leak them.

        Returns:
            The message.

        Raises:
            CallError: INTERNAL; the message cannot be read.
        """
        kind, data = self.method.request, self.data
        self.data = b""
        try:
            self.request = kind.FromString(data)
        except DecodeError:
            text = f"The request is no {kind.DESCRIPTOR.name}."
            raise CallError(INTERNAL, text) from None
        return self.request

    def seconds_left(self) -> float:
        """How long the call may still last.

        Raises:
            CallError: DEADLINE_EXCEEDED; its time is over.
        """
        left = self.end - time.monotonic()
        if left <= 0 or self.gone:
            raise CallError(DEADLINE_EXCEEDED, _LATE)
        return left


class Calls:
    """Receives requests, shares out threads and memory, sends answers.

    Args:
        limits: `Limits`.
        observers: functions of a `Call`. They get each finished call.
    """

    def __init__(
        self, limits: Limits, observers: tuple[Callable[[Call], None], ...]
    ):
        self._limits, self._observers = limits, observers
        self._gaps = Gaps(limits.budget)
        self._threads = futures.ThreadPoolExecutor(
            limits.threads, "tfmask-call"
        )
        self._running: set[futures.Future] = set()
        self.under_way = self.held = self.pixels = 0
        self._lock = threading.Lock()  # for values that threads also change

    def handler(
        self,
        method: Method,
        answer: Callable[[Call], Awaitable],
        *,
        counted: bool,
    ):
        """A gRPC handler.

        Args:
            method: `Method`.
            answer: coroutine function of a `Call`, whose message is not read
                yet; it returns a message, or bytes, or raises `CallError`.
            counted: bool; these calls are refused if too many are running.
                Other calls (status, metadata) are always answered.

        Returns:
            `grpc.RpcMethodHandler`.
        """

        # This is a stream of one message. On the wire it is the same as a
        # single message. So we can end the wait for it.
        async def handle(stream, context):
            left = context.time_remaining()
            most = self._limits.seconds
            seconds = most if left is None else min(left, most)
            call = Call(method, context.peer(), time.monotonic() + seconds)
            receiving = min(seconds, _RECEIVE_SECONDS)
            try:
                async with asyncio.timeout(receiving) as limit:
                    call.data = await context.read()
                    if receiving < seconds:
                        loop = asyncio.get_running_loop()
                        limit.reschedule(loop.time() + call.seconds_left())
                    sent = await self._answer(call, answer, counted)
                call.code, call.sent = grpc.StatusCode.OK, len(sent)
                if call.share:  # until a slow caller has read the answer
                    context.add_done_callback(
                        lambda _: self._release(call.share)
                    )
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
                now = time.monotonic()
                with self._lock:
                    call.gone = True
                if call.share and call.code != grpc.StatusCode.OK:
                    self._release(call.share)
                if call.code == grpc.StatusCode.CANCELLED and now >= call.end:
                    call.code = grpc.StatusCode.DEADLINE_EXCEEDED
                call.seconds = now - call.start
                for observe in self._observers:
                    observe(call)
            await context.abort(call.code, details)

        return grpc.stream_unary_rpc_method_handler(handle)

    async def _answer(self, call, answer, counted):
        if call.data is grpc.aio.EOF:
            raise CallError(INTERNAL, "The call brought no request.")
        limits, size = self._limits, len(call.data)
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
            message = await answer(call)
            if isinstance(message, bytes):
                return message
            return message.SerializeToString()
        finally:
            self.under_way -= counted
            self.held -= size

    def read_first(self, answer: Callable[[Any, Call], Awaitable]) -> Callable:
        """An answer to a message that is read on the loop, if it is small.

        Args:
            answer: coroutine function of (request, `Call`).

        Returns:
            A coroutine function of a `Call`.
        """

        async def run(call):
            if call.received <= _SMALL:
                call.read()
            else:
                await asyncio.wrap_future(self._submit(call.read))
            return await answer(call.request, call)

        return run

    async def with_memory(
        self,
        call: Call,
        measure: Callable[[], int],
        work: Callable[[], bytes],
    ) -> bytes:
        """Runs a function in a thread, once its memory is free.

        Mostly the memory is free. Then the thread that measures continues with
        the work, because each change of threads costs some tenths of a
        millisecond. A waiting call that is cancelled ends at once. A running
        call keeps its thread and its memory until the function has returned. A
        large answer keeps memory of its size until it is read.

        Args:
            call: `Call`.
            measure: function that returns how many bytes the work takes.
            work: function that returns the answer's bytes.

        Returns:
            The result of `work`.
        """
        budget = self._limits.budget

        def at_once():
            memory = measure()
            if not budget.take(memory):
                return memory, None
            return memory, self._work(call, memory, work)

        memory, answer = await asyncio.wrap_future(self._submit(at_once))
        if answer is not None:
            return answer
        await budget.acquire(memory)
        future = self._submit(self._work, call, memory, work)
        # The call was cancelled before a thread was free.
        future.add_done_callback(
            lambda done: done.cancelled() and self._release(memory)
        )
        return await asyncio.wrap_future(future)

    def _work(self, call, memory, work):
        """Runs a function; its memory is released, but for its answer's."""
        memory, share = min(memory, self._limits.budget.limit), 0
        self._add_pixels(call.pixels)
        try:
            answer = work()
            if len(answer) > _SMALL:
                with self._lock:
                    if not call.gone:
                        # gRPC makes a copy.
                        share = call.share = min(2 * len(answer), memory)
            return answer
        finally:
            self._add_pixels(-call.pixels)
            self._release(memory - share)

    def _release(self, memory):
        self._limits.budget.release(memory)
        self._gaps.add(memory)

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
            seconds: float, the longest wait.

        Returns:
            True if no thread runs any more.
        """
        self._threads.shutdown(wait=False, cancel_futures=True)
        return not futures.wait(set(self._running), seconds).not_done
