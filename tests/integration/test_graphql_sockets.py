"""graphql-transport-ws to the letter: which message closes a socket with which code, and which does not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

import graph.http
import graph.sockets
from graph.sockets import fault_of
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import TRANSPORT_WS, Listening, listening, received, subscribe
from tests.integration.test_graphql_subscriptions import until_listeners, until_nobody_listens

NAME = "{ service { name } }"
FOLLOW = "subscription { generationCompleted { id } }"
INIT = {"type": "connection_init"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


@pytest.fixture
async def server(service: GraphQLService) -> AsyncIterator[Listening]:
    async with listening(service.app) as started:
        yield started
        service.wake_ups.close()


@asynccontextmanager
async def bare(server: Listening) -> AsyncIterator[ClientConnection]:
    """A connection that has said nothing yet."""
    async with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=[TRANSPORT_WS]) as connection:
        yield connection


async def close_code(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(20):
        await connection.wait_closed()
    return connection.close_code


MALFORMED: list[Any] = [
    [],
    None,
    5,
    "ping",
    {},
    {"type": 5},
    {"type": ["ping"]},
    {"type": {}},
    {"type": "start"},
    {"type": "connection_init", "payload": 5},
    {"type": "ping", "payload": []},
    {"type": "subscribe"},
    {"type": "subscribe", "id": 1, "payload": {"query": NAME}},
    {"type": "subscribe", "id": "", "payload": {"query": NAME}},
    {"type": "subscribe", "payload": {"query": NAME}},
    {"type": "subscribe", "id": "1"},
    {"type": "subscribe", "id": "1", "payload": None},
    {"type": "subscribe", "id": "1", "payload": []},
    {"type": "subscribe", "id": "1", "payload": {}},
    {"type": "subscribe", "id": "1", "payload": {"query": 5}},
    {"type": "subscribe", "id": "1", "payload": {"query": NAME, "variables": []}},
    {"type": "subscribe", "id": "1", "payload": {"query": NAME, "operationName": 5}},
    {"type": "complete"},
    {"type": "complete", "id": 1},
]


@pytest.mark.parametrize("text", [*map(json.dumps, MALFORMED), "", "{", "[" * 100_000, "NaN", '{"type": ' + "9" * 6000])
async def test_a_message_that_is_none_of_the_protocol_s_closes_with_4400(server: Listening, text: str) -> None:
    async with server.socket() as socket:
        await socket.send(text)
        assert await close_code(socket) == 4400


async def test_bytes_close_with_4400(server: Listening) -> None:
    async with server.socket() as socket:
        await socket.send(b"{}")
        assert await close_code(socket) == 4400


def test_every_message_of_the_protocol_is_accepted() -> None:
    assert not any(map(fault_of, [INIT, {"type": "ping"}, {"type": "pong"}, {"type": "complete", "id": "1"}]))


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "x"}])
async def test_the_connection_may_be_opened_with_a_null_payload(server: Listening, payload: object) -> None:
    async with bare(server) as socket:
        await socket.send(json.dumps({**INIT, "payload": payload}))
        assert await received(socket) == {"type": "connection_ack"}


async def test_null_members_of_an_operation_are_as_if_left_out(server: Listening) -> None:
    payload = {"query": NAME, "variables": None, "operationName": None, "extensions": None}
    async with server.socket() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        assert (await received(socket))["payload"]["data"] == {"service": {"name": "Manganace"}}


async def test_an_operation_before_the_connection_is_opened_closes_with_4401(server: Listening) -> None:
    async with bare(server) as socket:
        await subscribe(socket, NAME)
        assert await close_code(socket) == 4401


async def test_a_connection_that_is_not_opened_in_time_closes_with_4408(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=10) == graph.http.INIT_TIMEOUT
    monkeypatch.setattr(graph.http, "INIT_TIMEOUT", timedelta(seconds=0.2))
    async with graphql_service(tmp_path) as service, listening(service.app) as server, bare(server) as socket:
        assert await close_code(socket) == 4408


async def test_an_id_in_use_closes_with_4409(server: Listening) -> None:
    async with server.socket() as socket:
        await subscribe(socket, FOLLOW)
        await subscribe(socket, FOLLOW)
        assert await close_code(socket) == 4409


async def test_an_id_may_be_used_again_once_its_operation_has_ended(server: Listening) -> None:
    async with server.socket() as socket:
        for _ in range(2):
            await subscribe(socket, NAME)
            assert [(await received(socket))["type"] for _ in range(2)] == ["next", "complete"]


async def test_opening_the_connection_twice_closes_with_4429(server: Listening) -> None:
    async with server.socket() as socket:
        await socket.send(json.dumps(INIT))
        assert await close_code(socket) == 4429


async def test_pings_are_answered_with_what_they_carry_before_and_after_the_opening(server: Listening) -> None:
    async with bare(server) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        assert await received(socket) == {"type": "pong"}
        await socket.send(json.dumps(INIT))
        assert await received(socket) == {"type": "connection_ack"}
        await socket.send(json.dumps({"type": "pong"}))
        await socket.send(json.dumps({"type": "ping", "payload": {"at": 1}}))
        assert await received(socket) == {"type": "pong", "payload": {"at": 1}}


async def test_the_service_pings_too_and_needs_no_answer(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph.sockets, "PING_S", 0.05)
    async with server.socket() as socket:
        for _ in range(3):
            assert await received(socket) == {"type": "ping"}
        await socket.send(json.dumps({"type": "pong"}))
        assert await received(socket) == {"type": "ping"}


@pytest.mark.parametrize(
    "query",
    ["{", "{ nonsense }", "query A { service { name } } query B { service { name } }", "fragment F on Query { x }"],
)
async def test_a_bad_operation_ends_itself_and_neither_the_socket_nor_its_other_operations(
    service: GraphQLService, server: Listening, query: str
) -> None:
    async with server.socket() as socket:
        await subscribe(socket, FOLLOW, name="good")
        await subscribe(socket, query, name="bad")
        message = await received(socket)
        assert (message["id"], message["type"]) == ("bad", "error")
        assert message["payload"][0]["extensions"]["code"]
        await asyncio.sleep(0.1)
        await service.image(seed=1)
        assert (await received(socket))["id"] == "good"


async def test_completing_what_nobody_knows_is_no_fault(server: Listening) -> None:
    async with server.socket() as socket:
        await socket.send(json.dumps({"type": "complete", "id": "unknown"}))
        await subscribe(socket, NAME)
        assert (await received(socket))["type"] == "next"


async def test_a_socket_carries_a_hundred_operations_and_refuses_one_more(server: Listening) -> None:
    async with server.socket() as socket:
        for index in range(101):
            await subscribe(socket, FOLLOW, name=str(index))
        message = await received(socket)
        assert (message["id"], message["type"]) == ("100", "error")
        assert message["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_a_client_that_is_gone_is_an_error_to_none_of_its_operations(
    service: GraphQLService, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes to a socket before the server has heard of its end."""
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    operations = [{"id": str(number), "type": "subscribe", "payload": {"query": FOLLOW}} for number in range(5)]
    said.put_nowait({"type": "websocket.connect"})
    for message in (INIT, *operations):
        said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def send(message: Any) -> None:
        if "next" in message.get("text", ""):
            raise OSError

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [TRANSPORT_WS]}
    serving = asyncio.create_task(service.app(scope, said.get, send))
    await until_listeners(service, 5)
    await service.image(seed=1)
    await until_nobody_listens(service)
    said.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await serving
    assert caplog.records == []
