"""Engines that die, hang, run out of memory or lose their device, under a service that goes on answering."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import httpx
import pytest

from domain.generations import MAX_ATTEMPTS, Generation
from domain.networks import Catalogue
from domain.recipe import Recipe
from domain.services.ledger import Ledger
from infrastructure.catalogue import LoadedCatalogue
from infrastructure.database import Database
from infrastructure.dispatch import Dispatcher
from infrastructure.encoding import PictureEncoder
from infrastructure.engines import RunnerEngines
from infrastructure.files import DiskPictureFiles
from infrastructure.metrics import Metrics
from infrastructure.wake_ups import InProcessWakeUps
from stylegan2.face import Face
from stylegan2.runner import DeviceSpec, Runner
from tests.e2e.server import RunningService, running_service
from tests.e2e.test_stopping import children_of
from tests.engines.fakes import QUICK, eventually, fake_command, fake_device
from tests.faults.lives import all_ended
from tests.faults.service import FAKE, SERVED, fake_service
from tests.fixtures.invariants import check_files, check_invariants, ended_renders
from tests.fixtures.ledger import Ledger as LedgerRows
from tests.fixtures.ledger import recipe
from tests.integration.dispatching import QUICK as QUICK_DISPATCH

pytestmark = pytest.mark.fault

ANSWERS_WITHIN_S = 2.0
NOT_READY_WITHIN_S = 2.0
NEW_ENGINE_WITHIN_S = 20.0
LOOKS = 10


@dataclass
class Witness:
    """Asks a service the whole time: what it answered, how long that took, and when it was ready."""

    url: str
    slowest_s: float = 0.0
    asked: int = 0
    readiness: list[tuple[float, bool]] = field(default_factory=list)

    def look(self, over: threading.Event) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not over.wait(0.05):
                started = time.monotonic()
                answer = client.post("/graphql", json={"query": "{ generations(first: 1) { totalCount } }"})
                self.slowest_s = max(self.slowest_s, time.monotonic() - started)
                assert "errors" not in answer.json()
                self.asked += 1
                self.readiness.append((time.monotonic(), client.get("/readyz").status_code == 200))

    def became(self, ready: bool, after: float) -> float:
        """Seconds from `after` to the first look that found it so."""
        return next(at for at, was in self.readiness if at >= after and was is ready) - after


@contextmanager
def witnessed(service: RunningService) -> Iterator[Witness]:
    witness, over = Witness(service.url), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(witness.look, over)
        try:
            yield witness
            assert eventually(lambda: witness.asked >= LOOKS and witness.readiness[-1][1], 30)
        finally:
            over.set()
            looking.result(30)


def check_answered_throughout(witness: Witness, since: float) -> None:
    out = witness.became(False, since)
    assert out <= NOT_READY_WITHIN_S
    assert witness.became(True, since + out) + out <= NEW_ENGINE_WITHIN_S
    assert witness.slowest_s <= ANSWERS_WITHIN_S


def test_a_device_error_that_sticks_takes_it_out_of_service_until_a_new_engine_has_done_the_work(
    tmp_path: Path,
) -> None:
    with fake_service(tmp_path) as service, witnessed(service.running) as witness:
        service.order(lose=[5], once=str(tmp_path / "lost"))
        since = time.monotonic()
        made = service.generate(seed=5)["generation"]
        assert made["status"] == "SUCCEEDED"
        assert (tmp_path / "lost").exists()
    check_answered_throughout(witness, since)


@pytest.mark.timeout(200)
def test_a_killed_engine_is_replaced_within_20_s_while_the_service_answers(tmp_path: Path) -> None:
    with running_service(tmp_path) as service, witnessed(service) as witness:
        since = time.monotonic()
        for engine in children_of(service.process.pid):
            os.kill(engine, signal.SIGKILL)
        assert service.generate(seed=5)["generation"]["status"] == "SUCCEEDED"
    check_answered_throughout(witness, since)


def test_an_engine_that_is_stopped_is_replaced_and_its_work_done(tmp_path: Path) -> None:
    with fake_service(tmp_path, watchdog_s=2) as service, witnessed(service.running) as witness:
        (engine,) = children_of(service.running.process.pid)
        os.kill(engine, signal.SIGSTOP)
        assert service.generate(seed=5)["generation"]["status"] == "SUCCEEDED"
    assert witness.slowest_s <= ANSWERS_WITHIN_S


@asynccontextmanager
async def dispatching(database: Database, static: Path, *devices: DeviceSpec) -> AsyncIterator[Runner]:
    """The ledger and the dispatcher over a real runner."""
    loaded = LoadedCatalogue(Catalogue((SERVED,)), {FAKE.name: FAKE}, {})
    runner, encoder = Runner(loaded.descriptions, devices, QUICK), PictureEncoder("a test")
    async with database.units.writing() as unit:
        await unit.networks.remember(loaded.catalogue)
        await unit.commit()
    dispatcher = Dispatcher(
        Ledger(database.units, InProcessWakeUps(), "test"),
        engines := RunnerEngines(runner, loaded, encoder),
        DiskPictureFiles(static),
        Metrics(),
        QUICK_DISPATCH,
    )
    engines.when_room(dispatcher.poke)
    runner.start()
    dispatcher.start(alone=True)
    try:
        yield runner
    finally:
        await dispatcher.stop(5)
        await asyncio.to_thread(runner.close)
        encoder.close()


def face(seed: int) -> Recipe:
    return replace(recipe(seed), network_sha256=FAKE.sha256, psi=1.0, width=FAKE.resolution, height=FAKE.resolution)


async def ended(database: Database, keys: Sequence[str]) -> list[Generation]:
    await all_ended(database, 60)
    async with database.units.reading() as unit:
        found = await unit.generations.get_many(keys)
    return [found[key] for key in keys]


@pytest.mark.parametrize("misfortune", ["poison", "constant", "nan", "oom"])
async def test_of_a_batch_of_8_with_one_poisoned_recipe_seven_succeed_and_it_fails_after_its_attempts(
    database: Database, tmp_path: Path, misfortune: str
) -> None:
    ledger = LedgerRows(database.units)
    keys = [await ledger.accept(face(seed)) for seed in range(8)]
    async with dispatching(
        database, tmp_path / "static", DeviceSpec("gpu:0", 8, command=fake_command(**{misfortune: [3]}))
    ) as runner:
        generations = await ended(database, keys)
        engines = [status.detail for status in runner.devices()]
    attempts = await ended_renders(database)
    poisoned = generations.pop(3)
    assert poisoned.failure is not None
    assert poisoned.failure.code == ("OUT_OF_MEMORY" if misfortune == "oom" else "RENDER_FAILED")
    assert attempts[poisoned.id] == ("failed", MAX_ATTEMPTS)
    assert {attempts[generation.id] for generation in generations} == {("succeeded", 1)}
    assert len(engines) == 1
    assert engines[0].startswith("process "), "the engine is alive"
    assert len(await check_files(database, tmp_path / "static")) == 14
    await check_invariants(database)


async def test_out_of_memory_halves_the_batch_and_it_grows_back_when_there_is_memory_again(
    database: Database, tmp_path: Path, rounds: int
) -> None:
    live = tmp_path / "live.json"
    live.write_text('{"oom_above": 2}')
    ledger, seeds = LedgerRows(database.units), count()

    async def made(number: int) -> set[tuple[str, int]]:
        for _ in range(number):
            await ledger.accept(face(next(seeds)))
        await all_ended(database, 60)
        return set((await ended_renders(database)).values())

    async with dispatching(database, tmp_path / "static", fake_device(live=live)) as runner:
        assert await made(24) == {("succeeded", 1)}
        assert await until_limit(runner, 2)
        engine = runner.devices()[0].detail
        live.unlink()
        growing = [runner.submit(Face(FAKE.name, seed)) for seed in range(4000)]
        assert {picture.result(120).batch_size for picture in growing[-24:-8]} == {8}, "the last batch may be a rest"
        assert await made(8 * rounds) == {("succeeded", 1)}
        assert runner.devices()[0].detail == engine, "no new process"
    await check_invariants(database)


async def until_limit(runner: Runner, size: int) -> bool:
    return await asyncio.to_thread(eventually, lambda: largest_batch(runner) <= size)


def largest_batch(runner: Runner) -> int:
    faces = [runner.submit(Face(FAKE.name, seed)) for seed in range(8)]
    return max(face.result(60).batch_size for face in faces)
