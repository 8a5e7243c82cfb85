"""Whatever nobody foresaw, on any route: "internal error" and an id, under which the log has the rest."""

import logging
import secrets
from contextlib import suppress

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.errors import INTERNAL

logger = logging.getLogger(__name__)

INTERNAL_CLOSE = 1011


class Masking:
    """A status and JSON, or a socket's close code. An answer that has begun breaks off, by which clients can tell."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = ""

        async def noting_send(message: Message) -> None:
            nonlocal sent
            sent = message["type"]
            await send(message)

        try:
            await self.app(scope, receive, noting_send)
        except Exception:
            if sent.startswith("http") or sent == "websocket.close":
                raise
            request_id = secrets.token_hex(8)
            logger.exception("a request failed unexpectedly", extra={"request_id": request_id})
            if sent:
                reason = f"internal error {request_id}"
                with suppress(Exception):  # nobody may be there any more
                    await send({"type": "websocket.close", "code": INTERNAL_CLOSE, "reason": reason})
            else:
                extensions = {"code": INTERNAL, "requestId": request_id}
                body = {"errors": [{"message": "internal error", "extensions": extensions}]}
                await JSONResponse(body, 500)(scope, receive, send)
