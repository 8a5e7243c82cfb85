"""Tokens: how programs prove who they are.

The text is shown once, when it is made; a keyed hash of it is all that is kept. It holds 256 random bits, which nobody
guesses, so that the hash need not be a slow one.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from domain.access import RESERVED_OWNERS, Caller, Scope
from domain.errors import Invalid

MAX_NOTE = 200
_TEXT = re.compile(r"mng_(?P<id>[0-9a-f]{12})_[0-9a-f]{64}")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    owner: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    """None: it lasts until it is revoked."""
    note: str = ""
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """To within some minutes."""

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def caller(self) -> Caller:
        return Caller(self.owner, self.scopes, token_id=self.id)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Whose it is to be, what it may do, until when, and what it is for."""

    owner: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    note: str = ""

    def check(self, now: datetime) -> None:
        """Raises Invalid."""
        if not _OWNER.fullmatch(self.owner):
            raise Invalid("an owner is up to 64 letters, digits and . _ @ + -, and begins with a letter or digit")
        if self.owner in RESERVED_OWNERS:
            raise Invalid(f"the owner {self.owner!r} is the service's own; choose another name")
        if not self.scopes:
            raise Invalid(f"a token needs a scope: {', '.join(scope.value for scope in Scope)}")
        if self.expires_at is not None and self.expires_at <= now:
            raise Invalid("the token would have expired already; choose a later time")
        if len(self.note) > MAX_NOTE or not self.note.isprintable():
            raise Invalid(f"a note is up to {MAX_NOTE} printable characters on one line")


def new_token_id() -> str:
    """12 hexadecimal digits: not secret, short enough to be typed."""
    return secrets.token_hex(6)


def new_text(token_id: str) -> str:
    """What its owner sends: `mng_ID_SECRET`, the secret of 256 random bits."""
    return f"mng_{token_id}_{secrets.token_hex(32)}"


def id_in(text: str) -> str | None:
    """The id that a token's text names; None for what is no token's text."""
    match = _TEXT.fullmatch(text)
    return None if match is None else match["id"]


def digest(key: bytes, text: str) -> str:
    """HMAC-SHA-256 in hexadecimal (RFC 2104): who reads the database can neither use a token nor make one."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def same(one: str, other: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(one, other)
