"""Who did what: an entry for each change that somebody asked for, with nothing of what they sent."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.ids import new_id

DONE = "DONE"
INTERRUPTED = "INTERRUPTED"
"""Whoever asked went away before the answer: it may have been done or not."""

COMMAND_LINE = "command-line"
"""Who acts where an operator does, at the machine itself."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`action` is a mutation's or a command's name, `outcome` DONE, INTERRUPTED or an error's code."""

    owner: str
    action: str
    subject: str | None
    """What it was done to or what came of it, e.g. ``Generation:ID``."""
    outcome: str
    at: datetime
    token_id: str | None = None
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """All conditions hold at once; those left out hold for every entry."""

    owner: str | None = None
    since: datetime | None = None
