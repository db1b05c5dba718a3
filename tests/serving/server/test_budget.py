"""Shares of memory: first come, first served, and given back."""

import asyncio

import pytest

from serving.server.budget import Budget


def test_who_comes_later_waits_though_it_would_fit():
    budget = Budget(10)
    first, large, small = budget.ask(6), budget.ask(5), budget.ask(1)
    assert (first.done(), large.done(), small.done()) == (True, False, False)
    assert (budget.used, budget.waiting) == (6, 2)
    budget.release(6)
    assert large.done() and small.done()
    assert (budget.used, budget.waiting) == (6, 0)


def test_who_is_gone_holds_up_nobody():
    budget = Budget(10)
    budget.ask(10)
    gone, next_one = budget.ask(10), budget.ask(4)
    gone.cancel()
    budget.release(10)
    assert next_one.done()
    assert budget.used == 4


def test_more_than_all_is_all():
    budget = Budget(10)
    assert budget.ask(1000).done()
    assert budget.used == 10
    budget.release(1000)
    assert budget.used == 0


def test_what_is_free_is_taken_at_once_unless_others_wait():
    budget = Budget(10)
    assert budget.take(1000) and not budget.take(1)
    assert budget.used == 10
    waiting = budget.ask(8)
    budget.release(1000)
    assert waiting.done() and not budget.take(3) and budget.take(2)
    budget.ask(1)
    budget.release(2)
    budget.ask(9)
    assert not budget.take(1)  # it would fit


@pytest.mark.parametrize("late", [False, True])
def test_a_cancelled_wait_gives_back_what_it_got(late):
    async def run():
        budget = Budget(10)
        await budget.acquire(10)
        waiting = asyncio.ensure_future(budget.acquire(7))
        await asyncio.sleep(0)
        if late:
            budget.release(10)  # granted, but the loop has not told yet
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        if not late:
            assert budget.used == 10
            budget.release(10)
        assert (budget.ask(10).done(), budget.used) == (True, 10)

    asyncio.run(run())
