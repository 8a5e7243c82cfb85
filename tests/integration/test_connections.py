"""What the ledger needs of every connection, and what readers and writers see of each other."""

from pathlib import Path

import pytest
from sqlalchemy import text

from infrastructure.database import Database, open_database
from tests.fixtures.ledger import Ledger, recipe


async def test_sqlite_connections_are_durable_and_check_foreign_keys(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'new' / 'manganace.sqlite3'}")
    for engine in database.engines:
        async with engine.connect() as connection:
            found = {
                name: await connection.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}
    await database.close()


async def test_readers_neither_see_nor_wait_for_what_is_not_committed(ledger: Ledger) -> None:
    await ledger.accept(recipe())
    async with ledger.units.writing() as writer:
        assert len((await writer.renders.claim("worker", 1, 30)).renders) == 1
        async with ledger.units.reading() as reader:
            assert await reader.renders.waiting() == 1
        await writer.commit()
    async with ledger.units.reading() as reader:
        assert await reader.renders.waiting() == 0


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_a_sqlite_reader_sees_one_moment(database: Database, ledger: Ledger) -> None:
    async with ledger.units.reading() as reader:
        assert await reader.renders.waiting() == 0
        await ledger.accept(recipe())
        assert await reader.renders.waiting() == 0


async def test_a_unit_is_entered_before_it_is_committed(database: Database) -> None:
    with pytest.raises(RuntimeError, match="entered"):
        await database.units.writing().commit()
