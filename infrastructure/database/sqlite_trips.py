"""SQLite's connections, each in a thread of its own, with one trip to that thread for each statement.

aiosqlite makes four: for the cursor, the statement, its rows and the cursor's end. Each waits for a turn in the thread
and for another in the event loop, which is most of what a short statement takes, and all the more of it under load.
In a brief transaction only its beginning and its end go there, as those may have to wait, for a lock and for the disk.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Parameters = Sequence[Any] | Mapping[str, Any]

BEGIN = "BEGIN"


def connect(path: str | Path, **options: Any) -> "TripConnection":
    """What SQLAlchemy's aiosqlite dialect takes as `async_creator_fn`; the same arguments as sqlite3.connect's."""
    shared = {**options, "check_same_thread": False}
    connection = TripConnection(lambda: sqlite3.connect(path, **shared), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


def keep_brief(connection: AsyncConnection) -> None:
    """Run the statements of the transaction that is open where they are asked; nothing to do but for SQLite."""
    pooled = connection.sync_connection and connection.sync_connection.connection
    trips = pooled and pooled.driver_connection
    if isinstance(trips, TripConnection):
        trips.brief = True


class TripConnection(aiosqlite.Connection):
    """A plain BEGIN, which locks nothing yet, goes along with the first statement after it."""

    begins = False
    brief = False
    """Statements run in the caller's thread. One thread at a time uses a connection: each trip is waited for."""

    def cursor(self) -> "TripCursor":  # type: ignore[override]
        return TripCursor(self)

    async def commit(self) -> None:
        self.begins = self.brief = False
        await super().commit()

    async def rollback(self) -> None:
        """Nothing to do, and nowhere to go, where no transaction is open."""
        self.begins = self.brief = False
        if self.in_transaction:
            await super().rollback()

    async def trip(self, cursor: "TripCursor", statement: str, parameters: Parameters, *, many: bool) -> None:
        if self.brief and self.in_transaction:
            cursor.run(self._conn, statement, parameters, many, False)
            return
        begins, self.begins = self.begins, False
        await self._execute(  # type: ignore[no-untyped-call]
            cursor.run, self._conn, statement, parameters, many, begins
        )


class TripCursor:
    """The results are all here once the statement has run."""

    arraysize = 1

    def __init__(self, connection: TripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> "TripCursor":
        return self

    async def execute(self, statement: str, parameters: Parameters = ()) -> "TripCursor":
        if statement == BEGIN:
            self._connection.begins = True
        else:
            await self._connection.trip(self, statement, parameters, many=False)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Parameters]) -> "TripCursor":
        await self._connection.trip(self, statement, parameters, many=True)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def run(self, connection: sqlite3.Connection, statement: str, parameters: Any, many: bool, begins: bool) -> None:
        """In the connection's thread."""
        cursor = connection.cursor()
        try:
            if begins:
                cursor.execute(BEGIN)
            (cursor.executemany if many else cursor.execute)(statement, parameters)
            self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
            self._rows = cursor.fetchall() if cursor.description else []
        finally:
            cursor.close()
