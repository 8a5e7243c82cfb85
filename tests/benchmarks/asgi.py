"""Asking the app as a server does, without a client's own time: an HTTP library takes longer than a short answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette

Message = MutableMapping[str, Any]


def asker(app: Starlette) -> Callable[[str], Awaitable[Any]]:
    """Sends a GraphQL document; gives the answer's JSON."""

    async def ask(query: str) -> Any:
        body = json.dumps({"query": query}).encode()
        requests = [{"type": "http.request", "body": body, "more_body": False}]
        answer: list[bytes] = []

        async def receive() -> Message:
            if not requests:
                await asyncio.Event().wait()  # nothing more comes, and nobody hangs up
            return requests.pop()

        async def send(message: Message) -> None:
            answer.append(message.get("body", b""))

        await app(_scope(len(body)), receive, send)
        return json.loads(b"".join(answer))

    return ask


def _scope(length: int) -> dict[str, Any]:
    headers = [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("x", 80),
        "state": {},
    }
