"""Tokens made, listed and revoked, and callers known by them."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.access import Caller
from domain.auditing import COMMAND_LINE, DONE, AuditEntry
from domain.errors import NotFound
from domain.ports import UnitOfWork, UnitsOfWork
from domain.tokens import Token, TokenRequest, digest, id_in, new_text, new_token_id, same

logger = logging.getLogger(__name__)

USED_WITHIN = timedelta(minutes=10)
"""How exact `last_used_at` is: written more often it would cost each request a write."""


LONG_AGO = datetime.min.replace(tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The port `Authenticator` for tokens. `key` is the service's own; another one knows none of its tokens."""

    units: UnitsOfWork
    key: bytes
    now: Callable[[], datetime] = utc_now
    noted: dict[str, datetime] = field(default_factory=dict)
    """When this process last wrote that a token was used, or tried to."""

    async def create(self, request: TokenRequest) -> tuple[Token, str]:
        """The token and its text, which cannot be had again. Raises Invalid."""
        now = self.now()
        request.check(now)
        token = Token(new_token_id(), request.owner, request.scopes, now, request.expires_at, request.note)
        text = new_text(token.id)
        async with self.units.writing() as unit:
            await unit.tokens.add(token, digest(self.key, text))
            await unit.audit.add(self._entry("tokens create", token.id))
            await unit.commit()
        return token, text

    async def all(self) -> Sequence[Token]:
        """The oldest first."""
        async with self.units.reading() as unit:
            return await unit.tokens.all()

    async def revoke(self, token_id: str) -> Token:
        """From now on it lets nobody in; one that was revoked before stays as it is. Raises NotFound."""
        async with self.units.writing() as unit:
            if await unit.tokens.revoke(token_id, self.now()):
                await unit.audit.add(self._entry("tokens revoke", token_id))
            token = await _found(unit, token_id)
            await unit.commit()
        return token

    async def callers(self, bearers: Collection[str]) -> Mapping[str, Caller]:
        """In one read, however many; a write now and then, to say that they were used."""
        named = {text: token_id for text in bearers if (token_id := id_in(text)) is not None}
        if not named:
            return {}
        now = self.now()
        async with self.units.reading() as unit:
            stored = await unit.tokens.get_many(sorted(set(named.values())))
        proven = {
            text: stored[token_id][0]
            for text, token_id in named.items()
            if token_id in stored and same(stored[token_id][1], digest(self.key, text))
        }
        working = {text: token for text, token in proven.items() if token.works(now)}
        await self._remember_use(working.values(), now)
        return {text: token.caller for text, token in working.items()}

    async def _remember_use(self, tokens: Collection[Token], now: datetime) -> None:
        before = now - USED_WITHIN
        stale = [token.id for token in tokens if max(token.last_used_at or LONG_AGO, self._noted(token)) < before]
        if not stale:
            return
        self.noted.update(dict.fromkeys(stale, now))
        try:
            async with self.units.writing() as unit:
                await unit.tokens.used(stale, now)
                await unit.commit()
        except Exception:  # a full disk, say, keeps nobody out
            logger.warning("it could not be written that tokens were used", exc_info=True)

    def _noted(self, token: Token) -> datetime:
        return self.noted.get(token.id, LONG_AGO)

    def _entry(self, action: str, token_id: str) -> AuditEntry:
        return AuditEntry(COMMAND_LINE, action, f"Token:{token_id}", DONE, self.now())


async def _found(unit: UnitOfWork, token_id: str) -> Token:
    found = (await unit.tokens.get_many([token_id])).get(token_id)
    if found is None:
        raise NotFound(f"there is no token {token_id!r}; `tokens list` shows those that there are")
    return found[0]
