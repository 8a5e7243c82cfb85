"""So many requests a minute for each client, whom its address tells: who asks more often is told when to come back.

Pictures and probes cost little and are not counted, as a page of thumbnails is a hundred requests. A socket's messages
are: they wait their turn, so that no operation of it is lost.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.loopback import is_loopback
from graph.refusals import too_often
from graph.urls import SIGNED, STATIC

A_MINUTE = 3_000
"""Where nothing else is set. A room full of participants may share one address."""

AT_ONCE_S = 10.0
"""How many seconds' requests a client may send at once that was silent before."""

MOST_CLIENTS = 50_000
FREE = (f"{STATIC}/", f"{SIGNED}/", "/graphiql/", "/livez", "/readyz")


class Rates:
    """Of each client only when it will have used up what it sent (the generic cell rate algorithm)."""

    def __init__(
        self, a_minute: int = A_MINUTE, *, loopback: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._every_s = 60 / a_minute
        self._ahead_s = max(AT_ONCE_S, self._every_s)
        self._loopback = loopback
        self._now = now
        self._until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def counts(self, host: str) -> bool:
        return self._loopback or not is_loopback(host)

    def take(self, host: str) -> float:
        """0 if the client may; else how many seconds until it may again."""
        left_s = self._left_s(host)
        if left_s <= 0:
            self._use(host)
        return max(0.0, left_s)

    def reserve(self, host: str) -> float:
        """The same, but its turn is kept for it."""
        left_s = self._left_s(host)
        self._use(host)
        return max(0.0, left_s)

    def _left_s(self, host: str) -> float:
        now = self._now()
        return max(now, self._until.get(_client(host), now)) + self._every_s - now - self._ahead_s

    def _use(self, host: str) -> None:
        now, client = self._now(), _client(host)
        self._until[client] = max(now, self._until.get(client, now)) + self._every_s
        self._until.move_to_end(client)
        while self._until and (len(self._until) > MOST_CLIENTS or next(iter(self._until.values())) <= now):
            self._until.popitem(last=False)


class PerClient:
    """HTTP 429 and Retry-After for who asks too often; the messages of sockets are taken when it is their turn."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app = app
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = (scope.get("client") or ("",))[0]
        if not host or not self.rates.counts(host) or scope["path"].startswith(FREE):
            await self.app(scope, receive, send)
        elif wait_s := self.rates.take(host):
            await too_often(wait_s)(scope, receive, send)
        else:
            await self.app(scope, self._paced(receive, host) if scope["type"] == "websocket" else receive, send)

    def _paced(self, receive: Receive, host: str) -> Receive:
        async def receive_paced() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and (wait_s := self.rates.reserve(host)):
                await asyncio.sleep(wait_s)
            return message

        return receive_paced


def _client(host: str) -> str:
    """Of IPv6 the first 64 bits, as everybody has all addresses behind them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else host
