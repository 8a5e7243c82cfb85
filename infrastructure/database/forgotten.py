"""The ids of what was deleted, for as long as somebody may send the request again."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database.clock import as_us, now_us
from infrastructure.database.library_tables import forgotten
from infrastructure.database.statements import insert_all

KEPT_US = 30 * 24 * 3600 * 1_000_000


class SqlForgotten:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, owners: Mapping[str, str]) -> None:
        await self._connection.execute(delete(forgotten).where(as_us(forgotten.c.at) < now_us() - KEPT_US))
        await insert_all(self._connection, forgotten, [{"id": key, "owner": owner} for key, owner in owners.items()])

    async def owners(self, ids: Collection[str]) -> Mapping[str, str]:
        if not ids:
            return {}
        query = select(forgotten.c.id, forgotten.c.owner).where(forgotten.c.id.in_(ids))
        return {row.id: row.owner for row in await self._connection.execute(query)}
