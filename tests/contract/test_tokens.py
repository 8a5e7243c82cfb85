"""Tokens on both databases: known by their text alone, and only while they have force."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from domain.access import Scope
from domain.auditing import AuditFilter
from domain.errors import Invalid, NotFound
from domain.services.tokens import USED_WITHIN, Tokens
from domain.tokens import TokenRequest
from infrastructure.database import Database

KEY = b"k" * 32
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
READ = frozenset({Scope.READ})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(database: Database, clock: Clock) -> Tokens:
    return Tokens(database.units, KEY, clock)


async def test_a_token_s_text_says_whose_it_is_and_what_they_may(tokens: Tokens) -> None:
    scopes = frozenset({Scope.GENERATE, Scope.READ})
    token, bearer = await tokens.create(TokenRequest("ann@lab", scopes, note="the notebook"))
    (caller,) = (await tokens.callers([bearer])).values()
    assert (caller.owner, caller.scopes, caller.token_id) == ("ann@lab", scopes, token.id)
    assert caller.study_session_id is None


async def test_a_token_is_stored_whole_but_for_its_text(database: Database, tokens: Tokens) -> None:
    made, bearer = await tokens.create(TokenRequest("ann", READ, NOW + timedelta(days=90), "ü"))
    assert [made] == list(await tokens.all())
    async with database.engines[0].connect() as connection:
        rows = str((await connection.execute(text("SELECT * FROM tokens"))).all())
    assert made.id in rows
    assert bearer.rpartition("_")[2] not in rows


async def test_what_is_not_exactly_the_text_is_nobody_s(tokens: Tokens) -> None:
    _, bearer = await tokens.create(TokenRequest("ann", READ))
    other, _ = await tokens.create(TokenRequest("ben", READ))
    secret = bearer.rpartition("_")[2]
    last = "0" if bearer[-1] != "0" else "1"
    wrong = {
        "", "mng", bearer.upper(), f"{bearer} ", f"{bearer}\n", bearer[:-1], f"{bearer}0", f"{bearer[:-1]}{last}",
        f"mng_{other.id}_{secret}", f"mng_{'0' * 12}_{secret}", secret, "é" * 81,
    }  # fmt: skip
    assert (await tokens.callers([*wrong, bearer])).keys() == {bearer}


async def test_another_key_knows_none_of_the_tokens(database: Database, tokens: Tokens) -> None:
    _, bearer = await tokens.create(TokenRequest("ann", READ))
    assert await Tokens(database.units, b"x" * 32).callers([bearer]) == {}


async def test_a_token_ends_when_it_expires_or_is_revoked_and_no_other_with_it(tokens: Tokens, clock: Clock) -> None:
    short, first = await tokens.create(TokenRequest("ann", READ, NOW + timedelta(hours=1)))
    long, second = await tokens.create(TokenRequest("ann", READ))
    clock.move(timedelta(hours=1) - timedelta(microseconds=1))
    assert (await tokens.callers([first, second])).keys() == {first, second}
    clock.move(timedelta(microseconds=1))
    assert (await tokens.callers([first, second])).keys() == {second}
    revoked = await tokens.revoke(long.id)
    assert revoked.revoked_at == clock.now
    assert await tokens.callers([first, second]) == {}
    clock.move(timedelta(days=1))
    assert await tokens.revoke(long.id) == revoked, "the second time changes nothing"
    assert await tokens.revoke(short.id)
    with pytest.raises(NotFound):
        await tokens.revoke("0" * 12)


async def test_the_last_use_is_written_now_and_then(database: Database, tokens: Tokens, clock: Clock) -> None:
    async def last_used() -> datetime | None:
        return (await tokens.all())[0].last_used_at

    _, bearer = await tokens.create(TokenRequest("ann", READ))
    assert await last_used() is None
    await tokens.callers([bearer])
    assert await last_used() == NOW
    clock.move(USED_WITHIN)
    for asking in (tokens, Tokens(database.units, KEY, clock)):
        await asking.callers([bearer])
        assert await last_used() == NOW
    clock.move(timedelta(seconds=1))
    await tokens.callers([bearer])
    assert await last_used() == clock.now


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (TokenRequest("", READ), "an owner is"),
        (TokenRequest("a b", READ), "an owner is"),
        (TokenRequest("a" * 65, READ), "an owner is"),
        (TokenRequest("studies", READ), "the service's own"),
        (TokenRequest("command-line", READ), "the service's own"),
        (TokenRequest("ann", frozenset()), "needs a scope"),
        (TokenRequest("ann", READ, NOW), "expired already"),
        (TokenRequest("ann", READ, note="a\nb"), "a note is"),
        (TokenRequest("ann", READ, note="n" * 201), "a note is"),
    ],
)
async def test_a_request_that_does_not_fit_makes_no_token(tokens: Tokens, request_: TokenRequest, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        await tokens.create(request_)
    assert list(await tokens.all()) == []


async def test_making_and_revoking_are_in_the_audit_log(database: Database, tokens: Tokens) -> None:
    token, bearer = await tokens.create(TokenRequest("ann", READ, note="hush"))
    await tokens.revoke(token.id)
    await tokens.revoke(token.id)
    async with database.units.reading() as unit:
        entries = [entry for entry, _ in await unit.audit.following(None, 10, AuditFilter())]
    assert [(entry.owner, entry.action, entry.subject, entry.outcome) for entry in entries] == [
        ("command-line", "tokens create", f"Token:{token.id}", "DONE"),
        ("command-line", "tokens revoke", f"Token:{token.id}", "DONE"),
    ]
    assert bearer not in str(entries)
    assert "hush" not in str(entries)
