"""Stops, restarts, a database that goes away and a disk that is full: accepted work ends, once, with its files."""

import asyncio
from pathlib import Path

import pytest

from domain.generations import GenerationStatus
from infrastructure.database import Database
from infrastructure.files import DiskPictureFiles
from tests.integration.dispatching import Service, remember_catalogue, running, until

SUCCEEDED, FAILED = GenerationStatus.SUCCEEDED, GenerationStatus.FAILED
QUEUED, RUNNING = GenerationStatus.QUEUED, GenerationStatus.RUNNING


class Died(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.mark.fault
async def test_a_stop_under_load_hands_back_what_is_not_done_and_the_next_start_ends_it(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    async with running(service):
        asked = await service.ask(*range(12))
        await service.engines.until_in_hand(8)
        await service.dispatcher.stop(5)
        assert service.dispatcher.in_hand == 0
        assert {(await service.now(each)).status for each in asked} == {QUEUED}
    async with running(Service(database)) as later:
        assert {each.status for each in await later.ended(asked)} == {SUCCEEDED}
        assert set(later.engines.renders_by_seed.values()) == {1}


async def test_a_render_that_outlasts_the_stop_goes_back_with_its_attempt(database: Database) -> None:
    service = Service(database)
    service.engines.hold()
    service.engines.deaf = True
    async with running(service):
        (asked,) = await service.ask(1)
        await service.engines.until_in_hand(1)
        await service.dispatcher.stop(0.1)
        assert (await service.now(asked)).status is QUEUED
    claims = await Service(database).ledger.claim(1)
    assert [claim.attempt for claim in claims] == [1]


async def test_what_a_dead_process_held_is_rendered_at_once_by_the_only_one(database: Database) -> None:
    service = Service(database)
    await remember_catalogue(database.units)
    asked = await service.ask(1, 2, 3)
    assert len(await service.ledger.claim(3)) == 3
    async with running(Service(database), alone=True) as later:
        async with asyncio.timeout(10):
            assert {each.status for each in await later.ended(asked)} == {SUCCEEDED}


async def test_beside_others_only_what_lapsed_is_taken_over(database: Database) -> None:
    dead, alive = Service(database, lease_s=0.2), Service(database, lease_s=600)
    await remember_catalogue(database.units)
    asked = await dead.ask(1, 2)
    await dead.ledger.claim(1)
    await alive.ledger.claim(1)
    async with running(Service(database, lease_s=0.3), alone=False) as service:
        (first,) = await service.ended(asked[:1])
        assert first.status is SUCCEEDED
        assert (await service.now(asked[1])).status is RUNNING


@pytest.mark.fault
async def test_errors_of_the_database_are_waited_out_at_every_step(database: Database) -> None:
    service = Service(database)
    service.flaky.failures = 3
    async with running(service):
        asked = await service.ask(*range(4))
        service.engines.hold()
        late = await service.ask(10, 11)
        await service.engines.until_in_hand(2)
        service.flaky.failures = 9
        service.engines.release()
        ended = await service.ended([*asked, *late])
    assert {each.status for each in ended} == {SUCCEEDED}
    assert service.flaky.failures == 0
    assert service.dispatcher.in_hand == 0


async def test_a_full_disk_fails_a_face_after_three_attempts_and_mends_by_itself(database: Database) -> None:
    async with running(Service(database)) as service:
        service.memory.fill()
        (refused,) = await service.ended(await service.ask(1))
        assert refused.failure is not None
        assert (refused.status, refused.failure.code) == (FAILED, "STORAGE_FULL")
        assert await service.files_of(refused) == set()
        assert service.dispatcher.storage_failure == "the disk is full"
        service.memory.empty()
        (made,) = await service.ended(await service.ask(1))
        assert made.status is SUCCEEDED
        assert service.dispatcher.storage_failure is None


async def test_a_disk_that_has_room_again_is_noticed_without_any_work(database: Database) -> None:
    async with running(Service(database)) as service:
        service.memory.fill()
        await service.ended(await service.ask(1))
        assert service.dispatcher.storage_failure is not None
        service.memory.empty()
        await until(lambda: service.dispatcher.storage_failure is None)


@pytest.mark.fault
async def test_a_full_disk_does_not_eat_the_attempts_of_all_that_waits(database: Database) -> None:
    service = Service(database)
    await remember_catalogue(database.units)
    asked = await service.ask(*range(20))
    service.engines.capacity = 4
    service.memory.fill()
    async with running(service):
        await until(lambda: service.dispatcher.storage_failure)
        await asyncio.sleep(0.1)
        service.memory.empty()
        ended = await service.ended(asked)
    assert service.memory.refused <= 4 + 2 * 10
    assert sum(each.status is SUCCEEDED for each in ended) >= 16


@pytest.mark.parametrize("step", ["written", "synced", "renamed", "recorded"])
async def test_dying_at_any_step_of_a_file_leaves_no_row_without_it(
    database: Database, tmp_path: Path, step: str
) -> None:
    def die_at(name: str) -> None:
        if name == step:
            raise Died

    root = tmp_path / "static"
    service = Service(database, DiskPictureFiles(root, die_at))
    await remember_catalogue(database.units)
    (asked,) = await service.ask(1)
    (claim,) = await service.ledger.claim(1)
    with pytest.raises(Died):
        await service.dispatcher._make(claim)
    assert await service.files_of(asked) == set()

    async with running(Service(database, DiskPictureFiles(root))) as later:
        (ended,) = await later.ended([asked])
        names = await later.files_of(asked)
    assert ended.status is SUCCEEDED
    assert {path.stem for path in root.rglob("*") if path.is_file()} == names
