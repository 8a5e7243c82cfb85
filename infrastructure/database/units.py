"""The unit of work: one connection, one transaction, every repository on it."""

import asyncio
from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.ports import AuditLog, Generations, Images, Networks, Renders, Sessions, Tokens
from infrastructure.database.audit import SqlAuditLog
from infrastructure.database.generations import SqlGenerations
from infrastructure.database.images import SqlImages
from infrastructure.database.networks import SqlNetworks
from infrastructure.database.renders import SqlRenders
from infrastructure.database.sessions import SqlSessions
from infrastructure.database.tokens import SqlTokens


class SqlUnitOfWork:
    """One transaction. `turn` makes the writers of this process queue, first come, first served."""

    generations: Generations
    renders: Renders
    images: Images
    networks: Networks
    tokens: Tokens
    audit: AuditLog
    sessions: Sessions

    def __init__(self, engine: AsyncEngine, turn: asyncio.Lock | None = None) -> None:
        self._opening = engine.connect()
        self._turn = turn
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        if self._turn is not None:
            await self._turn.acquire()
        try:
            connection = await self._opening.__aenter__()
            self._connection = connection
            await connection.begin()
        except BaseException:
            await self.__aexit__()
            raise
        self.generations = SqlGenerations(connection)
        self.renders = SqlRenders(connection)
        self.images = SqlImages(connection)
        self.networks = SqlNetworks(connection)
        self.tokens = SqlTokens(connection)
        self.audit = SqlAuditLog(connection)
        self.sessions = SqlSessions(connection)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Closing rolls back what was not committed."""
        try:
            if self._connection is not None:
                await self._opening.__aexit__(None, None, None)
        finally:
            if self._turn is not None:
                self._turn.release()

    async def commit(self) -> None:
        """The last thing in a unit."""
        if self._connection is None:
            raise RuntimeError("a unit of work is entered before it is committed")
        await self._connection.commit()


@dataclass(frozen=True, slots=True)
class SqlUnitsOfWork:
    reading_engine: AsyncEngine
    writing_engine: AsyncEngine
    turn: asyncio.Lock | None

    def reading(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.reading_engine)

    def writing(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.writing_engine, self.turn)
