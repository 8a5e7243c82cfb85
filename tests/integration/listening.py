"""An ASGI app on a real port, and the two ways in which clients follow a subscription."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

TRANSPORT_WS = Subprotocol("graphql-transport-ws")


@dataclass(frozen=True)
class Listening:
    port: int
    server: uvicorn.Server

    @asynccontextmanager
    async def bare_socket(self, **headers: str) -> AsyncIterator[ClientConnection]:
        """A connection that has said nothing yet."""
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(
            address,
            subprotocols=[TRANSPORT_WS],
            additional_headers=headers,
            ping_interval=None,
            max_queue=None,  # what a test leaves unread would keep its close from being heard
        ) as connection:
            yield connection

    @asynccontextmanager
    async def socket(self, bearer: str | None = None) -> AsyncIterator[ClientConnection]:
        """A connection whose handshake is done."""
        async with self.bare_socket() as connection:
            payload = {"Authorization": f"Bearer {bearer}"} if bearer else None
            await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert await received(connection) == {"type": "connection_ack"}
            yield connection

    @asynccontextmanager
    async def stream(
        self, query: str, variables: dict[str, Any] | None = None, bearer: str | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a POST that wants server-sent events."""
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20) as client,
            client.stream(
                "POST",
                "/graphql",
                json={"query": query, "variables": variables or {}},
                headers={
                    "Accept": "text/event-stream",
                    **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
                },
            ) as response,
        ):
            yield response


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[Listening]:
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield Listening(server.servers[0].sockets[0].getsockname()[1], server)
    finally:
        server.should_exit = True
        await task


async def received(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(20):
        message: dict[str, Any] = json.loads(await connection.recv())
    return message


async def subscribe(
    connection: ClientConnection, query: str, variables: dict[str, Any] | None = None, name: str = "1"
) -> None:
    payload = {"query": query, "variables": variables or {}}
    await connection.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """(event, data) of an event stream, comments left out."""
    kind = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data:"):
            text = line.removeprefix("data:").strip()
            yield kind, json.loads(text) if text else None
