"""Asking who did what."""

from typing import Annotated

import strawberry

from domain import auditing
from graph.context import Info
from graph.schema.audit import AuditConnection, AuditEntry, AuditFilter
from graph.schema.paging import After, Before, First, Last, page_of

AUDIT = "audit"

Entries = Annotated[AuditFilter | None, strawberry.argument(description="Which ones; left out: all.")]


@strawberry.type(description="Questions about who did what.")
class AuditQuery:
    @strawberry.field(
        description="Who did what, newest first, for administrators; written where access is on. "
        "Page size 1 to 100, 20 where none is given; keyset cursors."
    )
    async def audit_log(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Entries = strawberry.UNSET,
    ) -> AuditConnection:
        audit, caller = info.context.services.audit, info.context.caller
        where = filter.to_domain() if filter else auditing.AuditFilter()
        page = await audit.history(caller, page_of(AUDIT, first, after, last, before), where)
        return AuditConnection.from_page(page, AUDIT, AuditEntry.from_domain, lambda: audit.count(caller, where))
