"""`serve`: the service over HTTP until a signal, then an orderly end within seconds."""

import argparse
import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from domain.loopback import is_loopback
from infrastructure.commands.composition import Composition
from infrastructure.settings import PREFIX, Settings, SettingsError

logger = logging.getLogger(__name__)

GRACE_S = 3
"""How long open connections get to close; the work in hand gets what is left of the 10 s."""

MAX_MESSAGE_BYTES = 1 << 20


class Server(uvicorn.Server):
    """Ends the subscriptions first: they are connections that would never close by themselves."""

    def __init__(self, config: uvicorn.Config, begin_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._begin_stop = begin_stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See `_Signals`: uvicorn would raise the signal again at its end, before the service around it has closed."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._begin_stop()
        await super().shutdown(sockets)


class _Signals:
    """SIGINT and SIGTERM, from the start to the end: while the service opens they end that, later the server."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._heard, number)

    def _heard(self, number: int) -> None:
        if self.server is not None:
            self.server.handle_exit(number, None)
        elif self._task is not None:
            self._task.cancel()


def refuse_open_door(host: str, settings: Settings) -> None:
    """Raises SettingsError where everybody on a network could do everything, unless somebody said so on purpose."""
    if settings.access is None and not is_loopback(host):
        raise SettingsError(
            f"{host or 'the empty host'} may be reached from other machines, and access is off. "
            f"Set {PREFIX}ACCESS=required and make tokens (main.py tokens create), "
            f"or {PREFIX}ACCESS=open-to-everyone if everybody may do everything"
        )


def add_to(commands: Any) -> None:
    parser = commands.add_parser("serve", help="serve GraphQL over HTTP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    refuse_open_door(options.host, settings)
    return asyncio.run(_serve(options, settings, composition))


async def _serve(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    try:
        await _serve_until_signalled(options, settings, composition)
    except asyncio.CancelledError:
        logger.info("stopped before the service was open")
    return 0


async def _serve_until_signalled(options: argparse.Namespace, settings: Settings, composition: Composition) -> None:
    signals = _Signals()
    async with composition.open_service(settings) as service:
        config = uvicorn.Config(
            service.app,
            host=options.host,
            port=options.port,
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=MAX_MESSAGE_BYTES,
            timeout_graceful_shutdown=GRACE_S,
            lifespan="off",
        )
        what = "GraphiQL" if settings.shows(settings.graphiql) else "GraphQL"
        print(f"Manganace: {what} at http://{options.host}:{options.port}/graphql", file=sys.stderr)
        signals.server = Server(config, service.begin_stop)
        await signals.server.serve()
