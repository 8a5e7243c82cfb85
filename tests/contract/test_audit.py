"""The audit log on both databases: in order, filtered, paged, and no longer than wanted."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.auditing import DONE, AuditEntry, AuditFilter
from domain.paging import PageRequest
from infrastructure.database import Database

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
async def entries(database: Database) -> list[AuditEntry]:
    """Ann's and Ben's in turn, one a minute; two of the same moment."""
    made = [
        AuditEntry(("ann", "ben")[n % 2], "cancelGeneration", f"Generation:{n}", DONE, NOON + timedelta(minutes=n // 2))
        for n in range(9)
    ]
    async with database.units.writing() as unit:
        for entry in reversed(made):
            await unit.audit.add(entry)
        await unit.commit()
    return made


async def test_entries_follow_each_other_in_time_whatever_order_they_were_written_in(
    database: Database, entries: list[AuditEntry]
) -> None:
    read, key = [], None
    async with database.units.reading() as unit:
        while page := await unit.audit.following(key, 4, AuditFilter()):
            read += [entry for entry, _ in page]
            key = page[-1][1]
        assert await unit.audit.count(AuditFilter()) == 9
    assert read == entries


async def test_pages_go_back_in_time_and_can_be_an_owner_s_or_since_a_moment(
    database: Database, entries: list[AuditEntry]
) -> None:
    bens = AuditFilter(owner="ben")
    late = AuditFilter(since=NOON + timedelta(minutes=2))
    async with database.units.reading() as unit:
        first = await unit.audit.history(PageRequest("audit", 3), bens)
        second = await unit.audit.history(PageRequest("audit", 3, after=first.entries[-1][1]), bens)
        assert [*first.items, *second.items] == entries[::-1][1::2]
        assert (first.has_next, second.has_next, second.has_previous) == (True, False, True)
        assert list((await unit.audit.history(PageRequest("audit", 9), late)).items) == entries[:3:-1]
        assert (await unit.audit.count(bens), await unit.audit.count(late)) == (4, 5)


async def test_what_is_too_old_is_forgotten(database: Database, entries: list[AuditEntry]) -> None:
    async with database.units.writing() as unit:
        assert await unit.audit.forget(NOON + timedelta(minutes=3)) == 6
        await unit.commit()
    async with database.units.reading() as unit:
        assert [entry for entry, _ in await unit.audit.following(None, 9, AuditFilter())] == entries[6:]
