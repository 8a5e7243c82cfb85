"""What every connection shares: its arguments, its page info, and what was left out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, Self, TypeVar

import strawberry

from domain.paging import MAX_COUNT, Count, Page, PageRequest, encode_cursor, page_request

T = TypeVar("T")

First = Annotated[
    int | None, strawberry.argument(description="The first so many, 1 to 100; 20 where no size is given.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many, 1 to 100; not together with first.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether entries follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether entries precede this page.")
    start_cursor: str | None = strawberry.field(description="The first entry's cursor.")
    end_cursor: str | None = strawberry.field(description="The last entry's cursor.")


def given(value: T | None) -> T | None:
    """Left out and null mean the same here."""
    return None if value is strawberry.UNSET else value


def page_of(order: str, first: First, after: After, last: Last, before: Before) -> PageRequest:
    """Raises Invalid as `page_request` does."""
    return page_request(order, given(first), given(after), given(last), given(before))


@strawberry.type(description="How many entries a list has.")
class Counted:
    count: strawberry.Private[Callable[[], Awaitable[Count]]]

    @strawberry.field(
        description=f"How many the whole list has, {MAX_COUNT} at most; counted only when asked for. For a count "
        f"{MAX_COUNT} entries are looked at, {MAX_COUNT // 4} where a filter of images has several conditions, whether "
        "or not it finds them: where there are others, it is what was found among these, which the list has at least, "
        "and totalCountIsExact is false."
    )
    async def total_count(self) -> int:
        return (await self.count()).number

    @strawberry.field(
        description="False where more entries would have to be looked at than are for a count: for a list that is "
        "longer, or for a filter that finds few of many: the list has totalCount entries or more."
    )
    async def total_count_is_exact(self) -> bool:
        return (await self.count()).exact


def once(count: Callable[[], Awaitable[int | Count]]) -> Callable[[], Awaitable[Count]]:
    """Counts when it is first asked, and remembers."""
    counting: list[asyncio.Future[int | Count]] = []

    async def counted() -> Count:
        if not counting:
            counting.append(asyncio.ensure_future(count()))
        found = await counting[0]
        return found if isinstance(found, Count) else Count.of(found)

    return counted


@strawberry.type(description="An entry of a list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="What it is.")
    cursor: str = strawberry.field(description="Where it stands in the list.")


@strawberry.type(description="A page of a list.")
class Connection(Counted, Generic[T]):
    page: strawberry.Private[Page[Any]]
    order: strawberry.Private[str]

    nodes: list[T] = strawberry.field(description="The entries.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")

    @strawberry.field(description="The entries with their cursors.")
    def edges(self) -> list[Edge[T]]:
        cursors = (encode_cursor(self.order, key) for _, key in self.page.entries)
        return [Edge(node=node, cursor=cursor) for node, cursor in zip(self.nodes, cursors, strict=True)]

    @classmethod
    def from_page(
        cls, page: Page[Any], order: str, make: Callable[[Any], T], count: Callable[[], Awaitable[int | Count]]
    ) -> Self:
        nodes = [make(item) for item in page.items]
        return cls(count=once(count), page=page, order=order, nodes=nodes, page_info=page_info(page, order))


def page_info(page: Page[T], order: str) -> PageInfo:
    cursors = [encode_cursor(order, key) for _, key in (*page.entries[:1], *page.entries[-1:])]
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
