"""Who did what, for administrators."""

from datetime import datetime
from typing import Self

import strawberry

from domain import auditing
from domain.errors import Invalid
from graph.schema.paging import Connection, given


@strawberry.type(description="A change that somebody asked for. Nothing of what they sent is in it.")
class AuditEntry:
    at: datetime = strawberry.field(description="When it was done, or refused.")
    owner: str = strawberry.field(description="Whose token it was; command-line for what an operator did.")
    token_id: str | None = strawberry.field(description="Which token, as `main.py tokens list` shows it.")
    action: str = strawberry.field(description="A mutation's name, or a command's.")
    subject: str | None = strawberry.field(
        description="What came of it or what it was done to, as Type:KEY; null where there was nothing to name."
    )
    outcome: str = strawberry.field(
        description="DONE, an error's code, or INTERRUPTED: whoever asked went away, and it may have been done or not."
    )

    @classmethod
    def from_domain(cls, entry: auditing.AuditEntry) -> Self:
        return cls(
            at=entry.at,
            owner=entry.owner,
            token_id=entry.token_id,
            action=entry.action,
            subject=entry.subject,
            outcome=entry.outcome,
        )


@strawberry.input(description="Which entries to list; all conditions hold at once.")
class AuditFilter:
    owner: str | None = strawberry.field(default=strawberry.UNSET, description="What one owner did.")
    since: datetime | None = strawberry.field(default=strawberry.UNSET, description="From this moment on.")

    def to_domain(self) -> auditing.AuditFilter:
        """Raises Invalid."""
        owner = given(self.owner)
        if owner is not None and not owner.isprintable():
            raise Invalid("an owner's name has printable characters only", ("filter", "owner"))
        return auditing.AuditFilter(owner=owner, since=given(self.since))


AuditConnection = Connection[AuditEntry]
