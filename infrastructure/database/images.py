"""The history: images with their pictures and edits."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.images import AppliedDirection, Image, ImageFilter, ImageOrder
from domain.networks import Direction, Emotion
from domain.paging import MAX_COUNT, Count, Page, PageRequest
from domain.pictures import Unused
from domain.recipe import Recipe
from infrastructure.database.clock import MICROSECOND
from infrastructure.database.deleting import delete_images
from infrastructure.database.image_queries import counts, entries, neighbours, ranks, with_pictures
from infrastructure.database.keyset import cut
from infrastructure.database.pictures import picture_from
from infrastructure.database.statements import CHUNK, Query
from infrastructure.database.tables import animations, images, networks, pictures
from infrastructure.database.ways import Sought, choices

_MANY = with_pictures(select(images)).where(images.c.id.in_(bindparam("ids", expanding=True)))


def _first() -> Query:
    """The first image, by place, of each generation."""
    earlier = images.alias("earlier")
    first = select(func.min(earlier.c.place)).where(earlier.c.generation_id == images.c.generation_id)
    of_generations = images.c.generation_id.in_(bindparam("ids", expanding=True))
    return with_pictures(select(images)).where(of_generations, images.c.place == first.scalar_subquery())


_FIRST = _first()


class SqlImages:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Image]:
        if not ids:
            return {}
        rows = (await self._connection.execute(_MANY, {"ids": ids})).mappings()
        return {row["id"]: image_from(row) for row in rows}

    async def history(self, page: PageRequest, where: ImageFilter, order: ImageOrder) -> Page[Image]:
        return (await self.histories([(page, where)], order))[0]

    async def histories(
        self, pages: Sequence[tuple[PageRequest, ImageFilter]], order: ImageOrder
    ) -> Sequence[Page[Image]]:
        if not pages:
            return []
        sought = await self._sought([where for _, where in pages], order)
        asked = [(page, one) for (page, _), one in zip(pages, sought, strict=True)]
        found: list[list[tuple[Image, tuple[int, str]]]] = [[] for _ in pages]
        for row in await self._mappings(*entries(asked, order)):
            found[row["list"]].append((image_from(row), (row["sort"], row["id"])))
        outside = [(False, False)] * len(pages)
        if any(page.after or page.before for page, _ in pages):
            for number, before, after in await self._connection.execute(neighbours(asked, order)):
                outside[number] = (bool(before), bool(after))
        return [
            cut(_in_order(listed, page, order), page, edges)
            for (page, _), listed, edges in zip(pages, found, outside, strict=True)
        ]

    async def oldest(self, where: ImageFilter, limit: int) -> Sequence[str]:
        """The ids of the first `limit` that were made, in that order."""
        order = ImageOrder(descending=False)
        [sought] = await self._sought([where], order)
        page = PageRequest("images", limit - 1)  # a page reads one more than its size
        query, values = entries([(page, sought)], order)
        found = query.subquery("found")
        ids = select(found.c.id).order_by(found.c.sort, found.c.id)
        return (await self._connection.execute(ids, values)).scalars().all()

    async def count(self, where: ImageFilter) -> Count:
        return (await self.counts([where]))[0]

    async def counts(self, where: Sequence[ImageFilter]) -> Sequence[Count]:
        if not where:
            return []
        asked = await self._sought(where, ImageOrder())
        rows = sorted((await self._connection.execute(counts(asked))).all())  # by the filter's place, which is first
        counted = zip(asked, rows, strict=True)
        return [Count(min(found, sought.most), seen <= sought.most) for sought, (_, seen, found) in counted]

    async def _sought(self, where: Sequence[ImageFilter], order: ImageOrder) -> Sequence[Sought]:
        known = await self._networks(where)
        most = (MAX_COUNT // 4 if one.several else MAX_COUNT for one in where)
        networks = (tuple(known.get(one.network, ())) for one in where)
        sought = (Sought(one, keys, most=number) for one, keys, number in zip(where, networks, most, strict=True))
        return [await self._along(one, order) for one in sought]

    async def _along(self, sought: Sought, order: ImageOrder) -> Sought:
        """Read along the condition that leaves the fewest images, in the time in which all conditions have some."""
        if len(choices(sought, order)) < 2:
            return sought
        first, last, *found = (await self._connection.execute(ranks(sought, order))).one()
        where, along = sought.where, min(range(len(found)), key=found.__getitem__)
        if found[along]:
            where = replace(where, created_after=first - MICROSECOND, created_before=last + MICROSECOND)
        return replace(sought, where=where, along=along)

    async def _networks(self, where: Sequence[ImageFilter]) -> Mapping[str | None, Sequence[str]]:
        """The networks of each name that is asked for. One with NUL or half a surrogate pair is nobody's, and
        databases refuse to look for it."""
        names = sorted({one.network for one in where if one.network is not None and one.network.isprintable()})
        found: dict[str | None, list[str]] = defaultdict(list)
        if names:
            query = select(networks.c.name, networks.c.sha256).where(networks.c.name.in_(names))
            for row in await self._connection.execute(query.order_by(networks.c.sha256)):
                found[row.name].append(row.sha256)
        return found

    async def first_of(self, generation_ids: Sequence[str]) -> Mapping[str, Image]:
        if not generation_ids:
            return {}
        rows = (await self._connection.execute(_FIRST, {"ids": generation_ids})).mappings()
        return {row["generation_id"]: image_from(row) for row in rows}

    async def delete(self, ids: Sequence[str]) -> Unused:
        unused = Unused()
        for start in range(0, len(ids), CHUNK):
            unused += await delete_images(self._connection, ids[start : start + CHUNK])
        return unused

    async def star(self, ids: Sequence[str], *, starred: bool) -> None:
        if ids:
            await self._connection.execute(update(images).where(images.c.id.in_(ids)).values(starred=starred))

    async def newest_of(self, recipe_key: str, owner: str | None) -> Image | None:
        query = with_pictures(select(images)).where(images.c.recipe_key == recipe_key)
        if owner is not None:
            query = query.where(images.c.owner == owner)
        rows = await self._mappings(query.order_by(images.c.created_at.desc(), images.c.id.desc()).limit(1))
        return image_from(rows[0]) if rows else None

    async def known_files(self, sha256s: Sequence[str]) -> set[str]:
        known: set[str] = set()
        for start in range(0, len(sha256s), CHUNK):
            names = sha256s[start : start + CHUNK]
            for column in (pictures.c.sha256, pictures.c.thumbnail_sha256, animations.c.sha256):
                known |= await self._names(column, names)
        return known

    async def _names(self, column: ColumnElement[str], names: Sequence[str]) -> set[str]:
        return set((await self._connection.execute(select(column).where(column.in_(names)))).scalars())

    async def _mappings(self, query: Query, values: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        return (await self._connection.execute(query, values)).mappings().all()


def _in_order(
    listed: list[tuple[Image, tuple[int, str]]], page: PageRequest, order: ImageOrder
) -> list[tuple[Image, tuple[int, str]]]:
    """As they were found within their list, which the statement for all lists does not promise."""
    return sorted(listed, key=lambda entry: entry[1], reverse=order.descending != page.backward)


def image_from(row: RowMapping) -> Image:
    recipe = _recipe(row["recipe"])
    return Image(
        id=row["id"],
        generation_id=row["generation_id"],
        source_id=row["source_id"],
        recipe=recipe,
        picture=picture_from(row),
        created_at=row["created_at"],
        session_id=row["session_id"],
        index=row["place"],
        owner=row["owner"],
        starred=row["starred"],
        applied=_applied(recipe, row["emotions_known"]),
    )


@lru_cache(maxsize=1024)
def _recipe(text: str) -> Recipe:
    return Recipe.from_json(json.loads(text))


def _applied(recipe: Recipe, emotions_known: str | None) -> tuple[AppliedDirection, ...]:
    """`emotions_known`: as `image_queries.emotions_known` tells them."""
    known = dict(pair.split("=") for pair in (emotions_known or "").split(",") if pair)
    directions = [_directions(edit.direction, edit.sha256) for edit in recipe.edits]
    return tuple(
        AppliedDirection(by_emotion[known.get(key)], edit.strength)
        for edit, (key, by_emotion) in zip(recipe.edits, directions, strict=True)
    )


@lru_cache(maxsize=1024)
def _directions(name: str, sha256: str) -> tuple[str, Mapping[str | None, Direction]]:
    """A direction's id, and how it is known as which emotion's or as none's."""
    plain = Direction(name, sha256)
    return plain.id, {None: plain} | {emotion.value: replace(plain, emotion=emotion) for emotion in Emotion}
