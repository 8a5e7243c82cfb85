"""Tokens as rows: whose they are, what they may do, and the keyed hashes of their texts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.access import Scope
from domain.tokens import Token
from infrastructure.database.statements import insert_all
from infrastructure.database.tables import tokens


class SqlTokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, token: Token, digest: str) -> None:
        await insert_all(self._connection, tokens, [_values(token) | {"digest": digest}])

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, tuple[Token, str]]:
        if not ids:
            return {}
        rows = await self._connection.execute(select(tokens).where(tokens.c.id.in_(ids)))
        return {row["id"]: (token_from(row), row["digest"]) for row in rows.mappings()}

    async def all(self) -> Sequence[Token]:
        rows = await self._connection.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id))
        return [token_from(row) for row in rows.mappings()]

    async def revoke(self, token_id: str, now: datetime) -> bool:
        revoking = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
        return (await self._connection.execute(revoking.values(revoked_at=now))).rowcount == 1

    async def used(self, ids: Sequence[str], now: datetime) -> None:
        await self._connection.execute(update(tokens).where(tokens.c.id.in_(ids)).values(last_used_at=now))


def _values(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "owner": token.owner,
        "scopes": " ".join(sorted(scope.value for scope in token.scopes)),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "note": token.note,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }


def token_from(row: RowMapping) -> Token:
    return Token(
        id=row["id"],
        owner=row["owner"],
        scopes=frozenset(Scope(word) for word in row["scopes"].split()),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        note=row["note"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
