"""Writing down who did what, and reading it again."""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.access import Caller, Scope
from domain.auditing import AuditEntry, AuditFilter
from domain.paging import Key, Page, PageRequest
from domain.ports import UnitsOfWork
from domain.services.tokens import utc_now

logger = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(hours=1)
AT_ONCE = 500


@dataclass(slots=True)
class Audit:
    """Entries are kept for `keep`. Where access is off nothing is written: nobody can be told from anybody."""

    units: UnitsOfWork
    keep: timedelta
    writes: bool = True
    now: Callable[[], datetime] = utc_now
    _swept: datetime | None = field(default=None, init=False)

    async def note(self, caller: Caller, action: str, subject: str | None, outcome: str) -> None:
        """Right after it was done, which stays done if this cannot be written; then the log of the service says so.

        What participants do is in their study's records, and nowhere else.
        """
        if caller.study_session_id is not None or not self.writes:
            return
        now = self.now()
        entry = AuditEntry(caller.owner, action, subject, outcome, now, caller.token_id)
        try:
            async with self.units.writing() as unit:
                await unit.audit.add(entry)
                if self._swept is None or now - self._swept > SWEEP_EVERY:
                    await unit.audit.forget(now - self.keep)
                    self._swept = now
                await unit.commit()
        except Exception:  # whatever it is, the caller's own work is done
            logger.exception("an entry could not be added to the audit log", extra={"audit": _words(entry)})

    async def history(self, caller: Caller, page: PageRequest, where: AuditFilter) -> Page[AuditEntry]:
        """Newest first. Raises Forbidden for whoever is no administrator."""
        caller.require(Scope.ADMIN)
        async with self.units.reading() as unit:
            return await unit.audit.history(page, where)

    async def count(self, caller: Caller, where: AuditFilter) -> int:
        caller.require(Scope.ADMIN)
        async with self.units.reading() as unit:
            return await unit.audit.count(where)


async def all_entries(units: UnitsOfWork, where: AuditFilter) -> AsyncIterator[AuditEntry]:
    """Oldest first, a few hundred a read; for the command line, whose user has the database anyway."""
    key: Key | None = None
    while True:
        async with units.reading() as unit:
            entries = await unit.audit.following(key, AT_ONCE, where)
        for entry, _ in entries:
            yield entry
        if len(entries) < AT_ONCE:
            return
        key = entries[-1][1]


def _words(entry: AuditEntry) -> str:
    return f"{entry.owner} {entry.token_id} {entry.action} {entry.subject} {entry.outcome}"
