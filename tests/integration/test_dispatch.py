"""From an accepted request to its end, as long as the database and the disk do what they should."""

import asyncio
import logging
from dataclasses import asdict

import pytest

from domain.access import LOCAL
from domain.generations import Failure, FinishedRender, GenerationStatus
from domain.requests import FaceRequest
from domain.services.ledger import Ledger
from infrastructure.database import Database
from infrastructure.database.tables import pictures
from tests.fakes.engines import DEVICE, failing
from tests.integration.dispatching import Service, remember_catalogue, running, until

SUCCEEDED, FAILED, CANCELED = GenerationStatus.SUCCEEDED, GenerationStatus.FAILED, GenerationStatus.CANCELED


async def test_each_accepted_face_ends_with_its_own_picture(database: Database) -> None:
    async with running(Service(database)) as service:
        asked = await service.ask(*range(20))
        ended = await service.ended(asked)
        files = await service.files_of(*asked)
    assert {generation.status for generation in ended} == {SUCCEEDED}
    assert len(files) == 40
    assert files == service.memory.stored.keys()
    assert set(service.engines.renders_by_seed.values()) == {1}
    assert service.count("succeeded") == 20


async def test_no_more_is_claimed_than_the_engines_have_room_for(database: Database) -> None:
    service = Service(database)
    service.engines.capacity = 3
    service.engines.hold()
    await remember_catalogue(database.units)
    asked = await service.ask(*range(8))
    async with running(service):
        await service.engines.until_in_hand(3)
        await asyncio.sleep(0.2)
        assert service.dispatcher.in_hand == 3
        service.engines.release()
        assert {generation.status for generation in await service.ended(asked)} == {SUCCEEDED}


async def test_work_of_other_processes_is_found_without_a_wake_up(database: Database) -> None:
    async with running(Service(database)) as service:
        (asked,) = await Service(database).ask(5)
        (ended,) = await service.ended([asked])
    assert ended.status is SUCCEEDED


async def test_who_waits_for_a_picture_that_another_process_made_meanwhile_is_woken(database: Database) -> None:
    """As on PostgreSQL, where it may be committed between this one's look and its insert."""
    service = Service(database)
    await remember_catalogue(database.units)
    (asked,) = await service.ask(1)
    async with database.units.reading() as unit:
        (claim,) = (await unit.renders.claim("another", 1, 30.0)).renders  # never committed: it only tells the recipe
    stored = await service.memory.store((await service.engines.render(claim)).encoded)
    async with database.engines[-1].begin() as connection:
        await connection.execute(pictures.insert(), {"recipe_key": claim.recipe.key, **asdict(stored)})
    async with service.wake_ups.listen(asked.id) as wait:
        assert await service.ledger.claim(1) == []
        assert await wait(0.1)
    assert (await service.now(asked)).status is SUCCEEDED


