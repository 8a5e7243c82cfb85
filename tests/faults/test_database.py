"""Many at once on one database, from one process and from several, and clients that leave in the middle."""

import asyncio
import gc
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from domain.generations import GenerationFilter, GenerationStatus
from domain.images import ImageFilter, ImageOrder
from domain.paging import PageRequest
from infrastructure.database import Database, open_database
from tests.faults.lives import spawned
from tests.fixtures.invariants import check_invariants
from tests.fixtures.ledger import AGE, Ledger, recipe
from tests.integration.dispatching import Service, remember_catalogue

pytestmark = pytest.mark.fault

PROCESSES, WRITERS, READERS = 4, 4, 4
MAX_WAL_BYTES = 64 * 2**20


async def test_a_client_that_leaves_at_any_moment_keeps_no_lock(database: Database, rounds: int) -> None:
    service = Service(database)
    await remember_catalogue(database.units)
    left: list[object] = []  # as a log keeps errors, and what they refer to
    gc.disable()  # what it would let go in the end is let go at once
    try:
        for seed in range(30 * rounds):
            leaving = asyncio.create_task(service.ask(seed))
            for _ in range(seed % 30):
                await asyncio.sleep(0.0001)
            leaving.cancel()
            left += await asyncio.gather(leaving, return_exceptions=True)
            async with asyncio.timeout(5):
                await service.ask(10_000 + seed)
    finally:
        gc.enable()
    await check_invariants(database)


@dataclass(frozen=True, slots=True)
class Load:
    """What one of several processes does to a database."""

    address: str
    seconds: float
    number: int
    told: Path


def press(load: Load) -> None:
    asyncio.run(_press(load))


async def _press(load: Load) -> None:
    """Write and read until the time is over; a line for every error and for the slowest writes."""
    database = await open_database(load.address)
    ledger, until = Ledger(database.units), time.monotonic() + load.seconds
    writes: list[float] = []

    async def write(number: int) -> None:
        chance = Random(number)
        while time.monotonic() < until:
            started = time.monotonic()
            key = await ledger.accept(recipe(number, (AGE, chance.random())))
            writes.append(time.monotonic() - started)
            claims = await ledger.claim(2)
            await ledger.finish(claims)
            if chance.random() < 0.1:
                await ledger.cancel(key)

    async def read() -> None:
        while time.monotonic() < until:
            async with ledger.units.reading() as unit:
                await unit.images.history(PageRequest("", 20), ImageFilter(), ImageOrder())
                await unit.generations.count(GenerationFilter(status=(GenerationStatus.QUEUED,)))
            await asyncio.sleep(0.01)

    first = load.number * WRITERS
    work = [write(number) for number in range(first, first + WRITERS)] + [read() for _ in range(READERS)]
    results = await asyncio.gather(*work, return_exceptions=True)
    errors = [repr(result).replace("\n", " ") for result in results if isinstance(result, BaseException)]
    await database.close()
    load.told.write_text("\n".join([f"{len(writes)} {sorted(writes)[int(0.99 * len(writes))]}", *errors]))


@pytest.mark.timeout(300)
async def test_sixteen_writers_and_sixteen_readers_in_four_processes_see_no_error_and_no_lock(
    database: Database, database_address: str, ledger: Ledger, tmp_path: Path, rounds: int
) -> None:
    seconds = 3.0 * rounds
    loads = [Load(database_address, seconds, number, tmp_path / f"told-{number}") for number in range(PROCESSES)]
    pressing = [spawned(press, load) for load in loads]
    async with ledger.units.reading() as unit:  # and somebody who reads all the while
        await unit.generations.count()
        while any(process.is_alive() for process in pressing):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    lines = [load.told.read_text().splitlines() for load in loads]
    assert [line for first, *errors in lines for line in errors] == []
    counts = Counter({number: int(first.split()[0]) for number, (first, *_) in enumerate(lines)})
    assert min(counts.values()) > 0, "a process was kept out"
    print(f"{counts.total()} writes; the slowest of 100: {max(float(first.split()[1]) for first, *_ in lines):.3f} s")
    await check_invariants(database)


async def test_the_write_ahead_log_is_taken_in_again_when_a_long_reader_has_gone(
    tmp_path: Path, migrated_file: Path
) -> None:
    file = tmp_path / "manganace.sqlite3"
    shutil.copy(migrated_file, file)
    database = await open_database(f"sqlite:///{file}")
    try:
        await remember_catalogue(database.units)
        service, log = Service(database), tmp_path / "manganace.sqlite3-wal"
        async with database.units.reading() as unit:
            await unit.generations.count()
            await service.ask(*range(100))
        grown = log.stat().st_size
        await service.ask(*range(100, 200))
        assert log.stat().st_size <= 1.2 * grown < MAX_WAL_BYTES
    finally:
        await database.close()
