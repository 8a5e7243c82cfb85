"""What every connection shares: its arguments, its page info, and what was left out."""

from typing import Annotated, TypeVar

import strawberry

from domain.paging import Page, PageRequest, encode_cursor, page_request

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


def cursors_of(page: Page[T], order: str) -> list[str]:
    return [encode_cursor(order, key) for _, key in page.entries]


def page_info(page: Page[T], cursors: list[str]) -> PageInfo:
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
