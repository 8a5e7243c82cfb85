"""A process that migrates a database and is killed before a statement of its choice."""

import os
import signal
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from infrastructure.database import migrate


@dataclass(frozen=True, slots=True)
class Migration:
    address: str
    revision: str
    fatal: int
    """The statement, counted from 1, that is not sent any more; 0: none."""


def migrate_and_die(migration: Migration) -> None:
    sent = 0

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == migration.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    migrate(migration.address, migration.revision)
