"""Who is let in over WebSockets and event streams, and put out again when the token loses its force."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection

from domain.access import Scope
from domain.tokens import TokenRequest
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import Listening, events, listening, received, subscribe

NAME = "{ service { name } }"
FOLLOW = "subscription { generationCompleted { id } }"
SOON_S = 3
"""As docs/security.md promises: a second, and what a busy machine takes."""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


@pytest.fixture
async def server(service: GraphQLService) -> AsyncIterator[Listening]:
    async with listening(service.app) as started:
        yield started
        service.wake_ups.close()


async def close_code(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(20):
        await connection.wait_closed()
    return connection.close_code


async def begin(socket: ClientConnection, payload: Any) -> None:
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": 5},
        {"token": ["x"]},
        {"token": ""},
        {"Authorization": f"Bearer mng_{'0' * 12}_{'0' * 64}"},
    ],
)
async def test_a_conversation_that_begins_without_a_token_ends_with_4403(server: Listening, payload: Any) -> None:
    async with server.bare_socket() as socket:
        await begin(socket, payload)
        assert await close_code(socket) == 4403


@pytest.mark.parametrize("loss", ["revoked", "expired"])
async def test_a_token_that_has_lost_its_force_begins_neither_a_conversation_nor_a_stream(
    service: GraphQLService, server: Listening, loss: str
) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=0.5) if loss == "expired" else None
    token, bearer = await service.tokens.create(TokenRequest("ann", frozenset({Scope.READ}), ends))
    async with server.socket(bearer):
        pass
    if loss == "revoked":
        await service.tokens.revoke(token.id)
    else:
        await asyncio.sleep(0.6)
    async with server.bare_socket() as socket:
        await begin(socket, {"Authorization": f"Bearer {bearer}"})
        assert await close_code(socket) == 4403
    async with server.stream(FOLLOW, bearer=bearer) as stream:
        assert stream.status_code == 401


@pytest.mark.parametrize("form", ["Authorization", "authorization", "token"])
async def test_a_token_is_taken_from_what_begins_the_conversation(
    service: GraphQLService, server: Listening, form: str
) -> None:
    asking = await service.of("ann", Scope.READ)
    async with server.bare_socket() as socket:
        await begin(socket, {form: asking.bearer if form == "token" else f"Bearer {asking.bearer}"})
        assert await received(socket) == {"type": "connection_ack"}
        await subscribe(socket, NAME)
        assert (await received(socket))["payload"]["data"] == {"service": {"name": "Manganace"}}


async def test_a_token_is_taken_from_the_handshake_by_those_who_can_set_its_headers(
    service: GraphQLService, server: Listening
) -> None:
    asking = await service.of("ann", Scope.READ)
    async with server.bare_socket(Authorization=f"Bearer {asking.bearer}") as socket:
        await begin(socket, None)
        assert await received(socket) == {"type": "connection_ack"}


async def test_nothing_is_answered_before_the_token(service: GraphQLService, server: Listening) -> None:
    async with server.bare_socket() as socket:
        await subscribe(socket, NAME)
        assert await close_code(socket) == 4401


async def test_a_fault_that_nobody_foresaw_closes_with_1011_and_an_id_of_the_log(
    service: GraphQLService, server: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await service.of("ann", Scope.READ)
    async with service.database.engines[1].begin() as connection:
        await connection.execute(text("ALTER TABLE tokens RENAME TO others"))
    async with server.bare_socket() as socket:
        await begin(socket, {"token": ann.bearer})
        assert await close_code(socket) == 1011
        words, _, request_id = str(socket.close_reason).rpartition(" ")
    assert words == "internal error"
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.__dict__["request_id"] == request_id
    assert str(ann.bearer) not in caplog.text


async def test_a_revoked_token_ends_its_sockets_within_a_second_or_so_and_no_other_s(
    service: GraphQLService, server: Listening
) -> None:
    ann, ben = await service.of("ann", Scope.READ, Scope.GENERATE), await service.of("ben", Scope.READ)
    (token,) = [token for token in await service.tokens.all() if token.owner == "ann"]
    async with server.socket(ann.bearer) as anns, server.socket(ann.bearer) as idle, server.socket(ben.bearer) as bens:
        for socket in (anns, bens):
            await subscribe(socket, FOLLOW)
        await asyncio.sleep(0.2)
        await service.tokens.revoke(token.id)
        started = time.monotonic()
        assert [await close_code(socket) for socket in (anns, idle)] == [4401, 4401]
        assert time.monotonic() - started < SOON_S
        await subscribe(bens, NAME, name="2")
        assert (await received(bens))["id"] == "2"


async def test_an_expired_token_ends_its_sockets_and_streams(service: GraphQLService, server: Listening) -> None:
    request = TokenRequest("ann", frozenset({Scope.READ}), datetime.now(UTC) + timedelta(seconds=1.5))
    _, bearer = await service.tokens.create(request)
    async with server.socket(bearer) as socket, server.stream(FOLLOW, bearer=bearer) as stream:
        await subscribe(socket, FOLLOW)
        started = time.monotonic()
        assert await close_code(socket) == 4401
        (first, code), (last, _) = [
            (kind, data and data["errors"][0]["extensions"]["code"]) async for kind, data in events(stream)
        ]
        assert time.monotonic() - started < 1.5 + SOON_S
    assert (first, code, last) == ("next", "UNAUTHENTICATED", "complete")


async def test_a_client_that_does_not_hear_the_close_follows_nothing_any_more(
    service: GraphQLService, server: Listening
) -> None:
    ann = await service.of("ann", Scope.READ)
    (token,) = await service.tokens.all()
    async with server.socket(ann.bearer) as socket:
        await subscribe(socket, FOLLOW)
        await asyncio.sleep(0.2)
        assert service.wake_ups.listeners == 1
        socket.transport.pause_reading()  # it never answers the close
        await service.tokens.revoke(token.id)
        async with asyncio.timeout(SOON_S):
            while service.wake_ups.listeners:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        socket.transport.resume_reading()
        assert await close_code(socket) == 4401


async def test_a_stream_ends_with_an_error_when_its_token_is_revoked(
    service: GraphQLService, server: Listening
) -> None:
    ann = await service.of("ann", Scope.READ, Scope.GENERATE)
    (token,) = await service.tokens.all()
    async with server.stream(FOLLOW, bearer=ann.bearer) as stream:
        await asyncio.sleep(0.2)
        await ann.image(seed=1)
        heard: list[tuple[str, Any]] = []
        started = 0.0
        async for kind, data in events(stream):
            heard.append((kind, data))
            if len(heard) == 1:
                await service.tokens.revoke(token.id)
                started = time.monotonic()
        assert time.monotonic() - started < SOON_S
    assert [kind for kind, _ in heard] == ["next", "next", "complete"]
    assert "errors" not in heard[0][1]
    assert heard[1][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in heard[1][1]
    assert not service.wake_ups.listeners


async def test_a_stream_that_its_client_leaves_or_that_ends_leaves_nothing_behind(
    service: GraphQLService, server: Listening
) -> None:
    ann = await service.of("ann", Scope.READ, Scope.GENERATE)
    before = len(asyncio.all_tasks())
    async with server.stream(FOLLOW, bearer=ann.bearer):
        await asyncio.sleep(0.2)
        assert service.wake_ups.listeners == 1
    made = (await ann.generate(seed=1))["generation"]["id"]
    await service.render()
    query = "subscription($id: ID!) { generationUpdated(id: $id) { status } }"
    async with server.stream(query, {"id": made}, bearer=ann.bearer) as stream:
        assert [kind async for kind, _ in events(stream)] == ["next", "complete"]
    async with asyncio.timeout(10):
        while service.wake_ups.listeners or len(asyncio.all_tasks()) > before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_hundred_who_stay_are_looked_at_in_one_read_a_second(
    service: GraphQLService, server: Listening
) -> None:
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        for number in range(100):
            asking = await service.of(f"owner{number}", Scope.READ)
            await stack.enter_async_context(server.socket(asking.bearer))
        with service.statements() as sent:
            await asyncio.sleep(2.2)
        assert 1 <= len([statement for statement in sent if "FROM tokens" in statement]) <= 3
