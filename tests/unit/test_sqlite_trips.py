"""One trip to the connection's thread for each statement, and what a driver has to do besides."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database.addresses import parse_address
from infrastructure.database.engines import reading_engine, writing_engine
from infrastructure.database.sqlite_trips import TripConnection, keep_brief

Engines = tuple[AsyncEngine, AsyncEngine]


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Engines]:
    file = tmp_path / "trips.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    connection.close()
    url = parse_address(f"sqlite:///{file}")
    reading = reading_engine(url)
    writing = writing_engine(url, reading)
    yield reading, writing
    for engine in (reading, writing):
        await engine.dispose()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent to any connection's thread."""
    sent: list[str] = []
    execute = TripConnection._execute

    async def noted(self: TripConnection, function: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(function.__name__)
        return await execute(self, function, *arguments, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(TripConnection, "_execute", noted)
    return sent


async def insert(writing: AsyncEngine, *names: str) -> None:
    async with writing.begin() as connection:
        await connection.execute(text("INSERT INTO things (name) VALUES (:name)"), [{"name": name} for name in names])


async def test_a_read_is_two_trips_and_a_write_three(engines: Engines, trips: list[str]) -> None:
    reading, writing = engines
    await insert(writing, "first")  # connects
    trips.clear()
    await insert(writing, "a")
    assert trips == ["run", "run", "commit"]
    async with reading.connect() as connection:
        await connection.execute(text("SELECT 1"))
    trips.clear()
    async with reading.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM things ORDER BY id"))).scalars().all() == ["first", "a"]
    assert trips == ["run", "rollback"]


async def test_what_asks_nothing_makes_no_trip(engines: Engines, trips: list[str]) -> None:
    reading, _ = engines
    async with reading.connect() as connection:
        await connection.execute(text("SELECT 1"))
    trips.clear()
    async with reading.connect() as connection:
        await connection.begin()
    assert trips == []


async def test_the_statements_of_a_unit_see_one_state(engines: Engines) -> None:
    reading, writing = engines
    await insert(writing, "a")
    count = text("SELECT count(*) FROM things")
    async with reading.connect() as connection:
        await connection.begin()
        assert await connection.scalar(count) == 1
        await insert(writing, "b")
        assert await connection.scalar(count) == 1
    async with reading.connect() as connection:
        assert await connection.scalar(count) == 2


async def test_a_failed_statement_leaves_the_connection_fit_for_the_next(engines: Engines) -> None:
    reading, writing = engines
    await insert(writing, "a")
    with pytest.raises(IntegrityError):
        await insert(writing, "b", "a")
    with pytest.raises(OperationalError):
        async with reading.connect() as connection:
            await connection.execute(text("SELECT nothing FROM things"))
    await insert(writing, "c")
    async with reading.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM things ORDER BY id"))).scalars().all() == ["a", "c"]


async def test_a_cancelled_question_harms_nobody(engines: Engines) -> None:
    reading, _ = engines
    slow = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"
    )

    async def ask() -> None:
        async with reading.connect() as connection:
            await connection.execute(slow)

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with reading.connect() as connection:
        assert await connection.scalar(text("SELECT 7")) == 7


async def test_rows_counts_and_new_keys_are_told(engines: Engines) -> None:
    _, writing = engines
    async with writing.begin() as connection:
        made = await connection.execute(text("INSERT INTO things (name) VALUES ('a'), ('b') RETURNING id, name"))
        assert [tuple(row) for row in made] == [(1, "a"), (2, "b")]
        changed = await connection.execute(text("UPDATE things SET name = name || '!'"))
        assert changed.rowcount == 2


async def test_a_brief_write_goes_to_the_thread_to_begin_and_to_end(engines: Engines, trips: list[str]) -> None:
    _, writing = engines
    await insert(writing, "first")  # connects
    trips.clear()
    async with writing.begin() as connection:
        keep_brief(connection)
        await connection.execute(text("INSERT INTO things (name) VALUES ('a')"))
        found = await connection.execute(text("SELECT name FROM things ORDER BY id"))
        assert found.scalars().all() == ["first", "a"]
    assert trips == ["run", "commit"]
    trips.clear()
    await insert(writing, "the next one is as any other")
    assert trips == ["run", "run", "commit"]


async def test_a_brief_write_that_fails_leaves_nothing(engines: Engines, trips: list[str]) -> None:
    _, writing = engines
    await insert(writing, "taken")

    async def write() -> None:
        async with writing.begin() as connection:
            keep_brief(connection)
            await connection.execute(text("INSERT INTO things (name) VALUES ('fresh')"))
            await connection.execute(text("INSERT INTO things (name) VALUES ('taken')"))

    with pytest.raises(IntegrityError):
        await write()
    trips.clear()
    async with writing.begin() as connection:
        assert (await connection.execute(text("SELECT name FROM things"))).scalars().all() == ["taken"]
    assert "run" in trips


async def test_who_is_canceled_in_a_brief_write_leaves_nothing(engines: Engines) -> None:
    _, writing = engines
    begun = asyncio.Event()

    async def write() -> None:
        async with writing.begin() as connection:
            keep_brief(connection)
            await connection.execute(text("INSERT INTO things (name) VALUES ('half')"))
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await insert(writing, "whole")
    async with writing.begin() as connection:
        assert (await connection.execute(text("SELECT name FROM things"))).scalars().all() == ["whole"]
