"""`audit`: who did what, one JSON object a line, the oldest first."""

import argparse
import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from domain.auditing import AuditEntry, AuditFilter
from domain.services.auditing import all_entries
from infrastructure.commands.composition import Composition
from infrastructure.commands.spans import SPAN, UNITS
from infrastructure.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser("audit", help="print who did what")
    parser.add_argument("--owner", help="only what this owner did")
    parser.add_argument("--since", type=instant, metavar="TIME", help="2026-01-31 or 2026-01-31T12:00, UTC; or 7d, 12h")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    return asyncio.run(_print(AuditFilter(options.owner, options.since), settings))


async def _print(where: AuditFilter, settings: Settings) -> int:
    from infrastructure.database import open_database

    database = await open_database(settings.effective_database_url)
    try:
        async for entry in all_entries(database.units, where):
            print(json.dumps(_fields(entry), ensure_ascii=False))
    finally:
        await database.close()
    return 0


def instant(text: str) -> datetime:
    """A time without an offset is UTC's."""
    if match := SPAN.fullmatch(text):
        return datetime.now(UTC) - int(match[1]) * UNITS[match[2]]
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"takes a time, or how long ago such as 12h or 7d, not {text!r}") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _fields(entry: AuditEntry) -> dict[str, str | None]:
    return {
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "owner": entry.owner,
        "token": entry.token_id,
        "action": entry.action,
        "subject": entry.subject,
        "outcome": entry.outcome,
    }
