"""Pages of lists, one or many at once, each in one statement or two."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import BigInteger, RowMapping, literal, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.paging import Key, Page, PageRequest
from infrastructure.database.keyset import Keyset, cut
from infrastructure.database.statements import Query

T = TypeVar("T")

Asked = Sequence[tuple[PageRequest, Query]]
"""For each list its page, and the SELECT of its rows."""


async def read_pages(
    connection: AsyncConnection, order: Keyset, asked: Asked, make: Callable[[RowMapping], T]
) -> list[Page[T]]:
    """A list is a SELECT of its own with its own LIMIT, so that it costs what its page costs, however long it is."""
    if not asked:
        return []
    found: list[list[tuple[T, Key]]] = [[] for _ in asked]
    parts = [order.page(_numbered(query, number, order), page) for number, (page, query) in enumerate(asked)]
    together = union_all(*(select(part.subquery(f"list_{number}")) for number, part in enumerate(parts)))
    for row in (await connection.execute(together)).mappings():
        found[row["list"]].append((make(row), (row["sort"], row["id"])))
    outside = await _outside(connection, order, asked)
    return [
        cut(in_order(listed, page, order), page, edges)
        for (page, _), listed, edges in zip(asked, found, outside, strict=True)
    ]


def in_order(listed: list[tuple[T, Key]], page: PageRequest, order: Keyset) -> list[tuple[T, Key]]:
    """As they were found within their list, which the statement for all lists does not promise."""
    return sorted(listed, key=lambda entry: entry[1], reverse=order.descending != page.backward)


def _numbered(query: Query, number: int, order: Keyset) -> Query:
    sort = type_coerce(order.sort, BigInteger()).label("sort")
    return query.add_columns(literal(number, BigInteger()).label("list"), sort)


async def _outside(connection: AsyncConnection, order: Keyset, asked: Asked) -> list[tuple[bool, bool]]:
    """For each list: whether it has entries up to the cursor `after`, and from the cursor `before` on."""
    outside = [(False, False)] * len(asked)
    if any(page.after or page.before for page, _ in asked):
        parts = (
            select(literal(number, BigInteger()), *order.outside(query, page))
            for number, (page, query) in enumerate(asked)
        )
        for number, before, after in await connection.execute(union_all(*parts)):
            outside[number] = (bool(before), bool(after))
    return outside
