"""`tokens`: make, list and revoke what programs prove with who they are."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.access import Scope
from domain.services.tokens import Tokens
from domain.tokens import Token, TokenRequest
from infrastructure.commands.composition import Composition
from infrastructure.commands.spans import SPAN, UNITS
from infrastructure.settings import Settings
from infrastructure.syncing import make_folder

WORDS = ", ".join(scope.value for scope in Scope)


def add_to(commands: Any) -> None:
    parser = commands.add_parser("tokens", help="make, list and revoke tokens")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a token and show it, this once")
    create.add_argument("--owner", required=True, help="whose images, generations and sessions it sees")
    create.add_argument("--scopes", required=True, type=scopes, metavar="LIST", help=f"of {WORDS}; separated by commas")
    create.add_argument(
        "--expires", default="90d", type=lifetime, metavar="WHEN", help="90d (default), 12h, 4w or never"
    )
    create.add_argument("--note", default="", help="what it is for; `list` shows it")
    create.set_defaults(run=run_create)
    listing = verbs.add_parser("list", help="all tokens, without their texts")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=run_list)
    revoke = verbs.add_parser("revoke", help="end a token now")
    revoke.add_argument("id", metavar="ID", help="as `list` shows it")
    revoke.set_defaults(run=run_revoke)


def run_create(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    return asyncio.run(_create(options, settings))


def run_list(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    return asyncio.run(_list(options, settings))


def run_revoke(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    return asyncio.run(_revoke(options, settings))


async def _create(options: argparse.Namespace, settings: Settings) -> int:
    """The token alone on standard output, so that a script can take it."""
    expires_at = None if options.expires is None else datetime.now(UTC) + options.expires
    async with _tokens(settings) as tokens:
        token, text = await tokens.create(TokenRequest(options.owner, options.scopes, expires_at, options.note))
    until = "never expires" if token.expires_at is None else f"expires {_day(token.expires_at)}"
    print(f"token {token.id} for {token.owner}: {_words(token)}; {until}. It is shown this once:", file=sys.stderr)
    print(text)
    if not settings.access_required:
        print("note: nobody needs a token while MANGANACE_ACCESS is not `required`", file=sys.stderr)
    return 0


async def _list(options: argparse.Namespace, settings: Settings) -> int:
    async with _tokens(settings) as tokens:
        found = await tokens.all()
    now = datetime.now(UTC)
    if options.json:
        for token in found:
            print(json.dumps(_fields(token, now)))
        return 0
    columns = ("id", "owner", "scopes", "state", "created (UTC)", "expires", "last used", "note")
    _table([columns, *(_row(token, now) for token in found)])
    return 0


async def _revoke(options: argparse.Namespace, settings: Settings) -> int:
    async with _tokens(settings) as tokens:
        token = await tokens.revoke(options.id)
    print(f"token {token.id} of {token.owner} is revoked")
    return 0


@asynccontextmanager
async def _tokens(settings: Settings) -> AsyncIterator[Tokens]:
    from infrastructure.database import open_database
    from infrastructure.secret_key import TOKENS, key_for, service_secret

    make_folder(settings.data_dir)
    database = await open_database(settings.effective_database_url)
    try:
        yield Tokens(database.units, key_for(TOKENS, service_secret(settings)))
    finally:
        await database.close()


def scopes(text: str) -> frozenset[Scope]:
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = sorted(set(names) - {scope.value for scope in Scope})
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"takes some of {WORDS}, not {', '.join(unknown) or 'nothing'}")
    return frozenset(Scope(name) for name in names)


def lifetime(text: str) -> timedelta | None:
    """None for ever."""
    if text == "never":
        return None
    match = SPAN.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"takes hours, days or weeks such as 12h, 90d or 4w, or never, not {text!r}")
    return int(match[1]) * UNITS[match[2]]


def _fields(token: Token, now: datetime) -> dict[str, object]:
    return {
        "id": token.id,
        "owner": token.owner,
        "scopes": sorted(scope.value for scope in token.scopes),
        "state": _state(token, now),
        "createdAt": _instant(token.created_at),
        "expiresAt": _instant(token.expires_at),
        "revokedAt": _instant(token.revoked_at),
        "lastUsedAt": _instant(token.last_used_at),
        "note": token.note,
    }


def _row(token: Token, now: datetime) -> tuple[str, ...]:
    days = (_day(token.created_at), _day(token.expires_at), _day(token.last_used_at))
    return token.id, token.owner, _words(token), _state(token, now), *days, token.note


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "works" if token.works(now) else "expired"


def _words(token: Token) -> str:
    return ",".join(scope.value for scope in Scope if scope in token.scopes)


def _day(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant:%Y-%m-%d %H:%M}"


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


def _table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
