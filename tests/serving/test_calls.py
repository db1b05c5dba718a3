"""A call's way through threads and memory."""

import asyncio
import time

import grpc
import pytest

from serving.protocol import protos
from serving.server.budget import Budget
from serving.server.calls import Call, Calls, Limits


@pytest.fixture
def calls():
    budget = Budget(10)
    own_calls = Calls(
        Limits(threads=1, calls=9, seconds=9, held=99, budget=budget), ()
    )
    yield own_calls, budget
    assert own_calls.stop(9)


def call():
    own_call = Call(protos.PREDICT, "", time.monotonic() + 9)
    own_call.pixels = 3
    return own_call


async def settled(condition):
    while not condition():
        await asyncio.sleep(0.001)


def test_who_measures_goes_on_with_the_work(calls):
    calls, budget = calls

    def work():
        return budget.used, calls.pixels

    async def run():
        return await calls.with_memory(call(), lambda: 4, work)

    assert asyncio.run(run()) == (4, 3)
    assert (budget.used, calls.pixels) == (0, 0)


def test_who_has_to_wait_holds_no_thread(calls):
    calls, budget = calls
    assert budget.take(7)

    async def run():
        waiting = asyncio.ensure_future(
            calls.with_memory(call(), lambda: 4, lambda: "large")
        )
        await settled(lambda: budget.waiting)
        # The thread is free, and so is this memory. But the waiting call is
        # first.
        later = calls.with_memory(call(), lambda: 1, lambda: "small")
        later = asyncio.ensure_future(later)
        await settled(lambda: budget.waiting == 2)
        budget.release(7)
        return await asyncio.gather(waiting, later)

    assert asyncio.run(run()) == ["large", "small"]
    assert (budget.used, calls.pixels) == (0, 0)


def test_who_is_cancelled_before_a_thread_is_free_gives_memory_back(calls):
    calls, budget = calls
    assert budget.take(10)

    async def run():
        cancelled = asyncio.ensure_future(
            calls.with_memory(call(), lambda: 4, lambda: pytest.fail("ran"))
        )
        await settled(lambda: budget.waiting)
        # The memory is free, but the thread works for another call.
        busy = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.call_soon(budget.release, 10)

        def work():
            loop.call_soon_threadsafe(busy.set)
            time.sleep(0.05)

        other = asyncio.ensure_future(
            calls.with_memory(call(), lambda: 0, work)
        )
        await settled(lambda: busy.is_set() or other.done())
        cancelled.cancel()
        await asyncio.gather(cancelled, other, return_exceptions=True)

    asyncio.run(run())
    assert (budget.used, calls.pixels) == (0, 0)


def test_a_message_that_cannot_be_read_is_let_go(calls):
    unreadable = call()
    unreadable.data = b"\xff\xff"
    with pytest.raises(Exception, match="The request is no PredictRequest"):
        unreadable.read()
    assert (
        unreadable.data == b"" and unreadable.code == grpc.StatusCode.CANCELLED
    )
