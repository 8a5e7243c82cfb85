"""Following generations over a real WebSocket and over server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.fakes.engines import failing
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import TRANSPORT_WS, Listening, events, listening, received, subscribe

UPDATED = "subscription($id: ID!) { generationUpdated(id: $id) { id status done image { seed } } }"
COMPLETED = "subscription($after: ID) { generationCompleted(after: $after) { id status image { seed } } }"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


@pytest.fixture
async def server(service: GraphQLService) -> AsyncIterator[Listening]:
    async with listening(service.app) as started:
        yield started
        service.wake_ups.close()


async def until_nobody_listens(service: GraphQLService) -> None:
    """Nor does any task of a handler or of an event stream go on."""
    async with asyncio.timeout(10):
        while service.wake_ups.listeners or any("strawberry" in repr(task) for task in asyncio.all_tasks()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def until_listeners(service: GraphQLService, count: int) -> None:
    async with asyncio.timeout(60):
        while service.wake_ups.listeners < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_subscriber_sees_queued_running_and_succeeded_and_then_the_end(
    service: GraphQLService, server: Listening
) -> None:
    service.engines.hold()
    accepted = (await service.generate(seed=42))["generation"]
    async with server.socket() as socket, asyncio.TaskGroup() as group:
        await subscribe(socket, UPDATED, {"id": accepted["id"]})
        first = await received(socket)
        assert (first["type"], first["payload"]["data"]["generationUpdated"]["status"]) == ("next", "QUEUED")
        group.create_task(service.render())
        running = (await received(socket))["payload"]["data"]["generationUpdated"]
        assert (running["status"], running["image"]) == ("RUNNING", None)
        await service.engines.until_in_hand(1)
        service.engines.release()
        done = (await received(socket))["payload"]["data"]["generationUpdated"]
        assert (done["status"], done["done"], done["image"]) == ("SUCCEEDED", 1, {"seed": 42})
        assert await received(socket) == {"id": "1", "type": "complete"}
    await until_nobody_listens(service)


async def test_a_late_subscriber_gets_the_terminal_state_and_the_end(
    service: GraphQLService, server: Listening
) -> None:
    service.engines.fail_seed(1, failing(final=True))
    accepted = (await service.generate(seed=1))["generation"]
    await service.render()
    async with server.socket() as socket:
        await subscribe(socket, UPDATED, {"id": accepted["id"]})
        assert (await received(socket))["payload"]["data"]["generationUpdated"]["status"] == "FAILED"
        assert (await received(socket))["type"] == "complete"


async def test_a_socket_carries_many_operations_and_none_sees_old_reads(
    service: GraphQLService, server: Listening
) -> None:
    accepted = (await service.generate(seed=1))["generation"]
    look = "query($id: ID!) { generation(id: $id) { status queuePosition } }"
    async with server.socket() as socket:
        for status in ("QUEUED", "SUCCEEDED"):
            await subscribe(socket, look, {"id": accepted["id"]})
            assert (await received(socket))["payload"]["data"]["generation"]["status"] == status
            assert (await received(socket))["type"] == "complete"
            await service.render()


@pytest.mark.parametrize(("generation_id", "code"), [("R2VuZXJhdGlvbjowMA==", "NOT_FOUND"), ("rubbish", "INVALID")])
async def test_a_generation_that_does_not_exist_is_an_error_of_its_operation(
    server: Listening, generation_id: str, code: str
) -> None:
    async with server.socket() as socket:
        await subscribe(socket, UPDATED, {"id": generation_id})
        message = await received(socket)
        assert (message["type"], message["payload"][0]["extensions"]) == ("error", {"code": code, "field": ["id"]})
        await subscribe(socket, "{ service { name } }")
        assert (await received(socket))["payload"]["data"] == {"service": {"name": "Manganace"}}


async def test_a_syntax_error_ends_its_operation_and_not_the_socket(server: Listening) -> None:
    async with server.socket() as socket:
        await subscribe(socket, "subscription { generationUpdated(")
        message = await received(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "GRAPHQL_PARSE_FAILED")
        await socket.send(json.dumps({"type": "ping"}))
        assert await received(socket) == {"type": "pong"}


@pytest.mark.parametrize("operation", [{"query": ""}, {"query": "query A { service { name } }", "operationName": "B"}])
async def test_an_operation_that_is_not_there_is_said_to_be_so(
    server: Listening, operation: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with server.socket() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": operation}))
        message = await received(socket)
    assert (message["type"], message["payload"][0]["extensions"]) == ("error", {"code": "BAD_REQUEST"})
    assert not [record for record in caplog.records if record.name == "graph.errors"]


async def test_a_mutation_by_get_is_refused_as_an_event_too(service: GraphQLService) -> None:
    response = await service.client.get(
        "/graphql",
        params={"query": "mutation { generateFace(input: {}) { generation { id } } }"},
        headers={"Accept": "text/event-stream"},
    )
    assert '"code":"BAD_REQUEST"' in response.text
    assert (await service.data("{ generations { totalCount } }"))["generations"]["totalCount"] == 0


async def test_completions_come_from_now_on_and_those_since_the_last_one_seen_first(
    service: GraphQLService, server: Listening
) -> None:
    first = (await service.image(seed=1))["seed"]
    listed = (await service.data("{ generations { nodes { id } } }"))["generations"]["nodes"]
    await service.image(seed=2)
    async with server.socket() as socket:
        await subscribe(socket, COMPLETED, name="now")
        await subscribe(socket, COMPLETED, {"after": listed[0]["id"]}, name="since")
        message = await received(socket)
        assert (message["id"], message["payload"]["data"]["generationCompleted"]["image"]) == ("since", {"seed": 2})
        await until_listeners(service, 2)
        await asyncio.sleep(0.1)
        await service.image(seed=3)
        seen = [await received(socket) for _ in range(2)]
        assert {message["id"] for message in seen} == {"now", "since"}
        assert [message["payload"]["data"]["generationCompleted"]["image"] for message in seen] == [{"seed": 3}] * 2
    assert first == 1
    await until_nobody_listens(service)


@pytest.mark.parametrize("after", ["R2VuZXJhdGlvbjowMA==", "rubbish"])
async def test_completions_after_something_unknown_are_refused(server: Listening, after: str) -> None:
    async with server.socket() as socket:
        await subscribe(socket, COMPLETED, {"after": after})
        message = await received(socket)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["field"] == ["after"]


async def test_completions_of_a_session_that_does_not_exist_are_refused(server: Listening) -> None:
    async with server.socket() as socket:
        await subscribe(socket, 'subscription { generationCompleted(sessionId: "U2Vzc2lvbjox") { id } }')
        message = await received(socket)
        assert message["payload"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["sessionId"]}


async def test_a_client_that_says_complete_is_let_go(service: GraphQLService, server: Listening) -> None:
    async with server.socket() as socket:
        await subscribe(socket, COMPLETED)
        await until_listeners(service, 1)
        await socket.send(json.dumps({"id": "1", "type": "complete"}))
        await until_nobody_listens(service)


async def test_a_client_that_vanishes_is_let_go(service: GraphQLService, server: Listening) -> None:
    async with server.socket() as socket:
        await subscribe(socket, COMPLETED)
        await until_listeners(service, 1)
        socket.transport.abort()
        await until_nobody_listens(service)


async def test_pages_of_the_public_address_may_open_a_socket_and_those_of_others_may_not(tmp_path: Path) -> None:
    lab = graphql_service(tmp_path, public_url="https://faces.example/lab")
    async with lab as service, listening(service.app) as server:
        address = f"ws://127.0.0.1:{server.port}/graphql"
        async with connect(address, subprotocols=[TRANSPORT_WS], origin=Origin("https://faces.example")):
            pass
        with pytest.raises(InvalidStatus, match="403"):
            await connect(address, subprotocols=[TRANSPORT_WS], origin=Origin("https://elsewhere.example"))


async def test_the_old_websocket_protocol_is_not_spoken(server: Listening) -> None:
    async with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=[Subprotocol("graphql-ws")]) as socket:
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4406


async def test_when_the_service_stops_subscriptions_complete_and_the_socket_says_that_it_restarts(
    service: GraphQLService, server: Listening
) -> None:
    async with server.socket() as socket:
        await subscribe(socket, COMPLETED)
        await until_listeners(service, 1)
        service.wake_ups.close()
        assert await received(socket) == {"id": "1", "type": "complete"}
        server.server.should_exit = True
        with pytest.raises(ConnectionClosed) as caught:
            await received(socket)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1012


async def test_an_event_stream_carries_each_state_and_the_end_in_lines_that_end_with_lf(
    service: GraphQLService, server: Listening
) -> None:
    accepted = (await service.generate(seed=42))["generation"]
    async with server.stream(UPDATED, {"id": accepted["id"]}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        seen = []
        async for kind, data in events(response):
            seen.append(data["data"]["generationUpdated"]["status"] if kind == "next" else kind)
            if len(seen) == 1:
                await service.render()
    assert (seen[0], seen[-2:]) == ("QUEUED", ["SUCCEEDED", "complete"])
    async with server.stream(UPDATED, {"id": accepted["id"]}) as response:
        assert b"\r" not in b"".join([part async for part in response.aiter_raw()])
    await until_nobody_listens(service)


async def test_an_event_stream_carries_queries_too(server: Listening) -> None:
    async with server.stream("{ service { name } }") as response:
        seen = [event async for event in events(response)]
    (_, answer), end = seen
    assert (answer["data"], end) == ({"service": {"name": "Manganace"}}, ("complete", None))


async def test_a_reader_of_an_event_stream_that_vanishes_is_let_go(service: GraphQLService, server: Listening) -> None:
    async with server.stream(COMPLETED):
        await until_listeners(service, 1)
    await until_nobody_listens(service)


async def test_when_the_service_stops_event_streams_complete(service: GraphQLService, server: Listening) -> None:
    async with server.stream(COMPLETED) as response:
        await until_listeners(service, 1)
        service.wake_ups.close()
        assert [event async for event in events(response)] == [("complete", None)]


async def test_a_subscription_that_nothing_can_carry_is_refused(service: GraphQLService) -> None:
    response = await service.post("subscription { generationCompleted { id } }")
    assert response.status_code == 400
    assert "text/event-stream" in response.json()["errors"][0]["message"]
