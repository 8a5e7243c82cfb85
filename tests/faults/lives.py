"""Processes that hold the ledger and the dispatcher, with engines that need no network: cheap enough to be killed.

They are forked from a server that has imported everything already, a tenth of a second a life.
"""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from domain.generations import GenerationFilter, GenerationStatus
from infrastructure.database import Database, open_database, present
from infrastructure.files import PARTIAL, DiskPictureFiles
from infrastructure.sweep import sweep
from tests.fakes.engines import failing
from tests.faults.steps import Steps, WatchedEngines, WatchedUnits, WatchedWakeUps, be_killed
from tests.fixtures.invariants import check_files, check_invariants, ended_renders
from tests.integration.dispatching import Service, running

KILLED = -9
LIFE_S = 60.0
UNFINISHED = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.faults.lives"])


@dataclass(frozen=True, slots=True)
class Life:
    """What a process is to do: accept faces, render whatever waits, and die where it is told to."""

    address: str
    folder: Path
    seeds: tuple[int, ...] = ()
    step: str | None = None
    nth: int = 1
    befall: Callable[[], None] = be_killed
    """What happens to it there."""
    failing_seed: int | None = None
    """The first render of this seed fails."""
    lease_s: float = 30.0
    accepted: Path | None = None
    """Where it is written down what clients know; a file in the folder unless another is named."""


def spawned(target: Callable[..., object], *arguments: Any) -> BaseProcess:
    process = processes.Process(target=target, args=arguments)
    process.start()
    return process


def lived(life: Life) -> int:
    """The exit status of a process that lives it."""
    process = spawned(live, life)
    process.join(LIFE_S)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"a life did not end within {LIFE_S:.0f} s: {life}")
    return process.exitcode


def live(life: Life) -> None:
    asyncio.run(_live(life))


async def _live(life: Life) -> None:
    steps = Steps(life.step, life.nth, life.befall)
    engines = WatchedEngines(steps)
    if life.failing_seed is not None:
        engines.fail_seed(life.failing_seed, failing())
    database = await open_database(life.address)
    watched = replace(database, units=cast(Any, WatchedUnits(database.units, steps)))
    files = DiskPictureFiles(life.folder / "static", steps.of_file)
    async with present(life.address) as alone:
        service = Service(watched, files, life.lease_s, engines=engines, wake_ups=WatchedWakeUps(steps))
        async with running(service, alone=alone):
            accepted = life.accepted or life.folder / "accepted"
            await asyncio.gather(*(_ask(service, seed, accepted) for seed in life.seeds))
            await all_ended(database, LIFE_S)
    await database.close()


async def _ask(service: Service, seed: int, accepted: Path) -> None:
    """One line, at once, for each that was accepted: what its client knows."""
    (generation,) = await service.ask(seed)
    descriptor = os.open(accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{generation.id}\n".encode())
    os.close(descriptor)


async def all_ended(database: Database, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while await unfinished(database):
        assert time.monotonic() < deadline, "work is left"
        await asyncio.sleep(0.02)


async def unfinished(database: Database) -> int:
    """Generations, of one render each: no more partial files than these can a process leave that dies now."""
    async with database.units.reading() as unit:
        return await unit.generations.count(GenerationFilter(status=UNFINISHED))


def _accepted_in(file: Path) -> Sequence[str]:
    return file.read_text().split() if file.exists() else ()


async def check_promises(address: str, folder: Path, partials: int, accepted: Path | None = None) -> None:
    """Everything accepted ended once, with one row an image and whole files.

    Only partial files, and so many at most, lack a row; a sweep leaves none.
    """
    database = await open_database(address)
    try:
        await check_invariants(database)
        ended = await ended_renders(database)
        assert set(_accepted_in(accepted or folder / "accepted")) <= ended.keys()
        assert {state for state, _ in ended.values()} == {"succeeded"}
        assert max(attempt for _, attempt in ended.values()) <= 2, "a death costs no attempt"
        known = await check_files(database, folder / "static")
        left = _files_in(folder / "static") - known
        assert {path.suffix for path in left} <= {PARTIAL}
        assert len(left) <= partials
        await sweep(folder / "static", database.units, grace=timedelta())
        assert _files_in(folder / "static") == known
    finally:
        await database.close()


def _files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
