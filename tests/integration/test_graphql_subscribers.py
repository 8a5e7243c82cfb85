"""Many subscribers, some that vanish, some that do not read: none leaves anything behind, none slows the others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import Listening, listening, received, subscribe
from tests.integration.test_graphql_subscriptions import COMPLETED, until_listeners, until_nobody_listens

SOCKETS, EACH = 10, 50
LARGE = "subscription { generationCompleted { image { " + " ".join(f"a{i}: recipe" for i in range(55)) + " } } }"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


@pytest.fixture
async def server(service: GraphQLService) -> AsyncIterator[Listening]:
    async with listening(service.app) as started:
        yield started
        service.wake_ups.close()


async def until_tasks(count: int) -> None:
    async with asyncio.timeout(20):
        while len(asyncio.all_tasks()) > count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def heard(socket: ClientConnection) -> str:
    """The name of the next operation that has something to say; on a slow machine the service asks in between."""
    while (message := await received(socket))["type"] == "ping":
        pass
    name: str = message["id"]
    return name


@pytest.mark.fault
@pytest.mark.slow
async def test_500_subscribers_hear_of_it_and_leave_nothing_behind_however_they_go(
    service: GraphQLService, server: Listening
) -> None:
    before = len(asyncio.all_tasks())
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(server.socket()) for _ in range(SOCKETS)]
        for socket in sockets:
            for name in range(EACH):
                await subscribe(socket, COMPLETED, name=str(name))
        async with asyncio.timeout(60):
            while service.wake_ups.listeners < SOCKETS * EACH:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        await service.image(seed=1)
        for socket in sockets:
            assert {await heard(socket) for _ in range(EACH)} == {str(name) for name in range(EACH)}
        for number, socket in enumerate(sockets):
            match number % 3:
                case 0:
                    socket.transport.abort()
                case 1:
                    await socket.close()
                case 2:
                    for name in range(EACH):
                        await socket.send(json.dumps({"id": str(name), "type": "complete"}))
        await until_nobody_listens(service)
    await until_tasks(before)


@pytest.mark.fault
@pytest.mark.slow
async def test_a_subscriber_that_does_not_read_slows_nobody(service: GraphQLService, server: Listening) -> None:
    before = len(asyncio.all_tasks())
    async with server.socket() as asleep, server.socket() as awake:
        asleep.transport.pause_reading()
        for name in range(50):
            await subscribe(asleep, LARGE, name=str(name))
        await subscribe(awake, COMPLETED)
        await until_listeners(service, 51)
        await asyncio.sleep(0.5)
        for seed in range(10):
            await service.image(seed=seed)
            message = await received(awake)
            assert message["payload"]["data"]["generationCompleted"]["image"] == {"seed": seed}
        asleep.transport.abort()
    await until_nobody_listens(service)
    await until_tasks(before)
