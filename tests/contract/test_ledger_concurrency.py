"""Many at once: workers, clients and readers on one database, and nobody sees a lock or another's work."""

import asyncio
from collections import Counter
from random import Random

import pytest

from domain.generations import GenerationFilter, GenerationStatus
from domain.images import ImageFilter, ImageOrder
from domain.paging import PageRequest
from infrastructure.database import Database, open_database
from tests.fixtures.invariants import check_invariants
from tests.fixtures.ledger import AGE, Ledger, recipe


async def test_workers_never_hold_the_same_render_or_recipe(database: Database, ledger: Ledger) -> None:
    for seed in range(40):
        await ledger.accept(recipe(seed % 25), recipe(seed))
    held: Counter[str] = Counter()
    taken: list[str] = []

    async def work(name: str) -> None:
        while claims := await ledger.claim(3, worker=name):
            keys = [claim.recipe.key for claim in claims]
            held.update(keys)
            assert max(held.values()) == 1
            await asyncio.sleep(0)
            taken.extend(claim.id for claim in claims)
            held.subtract(keys)
            await ledger.finish(claims)

    await asyncio.gather(*(work(f"worker {number}") for number in range(8)))
    assert len(set(taken)) == len(taken) == 40
    await check_invariants(database)
    async with ledger.units.reading() as unit:
        assert await unit.generations.count(GenerationFilter(status=(GenerationStatus.SUCCEEDED,))) == 40


@pytest.mark.fault
async def test_cancels_failures_and_lapses_among_workers_leave_rows_that_agree(
    database: Database, ledger: Ledger
) -> None:
    random = Random(1)
    keys = [await ledger.accept(*(recipe(random.randrange(12)) for _ in range(4))) for _ in range(12)]

    async def work(chance: Random) -> None:
        while claims := await ledger.claim(4, lease_s=chance.choice((-1, 30))):
            await asyncio.sleep(chance.random() / 100)
            verb = chance.choice((ledger.finish, ledger.finish, ledger.fail, ledger.hand_back, ledger.renew))
            await verb(claims)
            await ledger.requeue(everything=chance.random() < 0.2)

    async def cancel(chance: Random) -> None:
        for key in chance.sample(keys, 4):
            await asyncio.sleep(chance.random() / 20)
            await ledger.cancel(key)

    await asyncio.gather(*(work(Random(seed)) for seed in range(6)), *(cancel(Random(seed)) for seed in range(3)))
    await check_invariants(database)


@pytest.mark.timeout(60)
async def test_sixteen_writers_and_sixteen_readers_see_no_error(database: Database, ledger: Ledger) -> None:
    until = asyncio.get_running_loop().time() + 3
    written: Counter[str] = Counter()

    def on_time() -> bool:
        return asyncio.get_running_loop().time() < until

    async def write(number: int) -> None:
        while on_time():
            await ledger.accept(recipe(number, (AGE, written["accepted"] + 1.0)))
            written["accepted"] += 1
            claims = await ledger.claim(2)
            await ledger.finish(claims)
            written["finished"] += len(claims)

    async def read() -> None:
        while on_time():
            async with ledger.units.reading() as unit:
                await unit.images.history(PageRequest("", 20), ImageFilter(), ImageOrder())
                await unit.generations.count()

    await asyncio.gather(*(write(number) for number in range(16)), *(read() for _ in range(16)))
    assert written["accepted"] >= 16
    assert written["finished"] > 0
    await check_invariants(database)


@pytest.mark.fault
async def test_two_processes_share_one_database(database_address: str, database: Database, ledger: Ledger) -> None:
    """Another `Database` has a queue of writers of its own, as another process would."""
    other = await open_database(database_address)
    try:
        ledgers = (ledger, Ledger(other.units))
        await asyncio.gather(*(ledgers[seed % 2].accept(recipe(seed)) for seed in range(20)))

        async def work(one: Ledger) -> None:
            while claims := await one.claim(2):
                await one.finish(claims)

        await asyncio.gather(*(work(one) for one in ledgers * 2))
        await check_invariants(database)
        async with ledger.units.reading() as unit:
            assert await unit.generations.count(GenerationFilter(status=(GenerationStatus.SUCCEEDED,))) == 20
    finally:
        await other.close()


async def test_a_writer_that_is_canceled_lets_the_next_one_in(ledger: Ledger) -> None:
    entered = asyncio.Event()

    async def stall() -> None:
        async with ledger.units.writing() as unit:
            await unit.renders.claim("worker", 1, 30)
            entered.set()
            await asyncio.sleep(60)

    key = await ledger.accept(recipe())
    stalled = asyncio.create_task(stall())
    await entered.wait()
    waiting = [asyncio.create_task(ledger.claim()) for _ in range(3)]
    await asyncio.sleep(0.05)
    waiting.pop().cancel()
    stalled.cancel()
    claims = [claim for claims in await asyncio.gather(*waiting) for claim in claims]
    assert [claim.generation_id for claim in claims] == [key]
