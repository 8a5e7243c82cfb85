"""What browsers are told with every answer: guess no type, frame nothing, run nothing but GraphiQL's own scripts."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERYWHERE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

STARTS = ("http.response.start", "websocket.http.response.start")


def page_policy(pictures_from: str | None) -> str:
    """For GraphiQL's page. `pictures_from`: the origin of pictures' addresses, where they are absolute."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # its editor sets style attributes
            f"img-src 'self' data: {pictures_from or ''}".rstrip(),
            f"media-src 'self' {pictures_from or ''}".rstrip(),
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class SafeHeaders:
    """Adds to each answer what it does not say itself, to the refusal of a WebSocket too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opening = "websocket.http.response" in scope.get("extensions", {})

        async def send_with_headers(message: Message) -> None:
            nonlocal opening
            refused = opening and message["type"] == "websocket.close"
            opening = opening and message["type"] not in ("websocket.accept", "websocket.close")
            if refused:
                await Response(status_code=403)(scope, receive, send_with_headers)
                return
            if message["type"] in STARTS:
                headers = MutableHeaders(scope=message)
                for name, value in EVERYWHERE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)
