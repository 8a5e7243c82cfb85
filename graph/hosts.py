"""Where access is off, what a browser was led here by under another name is refused.

A page may give its own name this machine's address (DNS rebinding): to the browser the service is then the page's own,
and neither CORS nor the Origin check stands between them. The Host header tells.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.loopback import is_loopback
from graph.refusals import refusal

ADVICE = (
    "this service answers under this machine's own names; set MANGANACE_PUBLIC_URL to the address that clients use, "
    "or switch access on"
)


class OwnNames:
    """`names`: the hosts of addresses, beside this machine's own, under which the service may be asked."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host") if scope["type"] in ("http", "websocket") else None
        if host is None or self._is_own(host):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(421, ADVICE, {})(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})  # before it was accepted: HTTP 403

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name) or name in self.names
