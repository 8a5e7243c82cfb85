"""Backups: taken beside a service that works, checked by their hashes, put back where nothing is overwritten."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from domain.errors import Conflict, Invalid, NotFound
from infrastructure.backup import SUMS, back_up, restore, verify
from infrastructure.database import Database, DatabaseError, open_database
from infrastructure.files import DiskPictureFiles
from tests.fixtures.invariants import check_files, check_invariants
from tests.integration.dispatching import Service, running

pytestmark = pytest.mark.fault


@asynccontextmanager
async def working(database: Database, static: Path) -> AsyncIterator[Service]:
    """A service that is asked for face after face."""
    async with running(Service(database, DiskPictureFiles(static))) as service:

        async def ask() -> None:
            for seed in count():
                await service.ask(seed)
                await asyncio.sleep(0.005)

        asking = asyncio.create_task(ask())
        try:
            yield service
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


async def backed_up(database: Database, address: str, folder: Path) -> Path:
    """A backup of some faces, made while others are."""
    async with working(database, folder / "static") as service:
        await service.ended(await service.ask(1001, 1002, 1003))
        copied = await asyncio.to_thread(back_up, address, folder / "static", folder / "backup", "a test")
    assert copied.whole
    return folder / "backup"


def sums(backup: Path) -> dict[str, str]:
    lines = (backup / SUMS).read_text().splitlines()
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


async def test_a_backup_under_load_restores_to_a_database_whose_every_file_is_whole(
    database: Database, database_address: str, fresh_address: str, tmp_path: Path, rounds: int
) -> None:
    static = tmp_path / "static"
    async with working(database, static) as service:
        await service.ended(await service.ask(10_000))
        for number in range(rounds):
            early = await asyncio.to_thread(back_up, database_address, static, tmp_path / f"early-{number}", "a test")
            assert early.whole
        target = tmp_path / "backup"
        copied = await asyncio.to_thread(back_up, database_address, static, target, "a test")
        assert copied.whole
    assert verify(target).files == copied.files + 1
    elsewhere = tmp_path / "elsewhere"
    if ("sqlite" in database_address) != ("sqlite" in fresh_address):
        with pytest.raises(DatabaseError, match="the copy is of"):
            restore(target, fresh_address, elsewhere)
        return
    assert restore(target, fresh_address, elsewhere).whole
    restored = await open_database(fresh_address)
    try:
        await check_invariants(restored)
        assert len(await check_files(restored, elsewhere)) == copied.files >= 2
        async with running(Service(restored, DiskPictureFiles(elsewhere))) as again:
            (ended,) = await again.ended(await again.ask(10_000))
        assert ended.done == 1
        assert again.engines.renders_by_seed[10_000] == 0, "the picture was in the backup"
    finally:
        await restored.close()


@pytest.fixture
async def backup(tmp_path: Path, migrated_file: Path) -> Path:
    file = tmp_path / "manganace.sqlite3"
    shutil.copy(migrated_file, file)
    database = await open_database(f"sqlite:///{file}")
    try:
        return await backed_up(database, f"sqlite:///{file}", tmp_path)
    finally:
        await database.close()


def test_what_is_missing_or_damaged_in_a_backup_is_named_and_the_rest_restored(backup: Path, tmp_path: Path) -> None:
    missing, damaged = [name for name in sums(backup) if name.startswith("static/images/")][:2]
    (backup / missing).unlink()
    content = bytearray((backup / damaged).read_bytes())
    content[100] ^= 1
    (backup / damaged).write_bytes(content)
    checked = verify(backup)
    assert (checked.missing, checked.damaged) == ((missing,), (damaged,))
    static = tmp_path / "elsewhere" / "static"
    restored = restore(backup, f"sqlite:///{tmp_path / 'elsewhere' / 'manganace.sqlite3'}", static)
    assert (restored.missing, restored.damaged) == (
        (missing.removeprefix("static/"),),
        (damaged.removeprefix("static/"),),
    )
    for name, sha256 in sums(backup).items():
        if name.startswith("static/") and name not in (missing, damaged):
            assert hashlib.sha256((static.parent / name).read_bytes()).hexdigest() == sha256
    assert not (static.parent / damaged).exists()
    assert not list(static.rglob("*.partial"))


def test_a_restore_overwrites_neither_a_database_nor_a_file(backup: Path, tmp_path: Path) -> None:
    name = next(name for name in sums(backup) if name.startswith("static/images/"))
    new = tmp_path / "new"
    with pytest.raises(DatabaseError, match="is not overwritten"):
        restore(backup, f"sqlite:///{tmp_path / 'manganace.sqlite3'}", new / "static")
    assert not new.exists()
    (new / name).parent.mkdir(parents=True)
    (new / name).write_bytes(b"something else")
    with pytest.raises(Conflict, match="is not overwritten"):
        restore(backup, f"sqlite:///{new / 'manganace.sqlite3'}", new / "static")
    assert [path for path in new.rglob("*") if path.is_file()] == [new / name]
    assert (new / name).read_bytes() == b"something else"
    shutil.copy(backup / name, new / name)
    assert restore(backup, f"sqlite:///{new / 'manganace.sqlite3'}", new / "static").whole


def test_a_damaged_database_or_list_is_not_restored(backup: Path, tmp_path: Path) -> None:
    address, static = f"sqlite:///{tmp_path / 'new' / 'manganace.sqlite3'}", tmp_path / "new" / "static"
    listed = (backup / SUMS).read_text()
    for wrong in (f"{'0' * 64}  ../../etc/passwd\n{listed}", f"{'0' * 64}  static/a/../../x\n{listed}", ""):
        (backup / SUMS).write_text(wrong)
        with pytest.raises(Invalid, match="lists what no backup holds"):
            restore(backup, address, static)
    (backup / SUMS).write_text(listed)
    with (backup / "manganace.sqlite3").open("r+b") as file:
        file.seek(5000)
        file.write(b"damaged")
    with pytest.raises(Invalid, match="is missing or damaged; nothing was restored"):
        restore(backup, address, static)
    assert not (tmp_path / "new").exists()
    with pytest.raises(NotFound, match="is no backup"):
        verify(tmp_path)


async def test_a_backup_that_breaks_off_leaves_nothing_under_its_name(
    database: Database, database_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import infrastructure.backup

    await backed_up(database, database_address, tmp_path)
    with pytest.raises(Conflict, match="exists and is not overwritten"):
        back_up(database_address, tmp_path / "static", tmp_path / "backup", "a test")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(infrastructure.backup, "_write", full)
    with pytest.raises(OSError, match="No space"):
        back_up(database_address, tmp_path / "static", tmp_path / "second", "a test")
    assert not [name for name in os.listdir(tmp_path) if "second" in name]  # noqa: PTH208


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_a_backup_can_be_checked_without_this_program(backup: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=backup, check=True)
