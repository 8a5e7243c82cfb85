"""The audit log as rows, in the order of time."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.auditing import AuditEntry, AuditFilter
from domain.paging import Key, Page, PageRequest
from infrastructure.database.clock import microseconds
from infrastructure.database.keyset import Keyset, cut
from infrastructure.database.statements import Query, insert_all
from infrastructure.database.tables import audit

NEWEST_FIRST = Keyset(audit.c.at, audit.c.id, descending=True)
OLDEST_FIRST = Keyset(audit.c.at, audit.c.id, descending=False)


class SqlAuditLog:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, entry: AuditEntry) -> None:
        await insert_all(self._connection, audit, [asdict(entry)])

    async def history(self, page: PageRequest, where: AuditFilter) -> Page[AuditEntry]:
        wanted = _filtered(select(audit), where)
        found = await self._entries(NEWEST_FIRST.page(wanted, page))
        outside = (False, False)
        if page.after is not None or page.before is not None:
            before, after = (await self._connection.execute(select(*NEWEST_FIRST.outside(wanted, page)))).one()
            outside = (bool(before), bool(after))
        return cut(found, page, outside)

    async def count(self, where: AuditFilter) -> int:
        return await self._connection.scalar(_filtered(select(func.count()).select_from(audit), where)) or 0

    async def following(self, after: Key | None, limit: int, where: AuditFilter) -> Sequence[tuple[AuditEntry, Key]]:
        request = PageRequest("audit", limit, after=after)
        return (await self._entries(OLDEST_FIRST.page(_filtered(select(audit), where), request)))[:limit]

    async def forget(self, before: datetime) -> int:
        return (await self._connection.execute(delete(audit).where(audit.c.at < before))).rowcount

    async def _entries(self, query: Query) -> list[tuple[AuditEntry, Key]]:
        rows = (await self._connection.execute(query)).mappings()
        return [(_entry_from(row), (microseconds(row["at"]), row["id"])) for row in rows]


def _filtered(query: Query, where: AuditFilter) -> Query:
    if where.owner is not None:
        query = query.where(audit.c.owner == where.owner)
    if where.since is not None:
        query = query.where(audit.c.at >= where.since)
    return query


def _entry_from(row: RowMapping) -> AuditEntry:
    return AuditEntry(**row)