async def test_equal_requests_at_once_cost_one_render(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        asked = await service.ask(7, 7, 7)
        await service.engines.until_in_hand(1)
        service.engines.release()
        ended = await service.ended(asked)
    assert {generation.status for generation in ended} == {SUCCEEDED}
    assert service.engines.renders_by_seed == {7: 1}


async def test_a_failing_render_is_tried_three_times(database: Database) -> None:
    async with running(Service(database)) as service:
        service.engines.fail_seed(1, failing(), failing())
        service.engines.fail_seed(2, failing(), failing(), failing("OUT_OF_MEMORY"))
        mended, broken, other = await service.ended(await service.ask(1, 2, 3))
    assert mended.status is SUCCEEDED
    assert (broken.status, broken.failure) == (FAILED, Failure("OUT_OF_MEMORY", "the face could not be rendered"))
    assert other.status is SUCCEEDED
    assert service.count("failed") == 5


async def test_a_failure_that_is_final_is_not_tried_again(database: Database) -> None:
    async with running(Service(database)) as service:
        service.engines.fail_seed(1, failing("NETWORK_MISSING", final=True), failing())
        (ended,) = await service.ended(await service.ask(1))
    assert ended.failure is not None
    assert ended.failure.code == "NETWORK_MISSING"
    assert service.count("failed") == 1


async def test_an_unexpected_error_costs_an_attempt_and_tells_clients_nothing_internal(database: Database) -> None:
    async with running(Service(database)) as service:
        service.engines.fail_seed(1, *[RuntimeError("secret")] * 3)
        (ended,) = await service.ended(await service.ask(1))
    assert ended.failure == Failure("RENDER_FAILED", "the face could not be rendered")


async def test_a_canceled_face_is_dropped_and_its_neighbours_are_not(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        first, second = await service.ask(1, 2)
        await service.engines.until_in_hand(2)
        await service.faces.cancel(LOCAL, first.id)
        service.engines.release()
        canceled, made = await service.ended([first, second])
        assert await service.files_of(first) == set()
    assert (canceled.status, made.status) == (CANCELED, SUCCEEDED)
    assert service.dispatcher.in_hand == 0


async def test_in_a_storm_of_cancels_everything_ends_as_its_client_was_told(database: Database) -> None:
    async with running(Service(database)) as service:
        asked = await service.ask(*range(30))
        told = await asyncio.gather(*(service.faces.cancel(LOCAL, generation.id) for generation in asked[::2]))
        ended = {generation.id: generation.status for generation in await service.ended(asked)}
        pictured = {generation.id for generation in asked if await service.files_of(generation)}
    assert all(ended[generation.id] is generation.status for generation in told)
    assert {generation.status for generation in told} <= {CANCELED, SUCCEEDED}
    assert {ended[generation.id] for generation in asked[1::2]} == {SUCCEEDED}
    assert pictured == {key for key, status in ended.items() if status is SUCCEEDED}


async def test_a_cancel_in_another_process_frees_the_engine(database: Database) -> None:
    service = Service(database, lease_s=0.3)
    service.engines.hold()
    async with running(service):
        (asked,) = await service.ask(1)
        await service.engines.until_in_hand(1)
        await Service(database).faces.cancel(LOCAL, asked.id)
        await until(lambda: not service.dispatcher.in_hand)
        assert service.engines.canceled == [asked.id]


async def test_a_long_render_keeps_its_lease(database: Database) -> None:
    service = Service(database, lease_s=0.6)
    service.engines.hold()
    async with running(service):
        (asked,) = await service.ask(1)
        await service.engines.until_in_hand(1)
        await asyncio.sleep(1.5)
        service.engines.release()
        (ended,) = await service.ended([asked])
    assert ended.status is SUCCEEDED
    assert service.engines.renders_by_seed == {1: 1}


@pytest.mark.fault
async def test_a_result_that_comes_after_somebody_else_took_over_is_refused(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        (asked,) = await service.ask(1)
        await service.engines.until_in_hand(1)
        service.dispatcher.stop_claiming()
        await service.ledger.requeue_all()
        elsewhere = Ledger(database.units, service.wake_ups, "elsewhere")
        (taken,) = await elsewhere.claim(1)
        service.engines.release()
        await until(lambda: not service.dispatcher.in_hand)
        assert ((await service.now(asked)).done, await service.files_of(asked)) == (0, set())
        picture = await service.memory.store((await service.engines.render(taken)).encoded)
        await elsewhere.finish([FinishedRender(taken, picture)])
        assert (await service.now(asked)).status is SUCCEEDED


async def test_each_generation_has_one_line_in_the_log_with_its_milliseconds(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "infrastructure.generation_log")
    async with running(Service(database)) as service:
        service.engines.fail_seed(2, failing("NETWORK_MISSING", final=True))
        asked = await service.ask(1, 2)
        await service.ended(asked)
        again = await service.faces.generate(LOCAL, FaceRequest(seed=1))
    lines = {record.__dict__["generation_id"]: record.__dict__ for record in caplog.records}
    assert len(caplog.records) == 3
    made, failed, shared = (lines[generation.id] for generation in (*asked, again))
    assert (made["device"], made["queue_ms"], made["render_ms"], made["encode_ms"]) == (DEVICE, 1.0, 2.0, 3.0)
    assert made["store_ms"] >= 0
    assert (failed["outcome"], failed["code"]) == ("failed", "NETWORK_MISSING")
    assert shared["outcome"] == "succeeded"
    assert "render_ms" not in shared
