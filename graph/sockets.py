"""graphql-transport-ws: Strawberry's handler, with messages checked before it trusts them.

Its protocol says which close code each fault of the connection gets; a fault of one operation ends that one alone.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from graphql import GraphQLError
from starlette import websockets
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message

from domain.access import Caller
from domain.errors import Unauthenticated
from graph.bearers import bearer_in_header, bearer_in_payload, note_refusal
from graph.context import Context
from graph.limits import LIMIT_EXCEEDED

PING_S = 25.0
GONE = (WebSocketDisconnected, websockets.WebSocketDisconnect, websockets.WebSocketDisconnected)
"""Starlette says it in one way to the first operation of a socket that finds nobody there, in another to the rest."""
OBJECT = (dict, type(None))
PAYLOADS: Mapping[str, type | tuple[type, ...]] = {
    "connection_init": OBJECT,
    "ping": OBJECT,
    "pong": OBJECT,
    "subscribe": dict,
}
OPERATION: Mapping[str, type | tuple[type, ...]] = {
    "query": str,
    "operationName": (str, type(None)),
    "variables": OBJECT,
    "extensions": OBJECT,
}


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    _background: tuple[asyncio.Task[None], ...] = ()

    async def handle_message(self, message: Any) -> None:
        if fault := fault_of(message):
            await self.handle_invalid_message(fault)
        elif message["type"] == "connection_init" and self.connection_init_received:
            await self.websocket.close(code=4429, reason="Too many initialisation requests")
        elif message["type"] == "subscribe" and self._full(message["id"]):
            await self._refuse(message["id"])
        else:
            given = {name: value for name, value in message.items() if value is not None}
            await super().handle_message(cast("Message", given))

    async def handle_connection_init(self, message: Any) -> None:
        """A client that cannot set the handshake's headers says in this message who it is."""
        headers = self.view.get_websocket_headers(self.websocket.ws)  # type: ignore[attr-defined]
        bearer = bearer_in_payload(message.get("payload", {})) or bearer_in_header(headers.get("authorization"))
        try:
            self.context.caller = await self.context.services.admission.admit(bearer)
        except Unauthenticated as error:
            note_refusal(bearer, self.websocket.ws.client)  # type: ignore[attr-defined]
            await self.websocket.close(code=4403, reason=str(error))
            return
        await super().handle_connection_init(message)
        if self.connection_acknowledged:
            staying = () if bearer is None else (asyncio.create_task(self._turn_out(self.context.caller, bearer)),)
            self._background = (asyncio.create_task(self._ping()), *staying)

    async def shutdown(self) -> None:
        for task in self._background:
            task.cancel()
        if self._background:
            await asyncio.wait(self._background)
        await super().shutdown()

    async def _turn_out(self, caller: Caller, bearer: str) -> None:
        """Once the token has no force any more; the handler ends its operations then. 4401 says not to try again."""
        with self.context.services.admission.staying(caller, bearer) as over:
            await over.wait()
        with suppress(*GONE):
            await self.websocket.close(code=4401, reason="Unauthorized")

    async def _ping(self) -> None:
        """Proxies close what is silent, and clients want to know whether anybody is there."""
        with suppress(*GONE):
            while True:
                await asyncio.sleep(PING_S)
                await self.send_message({"type": "ping"})

    def _full(self, operation_id: str) -> bool:
        most = self.max_subscriptions_per_connection
        return most is not None and operation_id not in self.operations and len(self.operations) >= most

    async def _refuse(self, operation_id: str) -> None:
        message = f"a socket carries at most {self.max_subscriptions_per_connection} operations at once"
        error = GraphQLError(message, extensions={"code": LIMIT_EXCEEDED})
        await self.send_message({"id": operation_id, "type": "error", "payload": [error.formatted]})

    async def handle_ping(self, message: Any) -> None:
        await self.send_message(cast("Message", {**message, "type": "pong"}))

    async def handle_task_exception(self, error: Exception) -> None:
        """A client that is gone cannot be sent to: nothing that anybody has to look at."""
        if not isinstance(error, GONE):
            await super().handle_task_exception(error)


def fault_of(message: object) -> str | None:
    """What is wrong with a message, in the few words that a close frame has room for."""
    if not isinstance(message, dict):
        return "A message is a JSON object"
    kind = message.get("type")
    if kind not in (*PAYLOADS, "complete"):
        return "A message has a type of graphql-transport-ws"
    if kind in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return f"The id of {kind} is a string that is not empty"
    payload = message.get("payload")
    if not isinstance(payload, PAYLOADS.get(kind, object)):
        return f"The payload of {kind} is an object"
    if isinstance(payload, dict) and kind == "subscribe":
        return next(
            (
                f"{name} is of another type"
                for name, types in OPERATION.items()
                if not isinstance(payload.get(name), types)
            ),
            None,
        )
    return None
