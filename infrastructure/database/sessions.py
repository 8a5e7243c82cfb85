"""Sessions as rows."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import GenerationStatus
from domain.paging import Page, PageRequest
from domain.sessions import Session
from infrastructure.database.keyset import Keyset
from infrastructure.database.library_tables import sessions
from infrastructure.database.listing import read_pages
from infrastructure.database.statements import Query
from infrastructure.database.tables import generations, images

NEWEST_FIRST = Keyset(sessions.c.created_at, sessions.c.id, descending=True)


class SqlSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session_id: str, owner: str, name: str) -> Session:
        await self._connection.execute(sessions.insert().values(id=session_id, owner=owner, name=name))
        return (await self.get_many([session_id]))[session_id]

    async def rename(self, session_id: str, name: str) -> None:
        await self._connection.execute(update(sessions).where(sessions.c.id == session_id).values(name=name))

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Session]:
        if not ids:
            return {}
        rows = await self._connection.execute(select(sessions).where(sessions.c.id.in_(ids)))
        return {row["id"]: _session(row) for row in rows.mappings()}

    async def history(self, page: PageRequest, owner: str | None) -> Page[Session]:
        (found,) = await read_pages(self._connection, NEWEST_FIRST, [(page, _of(select(sessions), owner))], _session)
        return found

    async def count(self, owner: str | None) -> int:
        return await self._connection.scalar(_of(select(func.count()).select_from(sessions), owner)) or 0

    async def unfinished(self, session_id: str) -> Sequence[str]:
        going_on = generations.c.status.in_((GenerationStatus.QUEUED, GenerationStatus.RUNNING))
        query = select(generations.c.id).where(generations.c.session_id == session_id, going_on)
        return list((await self._connection.execute(query.order_by(generations.c.id))).scalars())

    async def images(self, session_id: str) -> Mapping[str, str]:
        query = select(images.c.id, images.c.owner).where(images.c.session_id == session_id)
        return {row.id: row.owner for row in await self._connection.execute(query)}

    async def delete(self, session_id: str) -> None:
        leaving = update(generations).where(generations.c.session_id == session_id).values(session_id=None)
        await self._connection.execute(leaving)
        await self._connection.execute(delete(sessions).where(sessions.c.id == session_id))


def _of(query: Query, owner: str | None) -> Query:
    return query if owner is None else query.where(sessions.c.owner == owner)


def _session(row: RowMapping) -> Session:
    return Session(row["id"], row["owner"], row["name"], row["created_at"])
