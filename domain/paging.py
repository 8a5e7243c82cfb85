"""Keyset pages: a cursor names the entry it stands at, so that pages hold still while entries are added."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.errors import Invalid

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_COUNT = 10_000
"""So many entries are looked at for a count, and one more, which tells that there are others; a quarter of that where a
filter has several conditions, as looking an entry up by another takes longer than reading it."""

T = TypeVar("T")
Key = tuple[int, str]
"""The sort value and the id that breaks ties."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`size` entries after (or, with `backward`, before) the keys; `order` names what the keys sort by."""

    order: str
    size: int = DEFAULT_PAGE
    backward: bool = False
    after: Key | None = None
    before: Key | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Entries in reading order, whichever end they were taken from, each with its key."""

    entries: tuple[tuple[T, Key], ...]
    has_next: bool
    has_previous: bool

    @property
    def items(self) -> tuple[T, ...]:
        return tuple(item for item, _ in self.entries)


@dataclass(frozen=True, slots=True)
class Count:
    """How many entries a list has; where it is not `exact`, at least so many."""

    number: int
    exact: bool = True

    @classmethod
    def of(cls, number: int) -> "Count":
        """Of a list whose entries were counted one by one, at most MAX_COUNT + 1 of them."""
        return cls(min(number, MAX_COUNT), number <= MAX_COUNT)


def page_request(
    order: str,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """Raises Invalid for a size outside 1 to 100, both ends at once, or a cursor that is not of this list."""
    if first is not None and last is not None:
        raise Invalid("give first or last, not both", ("first",))
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise Invalid(f"{name} is 1 to {MAX_PAGE}", (name,))
    return PageRequest(
        order=order,
        size=first or last or DEFAULT_PAGE,
        backward=last is not None,
        after=None if after is None else decode_cursor(after, order, "after"),
        before=None if before is None else decode_cursor(before, order, "before"),
    )


def encode_cursor(order: str, key: Key) -> str:
    text = json.dumps([order, key[0], key[1]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, argument: str) -> Key:
    """Raises Invalid for anything that `encode_cursor` did not make for this order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        document = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        document = None
    match document:
        case [str(named), int(value), str(entry_id)] if named == order and _fits(value, entry_id):
            return value, entry_id
    raise Invalid(f"{argument} is not a cursor of this list; use one that this query returned", (argument,))


def _fits(value: int, entry_id: str) -> bool:
    """A database takes these: 64 bits, and an id as `new_id` makes them."""
    return -(2**63) <= value < 2**63 and re.fullmatch(r"[0-9a-f]{32}", entry_id) is not None
