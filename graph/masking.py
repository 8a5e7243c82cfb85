"""Whatever nobody foresaw, on any route: "internal error" and an id, under which the log has the rest."""

import logging
import secrets

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.errors import INTERNAL

logger = logging.getLogger(__name__)


class Masking:
    """An answer that has begun breaks off instead, by which its client can tell."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = scope["type"] != "http"

        async def noting_send(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(scope, receive, noting_send)
        except Exception:
            if began:
                raise
            request_id = secrets.token_hex(8)
            logger.exception("a request failed unexpectedly", extra={"request_id": request_id})
            extensions = {"code": INTERNAL, "requestId": request_id}
            body = {"errors": [{"message": "internal error", "extensions": extensions}]}
            await JSONResponse(body, 500)(scope, receive, send)
