"""The part of the product between a mutation and a picture, on a real database, with engines that obey the test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from domain.access import LOCAL
from domain.generations import Generation
from domain.ports import UnitOfWork, UnitsOfWork
from domain.requests import FaceRequest
from domain.services.accepting import Acceptance
from domain.services.explorations import Explorations
from domain.services.faces import Faces
from domain.services.ledger import Ledger
from domain.services.watching import Watching
from infrastructure.database import Database
from infrastructure.dispatch import Dispatcher, DispatchOptions
from infrastructure.metrics import Metrics
from infrastructure.storage_health import ProbedFiles
from infrastructure.wake_ups import InProcessWakeUps
from tests.fakes.catalogue import CATALOGUE
from tests.fakes.engines import FakeEngines
from tests.fakes.picture_files import FakePictureFiles

QUICK = DispatchOptions(poll_s=0.05, retry_s=0.02, storage_pause_s=0.02)


class DatabaseAway(Exception):
    """What a driver raises when nobody answers."""


class FlakyUnits:
    """A database whose next transactions fail."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units
        self.failures = 0

    def reading(self) -> UnitOfWork:
        return self._units.reading()

    def writing(self, *, brief: bool = False) -> UnitOfWork:
        if self.failures:
            self.failures -= 1
            raise DatabaseAway
        return self._units.writing(brief=brief)

    def deleting(self) -> UnitOfWork:
        if self.failures:
            self.failures -= 1
            raise DatabaseAway
        return self._units.deleting()


class Service:
    def __init__(
        self,
        database: Database,
        files: ProbedFiles | None = None,
        lease_s: float = 30.0,
        engines: FakeEngines | None = None,
        wake_ups: InProcessWakeUps | None = None,
    ) -> None:
        self.units = database.units
        self.flaky = FlakyUnits(database.units)
        self.wake_ups = wake_ups or InProcessWakeUps()
        self.engines = engines or FakeEngines()
        self.memory = FakePictureFiles()
        self.metrics = Metrics()
        self.ledger = Ledger(self.flaky, self.wake_ups, "test", lease_s)
        acceptance = Acceptance(database.units, self.engines, self.wake_ups)
        self.faces = Faces(acceptance, CATALOGUE)
        self.explorations = Explorations(acceptance, CATALOGUE)
        self.watching = Watching(database.units, self.wake_ups)
        self.dispatcher = Dispatcher(self.ledger, self.engines, files or self.memory, self.metrics, QUICK)

    async def ask(self, *seeds: int) -> list[Generation]:
        return [await self.faces.generate(LOCAL, FaceRequest(seed=seed)) for seed in seeds]

    async def ended(self, generations: Sequence[Generation]) -> list[Generation]:
        return [await self.watching.wait(generation, 20_000) for generation in generations]

    async def now(self, generation: Generation) -> Generation:
        async with self.units.reading() as unit:
            return (await unit.generations.get_many([generation.id]))[generation.id]

    async def files_of(self, *generations: Generation) -> set[str]:
        """What the rows refer to."""
        async with self.units.reading() as unit:
            images = await unit.images.first_of([generation.id for generation in generations])
        return {name for image in images.values() for name in (image.picture.sha256, image.picture.thumbnail_sha256)}

    def count(self, outcome: str) -> float:
        return self.metrics.registry.get_sample_value("manganace_renders_total", {"outcome": outcome}) or 0.0


@asynccontextmanager
async def running(service: Service, *, alone: bool = True) -> AsyncIterator[Service]:
    await remember_catalogue(service.units)
    service.dispatcher.start(alone=alone)
    try:
        yield service
    finally:
        service.engines.release()
        await service.dispatcher.stop(5)


async def remember_catalogue(units: UnitsOfWork) -> None:
    async with units.writing() as unit:
        await unit.networks.remember(CATALOGUE)
        await unit.commit()


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)
