"""Wake-ups: none is lost, nothing piles up, and a close wakes everybody."""

import asyncio
import contextlib

import pytest

from infrastructure.wake_ups import InProcessWakeUps

SOON = 0.01


async def test_a_wake_up_reaches_those_who_follow_that_generation_and_those_who_follow_all() -> None:
    wake_ups = InProcessWakeUps()
    async with wake_ups.listen("a") as a, wake_ups.listen("b") as b, wake_ups.listen() as every:
        wake_ups.notify(["a"])
        assert [await wait(SOON) for wait in (a, b, every)] == [True, False, True]


async def test_who_waits_for_an_end_sleeps_on_when_a_generation_only_moved() -> None:
    wake_ups = InProcessWakeUps()
    async with wake_ups.listen("a") as a, wake_ups.listen("a", ends=True) as end:
        wake_ups.notify(["a"], ended=False)
        assert [await wait(SOON) for wait in (a, end)] == [True, False]
        wake_ups.notify(["a"])
        assert [await wait(SOON) for wait in (a, end)] == [True, True]


async def test_wake_ups_before_the_wait_are_one_wake_up() -> None:
    wake_ups = InProcessWakeUps()
    async with wake_ups.listen("a") as wait:
        wake_ups.notify(["a"])
        wake_ups.notify(iter(["b", "a"]))
        assert [await wait(SOON), await wait(SOON)] == [True, False]


async def test_a_wake_up_ends_a_wait_that_has_begun() -> None:
    wake_ups = InProcessWakeUps()
    async with wake_ups.listen("a") as wait:
        asyncio.get_running_loop().call_later(SOON, wake_ups.notify, ["a"])
        assert await wait(10)


async def test_nobody_is_woken_by_nothing() -> None:
    wake_ups = InProcessWakeUps()
    async with wake_ups.listen() as wait:
        wake_ups.notify([])
        assert not await wait(SOON)


async def test_a_close_wakes_everybody_for_good() -> None:
    wake_ups = InProcessWakeUps()
    async with wake_ups.listen("a") as a, wake_ups.listen() as every:
        waits = [asyncio.ensure_future(wait(10)) for wait in (a, every)]
        await asyncio.sleep(0)
        wake_ups.close()
        await asyncio.wait_for(asyncio.gather(*waits), 1)
        await asyncio.wait_for(a(10), 1)
    async with wake_ups.listen("late") as late:
        await asyncio.wait_for(late(10), 1)
    assert wake_ups.closed


async def test_listeners_that_come_and_go_leave_nothing_behind() -> None:
    wake_ups = InProcessWakeUps()
    async with contextlib.AsyncExitStack() as stack:
        for number in range(2000):
            await stack.enter_async_context(wake_ups.listen(f"generation {number % 100}"))
        assert wake_ups.listeners == 2000
        wake_ups.notify(f"generation {number}" for number in range(100))
    with pytest.raises(asyncio.CancelledError):
        async with wake_ups.listen("a"):
            raise asyncio.CancelledError
    assert wake_ups.listeners == 0
    assert not wake_ups._following
