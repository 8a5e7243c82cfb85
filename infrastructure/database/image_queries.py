"""How questions about the history become SQL: filters, orders, and many small lists in one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, false, literal, select, type_coerce, union_all
from sqlalchemy.types import BigInteger

from domain.images import ImageFilter, ImageOrder, ImageOrderField
from domain.paging import PageRequest
from infrastructure.database.keyset import Keyset
from infrastructure.database.library_tables import collected_images, image_tags
from infrastructure.database.statements import AnyCompound, Query
from infrastructure.database.tables import EMOTION_BITS, images, networks, pictures

SORT_COLUMNS: dict[ImageOrderField, ColumnElement[Any]] = {
    ImageOrderField.CREATED_AT: images.c.created_at,
    ImageOrderField.SEED: images.c.seed,
    ImageOrderField.INDEX: images.c.place,
}


def keyset(order: ImageOrder) -> Keyset:
    return Keyset(SORT_COLUMNS[order.field], images.c.id, order.descending)


def filtered(query: Query, where: ImageFilter) -> Query:
    conditions: dict[str, ColumnElement[bool] | None] = {
        "owner": None if where.owner is None else images.c.owner == where.owner,
        "session": None if where.session_id is None else images.c.session_id == where.session_id,
        "collection": None if where.collection_id is None else _collected(where.collection_id),
        "starred": None if where.starred is None else images.c.starred == where.starred,
        "any_tags": _tagged(where.any_tags) if where.any_tags else None,
        "seed": None if where.seed is None else images.c.seed == where.seed,
        "network": None if where.network is None else _of_network(where.network),
        "emotions": _with_emotion(where) if where.emotions else None,
        "after": None if where.created_after is None else images.c.created_at > where.created_after,
        "before": None if where.created_before is None else images.c.created_at < where.created_before,
        "generation": None if where.generation_id is None else images.c.generation_id == where.generation_id,
        "source": None if where.source_id is None else images.c.source_id == where.source_id,
    }
    conditions |= {f"tag_{tag_id}": _tagged([tag_id]) for tag_id in where.all_tags}
    return query.where(*(condition for condition in conditions.values() if condition is not None))


def _collected(collection_id: str) -> ColumnElement[bool]:
    entry = collected_images.c.image_id == images.c.id, collected_images.c.collection_id == collection_id
    return exists().where(*entry)


def _tagged(tag_ids: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(image_tags.c.image_id == images.c.id, image_tags.c.tag_id.in_(tag_ids))


def _of_network(name: str) -> ColumnElement[bool]:
    """A name with NUL or half a surrogate pair is nobody's, and databases refuse to look for it."""
    if not name.isprintable():
        return false()
    return images.c.network_sha256.in_(select(networks.c.sha256).where(networks.c.name == name))


def _with_emotion(where: ImageFilter) -> ColumnElement[bool]:
    wanted = sum(EMOTION_BITS[emotion] for emotion in set(where.emotions))
    return images.c.emotions.bitwise_and(wanted) != 0


def entries(pages: Sequence[tuple[PageRequest, ImageFilter]], order: Keyset) -> Query:
    """The images of all the lists: each row says whose it is (`list`) and what it sorts by (`sort`).

    A list is a SELECT of its own with its own LIMIT, so that it costs what its page costs, however long it is.
    """
    keys = [
        order.page(filtered(_keys(number, order), where), page).subquery(f"list_{number}")
        for number, (page, where) in enumerate(pages)
    ]
    wanted = union_all(*(select(key) for key in keys)).subquery("wanted")
    return with_pictures(select(images, wanted.c.list, wanted.c.sort)).join(wanted, wanted.c.id == images.c.id)


def _keys(number: int, order: Keyset) -> Query:
    return select(
        literal(number, BigInteger()).label("list"), type_coerce(order.sort, BigInteger()).label("sort"), images.c.id
    )


def neighbours(pages: Sequence[tuple[PageRequest, ImageFilter]], order: Keyset) -> AnyCompound:
    """For each list: whether it has entries up to the cursor `after`, and from the cursor `before` on."""
    return union_all(
        *(
            select(literal(number, BigInteger()), *order.outside(filtered(select(images.c.id), where), page))
            for number, (page, where) in enumerate(pages)
        )
    )


def with_pictures(query: Query) -> Query:
    columns = ("sha256", "thumbnail_sha256", "size_bytes", "width", "height")
    return query.add_columns(*(pictures.c[name] for name in columns)).join_from(
        images, pictures, pictures.c.recipe_key == images.c.recipe_key
    )
