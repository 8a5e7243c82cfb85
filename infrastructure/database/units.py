"""The unit of work: one connection, one transaction, every repository on it."""

import asyncio
from dataclasses import dataclass
from typing import Self

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.animation_ports import Animations
from domain.library_ports import Collections, Forgotten, Sessions, Tags
from domain.ports import AuditLog, Exports, Generations, Images, Networks, Pictures, Renders, Tokens
from domain.studies.ports import Studies, StudyReports, StudySessions
from infrastructure.database.animations import SqlAnimations
from infrastructure.database.audit import SqlAuditLog
from infrastructure.database.collections import SqlCollections
from infrastructure.database.errors import storage_failure
from infrastructure.database.exports import SqlExports
from infrastructure.database.forgotten import SqlForgotten
from infrastructure.database.generations import SqlGenerations
from infrastructure.database.images import SqlImages
from infrastructure.database.networks import SqlNetworks
from infrastructure.database.pictures import SqlPictures
from infrastructure.database.renders import SqlRenders
from infrastructure.database.sessions import SqlSessions
from infrastructure.database.sqlite_trips import keep_brief
from infrastructure.database.statements import is_postgresql
from infrastructure.database.studies.designs import SqlStudies
from infrastructure.database.studies.reports import SqlStudyReports
from infrastructure.database.studies.running import SqlStudySessions
from infrastructure.database.tags import SqlTags
from infrastructure.database.tokens import SqlTokens

WRITING_LOCK = 0x777269
"""PostgreSQL's advisory lock: writers share it, and who deletes has it alone. It comes before every other lock, so that
nobody waits in a circle, and nothing that is being deleted is taken up again on the way. SQLite has one writer anyway.
"""


class SqlUnitOfWork:
    """One transaction. `turn` makes the writers of this process queue, first come, first served."""

    generations: Generations
    renders: Renders
    animations: Animations
    images: Images
    pictures: Pictures
    networks: Networks
    tokens: Tokens
    audit: AuditLog
    exports: Exports
    sessions: Sessions
    tags: Tags
    collections: Collections
    forgotten: Forgotten
    studies: Studies
    study_sessions: StudySessions
    reports: StudyReports

    def __init__(
        self, engine: AsyncEngine, turn: asyncio.Lock | None = None, lock: str | None = None, *, brief: bool = False
    ) -> None:
        self._opening = engine.connect()
        self._turn = turn
        self._lock = lock
        self._brief = brief
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        if self._turn is not None:
            await self._turn.acquire()
        try:
            connection = await self._opening.__aenter__()
            self._connection = connection
            await connection.begin()
            if self._brief:
                keep_brief(connection)
            if self._lock is not None and is_postgresql(connection):
                await connection.execute(text(f"SELECT {self._lock}(:lock)"), {"lock": WRITING_LOCK})
        except BaseException as error:
            await self._close()
            _in_the_products_words(error)
            raise
        self.generations = SqlGenerations(connection)
        self.renders = SqlRenders(connection)
        self.animations = SqlAnimations(connection)
        self.images = SqlImages(connection)
        self.pictures = SqlPictures(connection)
        self.networks = SqlNetworks(connection)
        self.tokens = SqlTokens(connection)
        self.audit = SqlAuditLog(connection)
        self.exports = SqlExports(connection)
        self.sessions = SqlSessions(connection)
        self.tags = SqlTags(connection)
        self.collections = SqlCollections(connection)
        self.forgotten = SqlForgotten(connection)
        self.studies = SqlStudies(connection)
        self.study_sessions = SqlStudySessions(connection)
        self.reports = SqlStudyReports(connection)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Rolls back what was not committed. Raises StorageFailed in place of a driver's error that means it."""
        await self._close()
        _in_the_products_words(exc_info[1])

    async def _close(self) -> None:
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


def _in_the_products_words(error: object) -> None:
    if isinstance(error, DBAPIError) and (failure := storage_failure(error)) is not None:
        raise failure from error


@dataclass(frozen=True, slots=True)
class SqlUnitsOfWork:
    reading_engine: AsyncEngine
    writing_engine: AsyncEngine
    turn: asyncio.Lock | None

    def reading(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.reading_engine)

    def writing(self, *, brief: bool = False) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.writing_engine, self.turn, "pg_advisory_xact_lock_shared", brief=brief)

    def deleting(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.writing_engine, self.turn, "pg_advisory_xact_lock")
