"""Exports as rows: each image's place in it, so that they are read a page at a time."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.exports import Export
from domain.images import ImageFilter
from infrastructure.database.clock import MICROSECOND, as_us, now_us
from infrastructure.database.export_tables import export_images, exports
from infrastructure.database.images import SqlImages
from infrastructure.database.statements import CHUNK, insert_all


class SqlExports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_found(self, export_id: str, owner: str, where: ImageFilter, limit: int) -> Export:
        found = await SqlImages(self._connection).oldest(where, limit)
        return await self.add_images(export_id, owner, found)

    async def add_images(self, export_id: str, owner: str, image_ids: Sequence[str]) -> Export:
        await self._connection.execute(insert(exports).values(id=export_id, owner=owner))
        rows = [{"export_id": export_id, "place": place, "image_id": key} for place, key in enumerate(image_ids)]
        await insert_all(self._connection, export_images, rows)
        return await self._added(export_id)

    async def get(self, export_id: str, younger_than: timedelta) -> Export | None:
        query = select(exports).where(exports.c.id == export_id, ~_older(younger_than))
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        counting = select(func.count()).where(export_images.c.export_id == export_id)
        total = await self._connection.scalar(counting) or 0
        return Export(row.id, row.owner, total, row.created_at)

    async def places(self, export_id: str, start: int, count: int) -> Sequence[tuple[int, str]]:
        query = (
            select(export_images.c.place, export_images.c.image_id)
            .where(export_images.c.export_id == export_id, export_images.c.place >= start)
            .order_by(export_images.c.place)
            .limit(count)
        )
        return [(row.place, row.image_id) for row in await self._connection.execute(query)]

    async def forget(self, older_than: timedelta) -> int:
        forgotten = 0
        query = select(exports.c.id).where(_older(older_than)).limit(CHUNK)
        while old := (await self._connection.scalars(query)).all():
            await self._connection.execute(delete(export_images).where(export_images.c.export_id.in_(old)))
            await self._connection.execute(delete(exports).where(exports.c.id.in_(old)))
            forgotten += len(old)
        return forgotten

    async def _added(self, export_id: str) -> Export:
        added = await self.get(export_id, timedelta(days=1))
        if added is None:
            raise LookupError("an export that was just added is not there")
        return added


def _older(age: timedelta) -> ColumnElement[bool]:
    return as_us(exports.c.created_at) < now_us() - age // MICROSECOND
