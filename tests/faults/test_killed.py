"""SIGKILL at every named step between a request and its picture, again and again on one ledger."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from infrastructure.database import Database, open_database
from infrastructure.database.tables import renders
from tests.faults.lives import KILLED, Life, all_ended, check_promises, live, lived, spawned, unfinished
from tests.faults.steps import STEPS, be_stopped

pytestmark = pytest.mark.fault

LEAVES_WORK_RUNNING = "after claim is committed"


@dataclass
class Ledger:
    """One database and one folder, in which process after process dies."""

    address: str
    database: Database
    folder: Path
    partials: int = 0
    """Files that the dead can have left half-written."""
    first_seed: int = 0

    async def die_at(self, step: str, nth: int = 1) -> bool:
        """Whether a process that got new faces and some that others asked for reached the step the nth time."""
        self.first_seed += 10
        seeds = (*range(self.first_seed, self.first_seed + 4), self.first_seed, self.first_seed - 7)
        life = Life(self.address, self.folder, seeds, step, nth, failing_seed=self.first_seed)
        died = await asyncio.to_thread(lived, life) == KILLED
        self.partials += await unfinished(self.database)
        return died


@pytest.mark.timeout(1800)
async def test_killed_at_any_step_every_accepted_generation_ends_once(
    database_address: str, database: Database, tmp_path: Path, rounds: int
) -> None:
    ledger, chance = Ledger(database_address, database, tmp_path), Random(0)
    for _ in range(rounds):
        for step in chance.sample(STEPS, len(STEPS)):
            if "requeue" in step:  # which happens once a life, at its start
                assert await ledger.die_at(LEAVES_WORK_RUNNING)
            elif await ledger.die_at(step, chance.choice((1, 1, 2, 3))):
                continue
            assert await ledger.die_at(step), f"{step} was never reached"
    assert lived(Life(database_address, tmp_path, (99_999,))) == 0
    await check_promises(database_address, tmp_path, ledger.partials)


@pytest.mark.timeout(600)
async def test_killed_at_random_moments_every_accepted_generation_ends_once(
    database_address: str, database: Database, tmp_path: Path, rounds: int
) -> None:
    chance, first, partials = Random(1), count(step=10), 0
    for _ in range(5 * rounds):
        start = next(first)
        process = spawned(live, Life(database_address, tmp_path, tuple(range(start, start + 8))))
        process.join(chance.uniform(0.1, 0.4))
        process.kill()
        process.join()
        partials += await unfinished(database)
    assert lived(Life(database_address, tmp_path, (99_999,))) == 0
    await check_promises(database_address, tmp_path, partials)


@pytest.mark.timeout(400)
async def test_a_process_that_was_stopped_for_a_minute_comes_back_too_late_and_changes_nothing(
    database_address: str, tmp_path: Path, rounds: int
) -> None:
    """It is another's work by then: the fence of its claims is old."""
    lease_s, stopped_s = (2.0, 0.0) if rounds == 1 else (30.0, 60.0)
    database = await open_database(database_address)
    claimed = "after claim is committed"
    first = spawned(live, Life(database_address, tmp_path, (1,), claimed, befall=be_stopped, lease_s=lease_s))
    try:
        await _until_running(database, 1)
        since = time.monotonic()
        second = spawned(live, Life(database_address, tmp_path, (4,), lease_s=lease_s))
        await all_ended(database, 120)
        await asyncio.to_thread(second.join, 60)
        await asyncio.sleep(max(0.0, stopped_s - (time.monotonic() - since)))
        before = await _rows(database)
        os.kill(first.pid or 0, signal.SIGCONT)
        await asyncio.to_thread(first.join, 60)
        assert (first.exitcode, second.exitcode) == (0, 0)
        assert await _rows(database) == before
        assert max(row["fence"] for row in before) == 2, "somebody took over"
    finally:
        first.kill()
        await database.close()
    await check_promises(database_address, tmp_path, partials=0)


async def _rows(database: Database) -> list[dict[str, Any]]:
    async with database.engines[0].connect() as connection:
        return [dict(row) for row in (await connection.execute(select(renders).order_by(renders.c.id))).mappings()]


async def _until_running(database: Database, number: int) -> None:
    async with asyncio.timeout(30):
        while sum(row["state"].value == "running" for row in await _rows(database)) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
