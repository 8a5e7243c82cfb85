"""Disks that are full or read-only: a typed error, nothing half-written, and recovery without anybody's help."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from domain.errors import StorageFailed
from domain.generations import Generation, GenerationStatus
from infrastructure.database import Database, open_database
from infrastructure.files import DiskPictureFiles
from tests.faults.disks import Disk, files_under, small_disk
from tests.fixtures.invariants import check_files, check_invariants
from tests.integration.dispatching import Service, remember_catalogue, running, until
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service

pytestmark = pytest.mark.fault

SUCCEEDED, FAILED = GenerationStatus.SUCCEEDED, GenerationStatus.FAILED


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk(size_kib=4096) as mounted:
        yield mounted


@asynccontextmanager
async def ledger_on(disk: Disk) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{disk.path / 'manganace.sqlite3'}")
    try:
        await remember_catalogue(database.units)
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize(("trouble", "code"), [("fill", "STORAGE_FULL"), ("lock", "STORAGE_FAILED")])
async def test_pictures_on_a_disk_that_is_full_or_read_only_fail_typed_and_mend_by_themselves(
    database: Database, disk: Disk, trouble: str, code: str
) -> None:
    static = disk.path / "static"
    async with running(Service(database, DiskPictureFiles(static))) as service:
        (before,) = await service.ended(await service.ask(1))
        getattr(disk, trouble)()
        (refused,) = await service.ended(await service.ask(2))
        assert refused.failure is not None
        assert (refused.status, refused.failure.code) == (FAILED, code)
        assert str(disk.path) not in refused.failure.message
        assert service.dispatcher.storage_failure is not None
        assert not [name for name in files_under(static) if name.endswith(".partial")]
        getattr(disk, {"fill": "empty", "lock": "unlock"}[trouble])()
        await until(lambda: service.dispatcher.storage_failure is None)
        (after,) = await service.ended(await service.ask(2))
    assert (before.status, after.status) == (SUCCEEDED, SUCCEEDED)
    await check_invariants(database)
    assert len(await check_files(database, static)) == 4 == len(files_under(static))


async def test_a_ledger_on_a_full_disk_refuses_typed_keeps_what_it_has_and_goes_on_by_itself(disk: Disk) -> None:
    async with ledger_on(disk) as database:
        service = Service(database)
        service.engines.hold()
        async with running(service):
            accepted = await service.ask(1, 2)
            await service.engines.until_in_hand(2)
            disk.fill()
            seeds = iter(range(100, 400))
            refused: StorageFailed | None = None
            while refused is None:  # what the files had allotted already may still take a few
                refused = await _refusal(service, next(seeds), accepted)
            assert refused.code == "STORAGE_FULL"
            service.engines.release()
            await until(lambda: service.dispatcher.storage_failure)
            disk.empty()
            ended = await service.ended([*accepted, *await service.ask(next(seeds))])
            await until(lambda: service.dispatcher.storage_failure is None)
        assert {each.status for each in ended} == {SUCCEEDED}
        assert service.dispatcher.in_hand == 0
        await check_invariants(database)


async def _refusal(service: Service, seed: int, accepted: list[Generation]) -> StorageFailed | None:
    try:
        accepted += await service.ask(seed)
    except StorageFailed as failure:
        return failure
    return None


@pytest.fixture
async def service(disk: Disk) -> AsyncIterator[GraphQLService]:
    async with graphql_service(disk.path) as running_service:
        yield running_service


async def test_a_client_is_told_that_the_disk_is_full_and_nothing_else(service: GraphQLService, disk: Disk) -> None:
    stored = await service.generate(seed=1)
    disk.fill()
    answer: dict[str, object] = {}
    for seed in range(2, 400):
        answer = await service.ask(GENERATE, {"input": {"seed": seed, "idempotencyKey": "again"}})
        if "errors" in answer:
            break
    assert answer["errors"] == [
        {
            "message": "the database cannot be written: the disk is full; try again later",
            "locations": [{"line": 3, "column": 3}],
            "path": ["generateFace"],
            "extensions": {"code": "STORAGE_FULL"},
        }
    ]
    kept = await service.data("query($id: ID!) { generation(id: $id) { status } }", {"id": stored["generation"]["id"]})
    assert kept == {"generation": {"status": "QUEUED"}}
    disk.empty()
    assert (await service.generate(seed=2))["userErrors"] == []


async def test_the_same_picture_is_whole_after_any_number_of_full_disks(disk: Disk, rounds: int) -> None:
    from tests.unit.test_files import PICTURE, WHOLE, files_in

    files, static = DiskPictureFiles(disk.path / "static"), disk.path / "static"
    for number in range(8 * rounds):
        disk.fill()
        with (disk.path / "ballast").open("r+b") as ballast:
            await asyncio.to_thread(ballast.truncate, (disk.path / "ballast").stat().st_size - 1024 * (number % 6))
        with suppress(StorageFailed):
            await files.store(PICTURE)
        assert files_in(static).items() <= WHOLE.items()
        disk.empty()
        await asyncio.to_thread(_remove_all, static)
    await files.store(PICTURE)
    assert files_in(static) == WHOLE


def _remove_all(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            path.unlink()
