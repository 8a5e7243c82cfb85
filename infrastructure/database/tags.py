"""Tags as rows, and which images have them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.paging import Page, PageRequest
from domain.tags import BUILT_IN, Tag
from domain.texts import folded
from infrastructure.database.keyset import Keyset
from infrastructure.database.library_tables import image_tags, tags
from infrastructure.database.listing import read_pages
from infrastructure.database.statements import Query, insert
from infrastructure.database.tables import images

OLDEST_FIRST = Keyset(tags.c.created_at, tags.c.id, descending=False)
"""The built-in ones were made at the beginning of time."""


class SqlTags:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, tag_id: str, owner: str, name: str) -> bool:
        row = {"id": tag_id, "owner": owner, "name": name, "folded": folded(name)}
        adding = insert(self._connection, tags).on_conflict_do_nothing().returning(tags.c.id)
        return (await self._connection.execute(adding, row)).first() is not None

    async def rename(self, tag_id: str, name: str) -> None:
        renaming = update(tags).where(tags.c.id == tag_id).values(name=name, folded=folded(name))
        await self._connection.execute(renaming)

    async def delete(self, tag_id: str) -> None:
        await self._connection.execute(delete(image_tags).where(image_tags.c.tag_id == tag_id))
        await self._connection.execute(delete(tags).where(tags.c.id == tag_id))

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Tag]:
        if not ids:
            return {}
        rows = await self._connection.execute(select(tags).where(tags.c.id.in_(ids)))
        return {row["id"]: _tag(row) for row in rows.mappings()}

    async def named(self, name: str, owners: Sequence[str]) -> Sequence[Tag]:
        query = select(tags).where(tags.c.owner.in_(owners), tags.c.folded == folded(name))
        return [_tag(row) for row in (await self._connection.execute(query)).mappings()]

    async def history(self, page: PageRequest, owner: str | None) -> Page[Tag]:
        (found,) = await read_pages(self._connection, OLDEST_FIRST, [(page, _of(select(tags), owner))], _tag)
        return found

    async def count(self, owner: str | None) -> int:
        return await self._connection.scalar(_of(select(func.count()).select_from(tags), owner)) or 0

    async def of_images(self, image_ids: Sequence[str]) -> Mapping[str, Sequence[Tag]]:
        if not image_ids:
            return {}
        query = (
            select(image_tags.c.image_id, tags)
            .join(tags, tags.c.id == image_tags.c.tag_id)
            .where(image_tags.c.image_id.in_(image_ids))
            .order_by(image_tags.c.image_id, tags.c.folded, tags.c.id)
        )
        found: dict[str, list[Tag]] = defaultdict(list)
        for row in (await self._connection.execute(query)).mappings():
            found[row["image_id"]].append(_tag(row))
        return found

    async def put_on(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> None:
        if not (image_ids and tag_ids):
            return
        names = ["image_id", "tag_id", "owner", "created_at"]
        pairs = (
            select(images.c.id, tags.c.id, images.c.owner, images.c.created_at)
            .join_from(images, tags, tags.c.id.in_(tag_ids))
            .where(images.c.id.in_(image_ids))
        )
        await self._connection.execute(
            insert(self._connection, image_tags).from_select(names, pairs).on_conflict_do_nothing()
        )

    async def take_off(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> None:
        if image_ids and tag_ids:
            named = image_tags.c.image_id.in_(image_ids), image_tags.c.tag_id.in_(tag_ids)
            await self._connection.execute(delete(image_tags).where(*named))


def _of(query: Query, owner: str | None) -> Query:
    return query if owner is None else query.where(tags.c.owner.in_((BUILT_IN, owner)))


def _tag(row: RowMapping) -> Tag:
    return Tag(row["id"], row["owner"], row["name"], row["created_at"])
