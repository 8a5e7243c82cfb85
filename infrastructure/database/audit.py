"""The audit log as rows, in the order of time."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.auditing import AuditEntry, AuditFilter
from domain.paging import Key, Page, PageRequest
from infrastructure.database.clock import microseconds
from infrastructure.database.keyset import Keyset
from infrastructure.database.listing import read_pages
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
        asked = [(page, _filtered(select(audit), where))]
        (found,) = await read_pages(self._connection, NEWEST_FIRST, asked, _entry_from)
        return found

    async def count(self, where: AuditFilter) -> int:
        return await self._connection.scalar(_filtered(select(func.count()).select_from(audit), where)) or 0

    async def following(self, after: Key | None, limit: int, where: AuditFilter) -> Sequence[tuple[AuditEntry, Key]]:
        request = PageRequest("audit", limit, after=after)
        query = OLDEST_FIRST.page(_filtered(select(audit), where), request)
        rows = (await self._connection.execute(query)).mappings()
        return [(_entry_from(row), (microseconds(row["at"]), row["id"])) for row in rows][:limit]

    async def forget(self, before: datetime) -> int:
        return (await self._connection.execute(delete(audit).where(audit.c.at < before))).rowcount


def _filtered(query: Query, where: AuditFilter) -> Query:
    if where.owner is not None:
        query = query.where(audit.c.owner == where.owner)
    if where.since is not None:
        query = query.where(audit.c.at >= where.since)
    return query


def _entry_from(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        owner=row["owner"],
        action=row["action"],
        subject=row["subject"],
        outcome=row["outcome"],
        at=row["at"],
        token_id=row["token_id"],
        id=row["id"],
    )
