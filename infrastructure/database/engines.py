"""Connections: how SQLite and PostgreSQL are opened so that both keep the ledger's promises."""

import sqlite3
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infrastructure.database import sqlite_trips
from infrastructure.database.addresses import async_address, sqlite_file
from infrastructure.database.errors import DatabaseError, quote_no_values

BUSY_TIMEOUT_S = 15.0
"""How long a writer waits for another process; within this one, writers queue before they ask SQLite."""

OLDEST_SQLITE = (3, 35, 0)
"""The first with RETURNING."""

READERS = 16

CACHE_KIB = 8_000
"""Each connection's, at most. In SQLite's own 2,000 KiB the index of 100,000 images does not fit: to count them took
25 times as long."""

QUIET: dict[str, Any] = {"hide_parameters": True}
"""An error that reaches the log says which statement failed, and not with whose values."""


def reading_engine(url: URL) -> AsyncEngine:
    """For questions; on PostgreSQL for everything."""
    if sqlite_file(url) is None:
        engine = create_async_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, max_overflow=10, **QUIET
        )
        event.listen(engine.sync_engine, "handle_error", quote_no_values)
        return engine
    return _sqlite_engine(url, begin="BEGIN", size=READERS)


def writing_engine(url: URL, reading: AsyncEngine) -> AsyncEngine:
    """SQLite has one writer at a time, so one connection is enough, and no reader can take it away."""
    return reading if sqlite_file(url) is None else _sqlite_engine(url, begin="BEGIN IMMEDIATE", size=1)


def migrating_engine(url: URL) -> Engine:
    """A blocking engine whose one transaction holds a whole migration: foreign keys are checked at its end."""
    if sqlite_file(url) is None:
        engine = create_engine(url, poolclass=NullPool, **QUIET)
        event.listen(engine, "handle_error", quote_no_values)
        return engine
    engine = create_engine(url, poolclass=NullPool, connect_args=_sqlite_arguments(), **QUIET)
    event.listen(engine, "connect", _use_wal)
    _set_up_sqlite(engine, begin="BEGIN IMMEDIATE", foreign_keys=False)
    return engine


def _sqlite_engine(url: URL, *, begin: str, size: int) -> AsyncEngine:
    arguments = {**_sqlite_arguments(), "async_creator_fn": sqlite_trips.connect}
    engine = create_async_engine(
        async_address(url),
        pool_size=size,
        max_overflow=0,
        pool_timeout=120,
        pool_use_lifo=True,  # whoever asks next gets the connection whose cache was filled last
        connect_args=arguments,
        **QUIET,
    )
    _set_up_sqlite(engine.sync_engine, begin=begin, foreign_keys=True)
    return engine


def _sqlite_arguments() -> dict[str, Any]:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise DatabaseError(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 is the oldest that will do")
    # isolation_level None: the driver begins nothing by itself, the engine's "begin" event does.
    return {"timeout": BUSY_TIMEOUT_S, "isolation_level": None}


def _use_wal(connection: sqlite3.Connection, record: object) -> None:
    """For the file, for good. SQLite does not wait for others here, so that several first starts at once would fail."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _set_up_sqlite(engine: Engine, *, begin: str, foreign_keys: bool) -> None:
    pragmas = (
        "PRAGMA synchronous=FULL",  # NORMAL could lose the last commits in a power cut
        f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}",
        f"PRAGMA cache_size=-{CACHE_KIB}",
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "invalidate")
    def roll_back(connection: Any, record: object, reason: object) -> None:
        """For a statement that was canceled. SQLite keeps a connection that is closed before its cursors are, and its
        write lock with it, until the collector finds them; a rollback lets go at once."""
        with suppress(Exception):
            connection.rollback()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
