"""Collections and their entries as rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.collections import CollectedFilter, CollectedImage, Collection
from domain.ids import new_id
from domain.paging import Page, PageRequest
from domain.texts import folded
from infrastructure.database.keyset import Keyset
from infrastructure.database.library_tables import collected_images, collections
from infrastructure.database.listing import read_pages
from infrastructure.database.statements import Query, insert_new
from infrastructure.database.tables import images

NEWEST_FIRST = Keyset(collections.c.created_at, collections.c.id, descending=True)
ENTRIES = Keyset(collected_images.c.created_at, collected_images.c.id, descending=True)

FEW = 5


class SqlCollections:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, collection_id: str, owner: str, name: str, description: str) -> Collection:
        row = {"id": collection_id, "owner": owner, "name": name, "description": description}
        await self._connection.execute(collections.insert(), row)
        return (await self.get_many([collection_id]))[collection_id]

    async def change(self, collection_id: str, name: str | None, description: str | None) -> None:
        given = {"name": name, "description": description}
        values = {key: value for key, value in given.items() if value is not None}
        if values:
            changing = update(collections).where(collections.c.id == collection_id).values(**values)
            await self._connection.execute(changing)

    async def delete(self, collection_id: str) -> None:
        entries = delete(collected_images).where(collected_images.c.collection_id == collection_id)
        await self._connection.execute(entries)
        await self._connection.execute(delete(collections).where(collections.c.id == collection_id))

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Collection]:
        if not ids:
            return {}
        rows = await self._connection.execute(select(collections).where(collections.c.id.in_(ids)))
        return {row["id"]: _collection(row) for row in rows.mappings()}

    async def history(self, page: PageRequest, owner: str | None) -> Page[Collection]:
        query = _of(select(collections), owner)
        (found,) = await read_pages(self._connection, NEWEST_FIRST, [(page, query)], _collection)
        return found

    async def count(self, owner: str | None) -> int:
        return await self._connection.scalar(_of(select(func.count()).select_from(collections), owner)) or 0

    async def keep(
        self, collection_id: str, image_ids: Sequence[str], note: str | None
    ) -> Mapping[str, CollectedImage]:
        if not image_ids:
            return {}
        made = select(images.c.id, images.c.owner, images.c.created_at).where(images.c.id.in_(image_ids))
        rows = [
            {
                "id": new_id(),
                "collection_id": collection_id,
                "image_id": row.id,
                "owner": row.owner,
                "note": note or "",
                "folded": folded(note or ""),
                "image_created_at": row.created_at,
            }
            for row in await self._connection.execute(made.order_by(images.c.id))
        ]
        await insert_new(self._connection, collected_images, rows)
        kept = collected_images.c.collection_id == collection_id, collected_images.c.image_id.in_(image_ids)
        if note is not None:
            await self._connection.execute(update(collected_images).where(*kept).values(_noted(note)))
        found = (await self._connection.execute(select(collected_images).where(*kept))).mappings()
        return {row["image_id"]: _entry(row) for row in found}

    async def annotate(self, entry_id: str, note: str) -> None:
        changing = update(collected_images).where(collected_images.c.id == entry_id).values(_noted(note))
        await self._connection.execute(changing)

    async def release(self, entry_id: str) -> None:
        await self._connection.execute(delete(collected_images).where(collected_images.c.id == entry_id))

    async def entries(self, ids: Sequence[str]) -> Mapping[str, CollectedImage]:
        if not ids:
            return {}
        rows = await self._connection.execute(select(collected_images).where(collected_images.c.id.in_(ids)))
        return {row["id"]: _entry(row) for row in rows.mappings()}

    async def entry_pages(self, pages: Sequence[tuple[PageRequest, CollectedFilter]]) -> Sequence[Page[CollectedImage]]:
        asked = [(page, _filtered(select(collected_images), where)) for page, where in pages]
        return await read_pages(self._connection, ENTRIES, asked, _entry)

    async def entry_counts(self, where: Sequence[CollectedFilter]) -> Sequence[int]:
        if not where:
            return []
        counted = [
            _filtered(select(func.count()).select_from(collected_images), one).scalar_subquery().label(f"count_{index}")
            for index, one in enumerate(where)
        ]
        return list((await self._connection.execute(select(literal(0), *counted))).one())[1:]

    async def keeping(self, image_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        if not image_ids:
            return {}
        query = (
            select(collected_images.c.image_id, collections.c.name)
            .join(collections, collections.c.id == collected_images.c.collection_id)
            .where(collected_images.c.image_id.in_(image_ids))
            .order_by(collections.c.name)
        )
        found: dict[str, list[str]] = defaultdict(list)
        for row in await self._connection.execute(query):
            found[row.image_id].append(row.name)
        return found

    async def keeping_session(self, session_id: str) -> Sequence[str]:
        entry = collected_images.c.collection_id == collections.c.id, collected_images.c.image_id == images.c.id
        kept = exists().where(*entry, images.c.session_id == session_id)
        query = select(collections.c.name).where(kept).order_by(collections.c.name).limit(FEW)
        return list((await self._connection.execute(query)).scalars())


def _of(query: Query, owner: str | None) -> Query:
    return query if owner is None else query.where(collections.c.owner == owner)


def _filtered(query: Query, where: CollectedFilter) -> Query:
    if where.collection_id is not None:
        query = query.where(collected_images.c.collection_id == where.collection_id)
    if where.image_id is not None:
        query = query.where(collected_images.c.image_id == where.image_id)
    return query


def _noted(note: str) -> dict[str, str]:
    return {"note": note, "folded": folded(note)}


def _collection(row: RowMapping) -> Collection:
    return Collection(row["id"], row["owner"], row["name"], row["description"], row["created_at"])


def _entry(row: RowMapping) -> CollectedImage:
    return CollectedImage(
        id=row["id"],
        collection_id=row["collection_id"],
        image_id=row["image_id"],
        owner=row["owner"],
        note=row["note"],
        created_at=row["created_at"],
    )
