"""The few words of SQL that the repositories share."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

AnyRow = Row[*tuple[Any, ...]]
Query = Select[*tuple[Any, ...]]
AnyCompound = CompoundSelect[*tuple[Any, ...]]

CHUNK = 500
"""Rows that are built and sent at once: databases bound the parameters of a statement."""


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say ON CONFLICT, which both databases spell alike."""
    return postgresql.insert(table) if is_postgresql(connection) else sqlite.insert(table)


def is_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


async def insert_new(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that are there already stay as they are."""
    if rows:
        await connection.execute(insert(connection, table).on_conflict_do_nothing(), [dict(row) for row in rows])


async def insert_all(connection: AsyncConnection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """No more than CHUNK of them exist at a time, where they are made while they are read."""
    waiting = iter(rows)
    while chunk := [dict(row) for row in islice(waiting, CHUNK)]:
        await connection.execute(table.insert(), chunk)
