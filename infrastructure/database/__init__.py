"""The database: SQLite or PostgreSQL behind the domain's ports; nothing of SQL is seen from outside."""

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database.addresses import parse_address, sqlite_file
from infrastructure.database.copies import COPIES, copy_in, copy_out, refuse_to_overwrite
from infrastructure.database.engines import reading_engine, writing_engine
from infrastructure.database.errors import DatabaseError, SchemaOutdated, SchemaUnknown
from infrastructure.database.migrating import check_schema, make_ready, migrate, pending
from infrastructure.database.presence import present
from infrastructure.database.units import SqlUnitsOfWork

__all__ = [
    "COPIES",
    "Database",
    "DatabaseError",
    "SchemaOutdated",
    "SchemaUnknown",
    "check_schema",
    "copy_in",
    "copy_out",
    "make_ready",
    "migrate",
    "open_database",
    "pending",
    "present",
    "refuse_to_overwrite",
]


@dataclass(frozen=True, slots=True)
class Database:
    """Open until `close` is awaited; `units` begins transactions."""

    units: SqlUnitsOfWork
    engines: tuple[AsyncEngine, ...]

    async def close(self) -> None:
        for engine in self.engines:
            await engine.dispose()


async def open_database(address: str) -> Database:
    """Make a fresh database, or open one that has this version's form.

    Raises SchemaOutdated or SchemaUnknown for one that has another's, DatabaseError when it cannot be reached.
    """
    url = parse_address(address)
    await asyncio.to_thread(make_ready, address)
    reading = reading_engine(url)
    writing = writing_engine(url, reading)
    turn = None if sqlite_file(url) is None else asyncio.Lock()
    return Database(SqlUnitsOfWork(reading, writing, turn), tuple({id(e): e for e in (reading, writing)}.values()))
