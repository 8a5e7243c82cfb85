"""How questions about the history become SQL: pages of many lists in one statement, and counts that end in time."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, reduce
from operator import add

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Text,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.types import BigInteger

from domain.images import ImageFilter, ImageOrder, ImageOrderField
from domain.paging import PageRequest
from infrastructure.database.keyset import Keyset, form, parameters
from infrastructure.database.statements import AnyCompound, Query
from infrastructure.database.tables import image_edits, images, pictures
from infrastructure.database.ways import Sought, Way, choices, ids, ways, without_ids

Asked = Sequence[tuple[PageRequest, Sought]]
"""For each list its page and its filter."""


Entries = tuple[Query, dict[str, int | str]]
"""A statement, and its parameters."""


def entries(asked: Asked, order: ImageOrder) -> Entries:
    """The images of all the lists: each row says whose it is (`list`) and what it sorts by (`sort`).

    A list is a SELECT of its own with its own LIMIT, so that it costs what its page costs, however long it is.
    Making a statement takes longer than running it: those for single lists are kept, for whichever page of them, and
    for whichever generation.
    """
    if len(asked) > 1:
        return _entries(asked, order), {}
    [(page, sought)] = asked
    return _one_list(form(page), without_ids(sought), order), parameters(page) | ids(sought)


@lru_cache(maxsize=64)
def _one_list(page: PageRequest, sought: Sought, order: ImageOrder) -> Query:
    return _entries([(page, sought)], order)


def _entries(asked: Asked, order: ImageOrder) -> Query:
    keys = [_keys(number, page, sought, order) for number, (page, sought) in enumerate(asked)]
    wanted = union_all(*(select(key) for key in keys)).subquery("wanted")
    return with_pictures(select(images, wanted.c.list, wanted.c.sort)).join(wanted, wanted.c.id == images.c.id)


def _keys(number: int, page: PageRequest, sought: Sought, order: ImageOrder) -> FromClause:
    """Where a list is read along several ways, the page is the first of their pages' entries."""
    found = ways(sought, order)
    parts = [
        _page(way, number, page, sought, order).subquery(f"list_{number}_{place}") for place, way in enumerate(found)
    ]
    if len(parts) == 1:
        return parts[0]
    merged = union(*(select(part) for part in parts)).subquery(f"merged_{number}")
    by = Keyset(merged.c.sort, merged.c.id, order.descending)
    return by.page(select(merged), replace(page, after=None, before=None)).subquery(f"list_{number}")


def _page(way: Way, number: int, page: PageRequest, sought: Sought, order: ImageOrder) -> Query:
    by = way.keyset(order)
    columns = (
        literal(number, BigInteger()).label("list"),
        type_coerce(by.sort, BigInteger()).label("sort"),
        way.id.label("id"),
    )
    rows = order.field is not ImageOrderField.CREATED_AT
    return by.page(way.select(sought, *columns, rows=rows), page)


def neighbours(asked: Asked, order: ImageOrder) -> AnyCompound:
    """For each list: whether it has entries up to the cursor `after`, and from the cursor `before` on."""
    return union_all(
        *(
            select(literal(number, BigInteger()), *_outside(page, sought, order))
            for number, (page, sought) in enumerate(asked)
        )
    )


def _outside(page: PageRequest, sought: Sought, order: ImageOrder) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    rows = order.field is not ImageOrderField.CREATED_AT
    found = [way.keyset(order).outside(way.select(sought, way.id, rows=rows), page) for way in ways(sought, order)]
    return or_(*(before for before, _ in found)), or_(*(after for _, after in found))


def counts(asked: Sequence[Sought]) -> Query | AnyCompound:
    """For each filter: its place, how many images were looked at for it, and how many of these it found.

    Looks at `most` of them and one more: a filter that finds few of many would walk past all of them else.
    """
    if len(asked) > 1:
        return union_all(*(_count(number, sought) for number, sought in enumerate(asked)))
    return _count_of_one(asked[0])


@lru_cache(maxsize=64)
def _count_of_one(sought: Sought) -> Query:
    return _count(0, sought)


def _count(number: int, sought: Sought) -> Query:
    found = ways(sought, ImageOrder())
    several = len(found) > 1
    limited = (way.candidates(sought, repeated=several).limit(sought.most + 1) for way in found)
    parts = [select(one.subquery(f"part_{number}_{place}")) for place, one in enumerate(limited)]
    looked_at = (union_all(*parts).limit(sought.most + 1) if several else parts[0]).subquery(f"looked_at_{number}")
    once = looked_at.c.found.distinct() if several or found[0].distinct else looked_at.c.found
    return select(literal(number, BigInteger()), func.count(), func.count(once)).select_from(looked_at)


@lru_cache(maxsize=64)
def ranks(sought: Sought, order: ImageOrder) -> Query:
    """When the first and the last image can have been made that fulfil the whole filter, and how many images of that
    time each of `choices` has, as far as a count goes.

    Whatever is read along, images before and after are passed over: those of a session, of a rare emotion or of a new
    tag lie close together.
    """
    found = choices(sought, order)
    edges = union_all(*(_edges(one, sought.where) for one in found)).subquery("edges")
    both = select(func.max(edges.c.first).label("first"), func.min(edges.c.last).label("last")).cte("both")
    first, last = (select(column).scalar_subquery() for column in (both.c.first, both.c.last))
    of_each = [
        [
            select(func.count())
            .select_from(way.between(first, last).limit(sought.most + 1).subquery())
            .scalar_subquery()
            for way in one
        ]
        for one in found
    ]
    return select(both.c.first, both.c.last, *(reduce(add, one) for one in of_each))


def _edges(choice: Sequence[Way], where: ImageFilter) -> Query:
    ends = union_all(*(select(way.edge(where, last=False), way.edge(where, last=True)) for way in choice))
    first, last = ends.subquery().columns
    return select(func.min(first).label("first"), func.max(last).label("last"))


def with_pictures(query: Query) -> Query:
    """Each image with its picture's files, and `emotions_known`: which of its edits were emotions when it was made."""
    columns = ("sha256", "thumbnail_sha256", "size_bytes", "width", "height")
    added = (*(pictures.c[name] for name in columns), emotions_known().label("emotions_known"))
    return query.add_columns(*added).join_from(images, pictures, pictures.c.recipe_key == images.c.recipe_key)


def emotions_known() -> ScalarSelect[str]:
    """``DIRECTION_ID=emotion,…``: the edits' strengths, exact, are in the recipe, which is read anyway."""
    pair = image_edits.c.direction_id + "=" + type_coerce(image_edits.c.emotion, Text())
    of_image = image_edits.c.image_id == images.c.id, image_edits.c.emotion.is_not(None)
    return select(func.aggregate_strings(pair, ",")).where(*of_image).correlate(images).scalar_subquery()
