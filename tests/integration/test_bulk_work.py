"""Many images at once: single faces overtake them, their events are throttled, and a cancel keeps what is made."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

from domain.access import LOCAL
from domain.explorations import FacesRequest, SeedRange, Seeds
from domain.generations import ClaimedRender, Generation, GenerationStatus
from domain.networks import Catalogue, Network, ServedNetwork
from domain.ports import RenderedPicture
from domain.services.accepting import Acceptance
from domain.services.explorations import Explorations
from domain.services.faces import Faces
from domain.services.watching import PAUSE_S
from infrastructure.database import Database
from infrastructure.dispatch import Dispatcher
from infrastructure.encoding import PictureEncoder
from infrastructure.engines import RunnerEngines
from stylegan2.runner import Runner
from tests.engines.fake_engine import SHA256, SIZE
from tests.engines.fakes import QUICK, fake_device
from tests.fakes.engines import failing
from tests.integration.dispatching import QUICK as QUICKLY
from tests.integration.dispatching import Service, running, until
from tests.integration.test_engines import LOADED

SERVED = Catalogue((ServedNetwork(Network(SHA256, "fake", SIZE, 6)),))
BATCH = 4
BATCH_S = 0.8


def faces(count: int, first: int = 0) -> FacesRequest:
    return FacesRequest(seeds=Seeds(range=SeedRange(first, count)))


async def test_a_single_face_is_taken_although_bulk_work_fills_the_engines(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        many = await service.explorations.explore(LOCAL, faces(40))
        await service.engines.until_in_hand(8)
        (one,) = await service.ask(99)
        await service.engines.until_in_hand(9)
        assert service.engines.in_hand[-1].generation_id == one.id
        await asyncio.sleep(0.2)
        assert len(service.engines.in_hand) == 9
        service.engines.release()
        ended = await service.ended([many, one])
    assert [(each.status, each.done) for each in ended] == [
        (GenerationStatus.SUCCEEDED, 40),
        (GenerationStatus.SUCCEEDED, 1),
    ]


async def test_single_faces_have_no_more_room_than_bulk_work_has(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        await service.explorations.explore(LOCAL, faces(20))
        await service.engines.until_in_hand(8)
        await service.ask(*range(100, 112))
        await service.engines.until_in_hand(16)
        await asyncio.sleep(0.2)
        assert len(service.engines.in_hand) == 16


class Noting(RunnerEngines):
    """The real adapter; remembers the order in which pictures were made."""

    def __init__(self, runner: Runner, encoder: PictureEncoder) -> None:
        super().__init__(runner, LOADED, encoder)
        self.made: list[str] = []

    async def render(self, claim: ClaimedRender) -> RenderedPicture:
        rendered = await super().render(claim)
        self.made.append(claim.generation_id)
        return rendered


@asynccontextmanager
async def over_processes(database: Database) -> AsyncIterator[tuple[Service, Noting]]:
    """A service whose engine is a process of its own behind the real runner; each batch takes its time."""
    runner = Runner(LOADED.descriptions, [fake_device(batch_size=BATCH, slow_s=BATCH_S)], QUICK)
    encoder = PictureEncoder("Manganace test", threads=1)
    engines, service = Noting(runner, encoder), Service(database)
    acceptance = Acceptance(database.units, engines, service.wake_ups)
    service.faces = Faces(acceptance, SERVED)
    service.explorations = Explorations(acceptance, SERVED)
    service.dispatcher = Dispatcher(service.ledger, engines, service.memory, service.metrics, QUICKLY)
    engines.when_room(service.dispatcher.poke)
    async with database.units.writing() as unit:
        await unit.networks.remember(SERVED)
        await unit.commit()
    runner.start()
    try:
        await until(lambda: any(device.ready for device in engines.devices()), timeout_s=60)
        async with running(service):
            yield service, engines
    finally:
        await asyncio.to_thread(runner.close)
        encoder.close()


async def test_bulk_work_delays_a_single_face_by_no_more_than_the_batch_in_hand(database: Database) -> None:
    async with over_processes(database) as (service, engines):
        many = await service.explorations.explore(LOCAL, faces(6 * BATCH))
        await until(lambda: len(engines.made) >= BATCH, timeout_s=30)
        made = len(engines.made)  # the next batch is in hand, and two more are at the device
        (one,) = await service.ask(99)
        (ended,) = await service.ended([one])
        assert ended.status is GenerationStatus.SUCCEEDED
        assert engines.made.index(one.id) <= made + BATCH
        assert (await service.now(many)).status is GenerationStatus.RUNNING
        assert (await service.ended([many]))[0].done == 6 * BATCH


async def followed(service: Service, generation: Generation) -> list[tuple[float, Generation]]:
    return [(time.monotonic(), state) async for state in service.watching.updates(LOCAL, generation.id)]


async def test_a_generation_of_many_images_is_told_of_at_most_five_times_a_second_and_its_end_always(
    database: Database,
) -> None:
    async with running(Service(database)) as service:
        service.engines.capacity = 1
        many = await service.explorations.explore(LOCAL, faces(60))
        events = await followed(service, many)
    times = [at for at, _ in events]
    assert min(later - earlier for earlier, later in pairwise(times)) >= PAUSE_S * 0.99
    states = [state for _, state in events]
    assert [state.version for state in states] == sorted({state.version for state in states})
    assert (states[-1].status, states[-1].done) == (GenerationStatus.SUCCEEDED, 60)
    assert not any(state.status.terminal for state in states[:-1])


async def test_a_late_follower_of_many_images_hears_the_end_at_once(database: Database) -> None:
    async with running(Service(database)) as service:
        (ended,) = await service.ended([await service.explorations.explore(LOCAL, faces(3))])
        started = time.monotonic()
        events = await followed(service, ended)
    assert [state.done for _, state in events] == [3]
    assert events[0][0] - started < PAUSE_S


async def test_a_cancel_stops_what_has_not_begun_and_keeps_what_is_made(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        many = await service.explorations.explore(LOCAL, faces(30))
        (other,) = await service.ask(99)
        await service.engines.until_in_hand(8)
        service.engines.release(3)
        async with asyncio.timeout(10):
            while (done := (await service.now(many)).done) < 2:  # noqa: ASYNC110 - the rows tell nobody
                await asyncio.sleep(0.01)
        canceled = await service.faces.cancel(LOCAL, many.id)
        service.engines.release()
        (made,) = await service.ended([other])
        await until(lambda: not service.dispatcher.in_hand)
        later = await service.now(many)
    assert canceled.status is later.status is GenerationStatus.CANCELED
    assert done <= canceled.done == later.done < 30
    assert made.status is GenerationStatus.SUCCEEDED
    assert service.engines.renders_by_seed.total() < 12


async def test_a_face_that_fails_ends_its_generation_without_taking_the_others_along(database: Database) -> None:
    async with running(Service(database)) as service:
        service.engines.fail_seed(3, failing(final=True))
        (ended,) = await service.ended([await service.explorations.explore(LOCAL, faces(6))])
    assert (ended.status, ended.done) == (GenerationStatus.FAILED, 5)
    assert ended.failure is not None
    assert ended.failure.code == "RENDER_FAILED"
