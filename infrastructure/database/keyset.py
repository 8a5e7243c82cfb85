"""Pages by key: entries after or before a sort value and an id, however far into the list, by one step in an index."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, String, bindparam, exists, literal, tuple_, type_coerce

from domain.paging import Key, Page, PageRequest
from infrastructure.database.statements import Query

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Keyset:
    """A list's order: `sort` (an integer column), ties broken by `id`, both in the same direction."""

    sort: ColumnElement[Any]
    id: ColumnElement[str]
    descending: bool

    def page(self, query: Query, request: PageRequest) -> Query:
        """`query` cut to the page and one entry more, which tells whether the list goes on."""
        if request.after is not None:
            query = query.where(self._beyond(request.after))
        if request.before is not None:
            query = query.where(self._short_of(request.before))
        down = self.descending != request.backward
        order = [column.desc() if down else column.asc() for column in (self.sort, self.id)]
        return query.order_by(*order).limit(request.size + 1)

    def outside(self, query: Query, request: PageRequest) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Whether `query` has entries up to the cursor `after`, and from the cursor `before` on."""
        return (
            literal(False) if request.after is None else _any(query.where(~self._beyond(request.after))),
            literal(False) if request.before is None else _any(query.where(~self._short_of(request.before))),
        )

    def _beyond(self, key: Key) -> ColumnElement[bool]:
        return self._row < _values("after", key) if self.descending else self._row > _values("after", key)

    def _short_of(self, key: Key) -> ColumnElement[bool]:
        return self._row > _values("before", key) if self.descending else self._row < _values("before", key)

    @property
    def _row(self) -> ColumnElement[Any]:
        return tuple_(type_coerce(self.sort, BigInteger()), self.id)


def cut(entries: Sequence[tuple[T, Key]], request: PageRequest, outside: tuple[bool, bool]) -> Page[T]:
    """The page of the entries that `Keyset.page` found, in the order in which it found them."""
    more = len(entries) > request.size
    kept = list(entries[: request.size])
    before, after = outside
    if request.backward:
        return Page(tuple(reversed(kept)), has_next=after, has_previous=more or before)
    return Page(tuple(kept), has_next=more or after, has_previous=before)


def form(request: PageRequest) -> PageRequest:
    """The same for all requests that differ only in where their cursors stand; those are then `parameters`."""
    return replace(request, after=request.after and ANYWHERE, before=request.before and ANYWHERE)


def parameters(request: PageRequest) -> dict[str, int | str]:
    """What a statement for this request's form needs to answer this one."""
    keys = {"after": request.after, "before": request.before}
    given = {name: key for name, key in keys.items() if key is not None}
    return {f"{name}_{part}": key[at] for name, key in given.items() for at, part in enumerate(("sort", "id"))}


ANYWHERE = (0, "")
"""No entry's key: it stands for one that is told when the statement is run."""


def _values(name: str, key: Key) -> ColumnElement[Any]:
    if key == ANYWHERE:
        return tuple_(bindparam(f"{name}_sort", type_=BigInteger()), bindparam(f"{name}_id", type_=String()))
    return tuple_(literal(key[0], BigInteger()), literal(key[1], String()))


def _any(query: Query) -> ColumnElement[bool]:
    return exists(query.order_by(None))
