"""Many subscribers, some that vanish, some that do not read: none leaves anything behind, none slows the others."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from tests.fixtures.memory import Memory
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import Listening, listening, received, subscribe
from tests.integration.test_graphql_subscriptions import COMPLETED, until_listeners, until_nobody_listens

SOCKETS, EACH = 10, 50
MOST_MALLOC_BYTES = 8 * 2**20
MOST_RESIDENT_BYTES = 32 * 2**20
"""What all visits together may leave in use of C's memory, and in pages that cannot go back to the system."""
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


@asynccontextmanager
async def faces_now_and_then(service: GraphQLService, seeds: "count[int]") -> AsyncIterator[None]:
    async def make() -> None:
        await asyncio.sleep(1)
        while True:
            await service.image(seed=next(seeds))
            await asyncio.sleep(4)

    making = asyncio.create_task(make())
    try:
        yield
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)


async def come_and_go(service: GraphQLService, server: Listening, number: int, seed: int) -> int:
    """So many sockets of subscribers hear of a face, and leave; how many blocks of memory there were meanwhile."""
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(server.socket()) for _ in range(number)]
        for socket in sockets:
            for name in range(EACH):
                await subscribe(socket, COMPLETED, name=str(name))
        await until_listeners(service, number * EACH)
        async with faces_now_and_then(service, count(1000 * seed)):  # who listens too late for one hears of the next
            for socket in sockets:
                await all_heard(socket)
        taken = sys.getallocatedblocks()
        for index, socket in enumerate(sockets):
            await leave(socket, index)
        await until_nobody_listens(service)
    return taken


async def all_heard(socket: ClientConnection) -> None:
    names: set[str] = set()
    while len(names) < EACH:
        names.add(await heard(socket))


async def leave(socket: ClientConnection, way: int) -> None:
    """Without a word, by closing, or by completing each."""
    match way % 3:
        case 0:
            socket.transport.abort()
        case 1:
            await socket.close()
        case 2:
            for name in range(EACH):
                await socket.send(json.dumps({"id": str(name), "type": "complete"}))


@pytest.mark.fault
@pytest.mark.slow
async def test_500_subscribers_hear_of_it_and_leave_nothing_behind_however_they_go(
    service: GraphQLService, server: Listening, rounds: int
) -> None:
    tasks = len(asyncio.all_tasks())
    await come_and_go(service, server, SOCKETS if rounds > 1 else 3, 0)  # what is kept once and for all is there now
    await until_tasks(tasks)
    before = Memory.now()
    taken = [await come_and_go(service, server, SOCKETS, 1 + number) for number in range(rounds)]
    await until_tasks(tasks)
    after = Memory.now()
    left = (after.blocks - before.blocks) / rounds
    assert left <= 0.02 * (max(taken) - before.blocks), f"{left:.0f} of {max(taken) - before.blocks} blocks stay"
    if rounds > 1:  # as many came before, so that the allocators have what they need
        assert after.malloc_bytes - before.malloc_bytes <= MOST_MALLOC_BYTES
        assert after.resident_bytes - before.resident_bytes <= MOST_RESIDENT_BYTES


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
