"""Disks that are full or read-only: a typed error, nothing half-written, and recovery without anybody's help."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from domain.errors import StorageFailed
from domain.generations import Generation, GenerationStatus
from infrastructure.database import Database, DatabaseError, migrate, open_database
from infrastructure.files import DiskPictureFiles
from tests.faults.disks import Disk, failing_disk, files_under, no_writes_to, small_disk
from tests.fixtures.invariants import check_files, check_invariants
from tests.fixtures.postgresql import Server
from tests.integration.dispatching import Service, remember_catalogue, running, until
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service

pytestmark = pytest.mark.fault

RUNNING, SUCCEEDED, FAILED = GenerationStatus.RUNNING, GenerationStatus.SUCCEEDED, GenerationStatus.FAILED


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk(size_kib=4096) as mounted:
        yield mounted


@asynccontextmanager
async def ledger_in(folder: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{folder / 'manganace.sqlite3'}")
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
    async with ledger_in(disk.path) as database:
        service = Service(database)
        service.engines.hold()
        async with running(service):
            accepted = await service.ask(1, 2)
            await service.engines.until_in_hand(2)
            disk.fill()
            seeds = iter(range(100, 400))
            assert await _refusal(service, seeds, accepted) == "STORAGE_FULL"
            service.engines.release()
            await until(lambda: service.dispatcher.storage_failure)
            disk.empty()
            ended = await service.ended([*accepted, *await service.ask(next(seeds))])
            await until(lambda: service.dispatcher.storage_failure is None)
        assert {each.status for each in ended} == {SUCCEEDED}
        assert service.dispatcher.in_hand == 0
        await check_invariants(database)


async def _refusal(service: Service, seeds: Iterator[int], accepted: list[Generation]) -> str:
    """The code; a few may be taken yet, where the files had room allotted to them, or a server has not heard of it."""
    for seed in seeds:
        try:
            accepted += await service.ask(seed)
        except StorageFailed as failure:
            return failure.code
    raise AssertionError("everything was taken")


@contextmanager
def read_only(request: pytest.FixtureRequest, address: str) -> Iterator[None]:
    """A database that turns so under those who have it open."""
    if address.startswith("sqlite"):
        file = Path(address.removeprefix("sqlite:///"))
        with no_writes_to(file, file.with_name(f"{file.name}-wal")):
            yield
        return
    server: Server = request.getfixturevalue("postgresql_server")
    server.run("ALTER SYSTEM SET default_transaction_read_only = on")
    server.run("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        server.run("ALTER SYSTEM RESET default_transaction_read_only")
        server.run("SELECT pg_reload_conf()")


async def test_a_ledger_that_turns_read_only_is_read_refuses_typed_and_goes_on_by_itself(
    request: pytest.FixtureRequest, database: Database, database_address: str
) -> None:
    service, seeds = Service(database), iter(range(100, 200))
    service.engines.hold()
    async with running(service):
        accepted = await service.ask(1, 2)
        await service.engines.until_in_hand(2)
        with read_only(request, database_address):
            assert await _refusal(service, seeds, accepted) == "STORAGE_FAILED"
            assert (await service.now(accepted[0])).status is RUNNING
            service.engines.release()
            await until(lambda: service.dispatcher.storage_failure)
            assert (await service.now(accepted[0])).status is RUNNING
        ended = await service.ended([*accepted, *await _asked_again(service, next(seeds))])
        await until(lambda: service.dispatcher.storage_failure is None)
    assert {each.status for each in ended} == {SUCCEEDED}
    assert service.dispatcher.in_hand == 0
    await check_invariants(database)


async def _asked_again(service: Service, seed: int) -> list[Generation]:
    """Until it is taken: a server that is told that it may write hears of it in its own time."""
    accepted: list[Generation] = []
    async with asyncio.timeout(10):
        while not accepted:
            with suppress(StorageFailed):
                accepted = await service.ask(seed)
    return accepted


async def test_on_a_file_system_that_gives_up_all_is_read_and_a_start_on_the_mended_one_ends_the_work(
    tmp_path: Path,
) -> None:
    with failing_disk(tmp_path, size_mib=16) as disk:
        static = disk.path / "static"
        async with ledger_in(disk.path) as database, running(Service(database, DiskPictureFiles(static))) as service:
            (made,) = await service.ended(await service.ask(1))
            service.engines.hold()
            accepted = await service.ask(2, 3)
            await service.engines.until_in_hand(2)
            await asyncio.to_thread(disk.give_up)
            assert await _refusal(service, iter(range(4, 100)), accepted) == "STORAGE_FAILED"
            service.engines.release()
            await until(lambda: service.dispatcher.storage_failure)
            assert (await service.now(made)).status is SUCCEEDED
            assert len(await check_files(database, static)) == 2
        await asyncio.to_thread(disk.mend)
        async with ledger_in(disk.path) as database, running(Service(database, DiskPictureFiles(static))) as service:
            assert {each.status for each in await service.ended([made, *accepted])} == {SUCCEEDED}
            await check_invariants(database)
            assert len(await check_files(database, static)) == 2 + 2 * len(accepted)


def test_no_service_starts_on_a_database_that_it_cannot_write(disk: Disk) -> None:
    address = f"sqlite:///{disk.path / 'manganace.sqlite3'}"
    migrate(address)
    disk.lock()
    with pytest.raises(DatabaseError, match="the database cannot be used"):
        asyncio.run(open_database(address))
    disk.unlock()
    asyncio.run(_opened_and_closed(address))


async def _opened_and_closed(address: str) -> None:
    await (await open_database(address)).close()


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


async def test_a_client_of_a_read_only_database_is_answered_and_told_what_cannot_be_done(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        stored = (await service.generate(seed=1))["generation"]
        with no_writes_to(tmp_path / "test.sqlite3", tmp_path / "test.sqlite3-wal"):
            (error,) = (await service.ask(GENERATE, {"input": {"seed": 2}}))["errors"]
            kept = await service.data("query($id: ID!) { generation(id: $id) { status } }", {"id": stored["id"]})
        assert error["message"] == "the database cannot be written; try again later"
        assert error["extensions"] == {"code": "STORAGE_FAILED"}
        assert kept == {"generation": {"status": "QUEUED"}}
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
