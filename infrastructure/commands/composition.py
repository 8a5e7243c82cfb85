"""What the command line needs from the composition root, which it may not import."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from infrastructure.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its ASGI app, and what to call when it is about to stop."""

    app: Any
    begin_stop: Callable[[], None]
    """Ends subscriptions and stops claiming, so that open connections can close."""


@dataclass(frozen=True, slots=True)
class Composition:
    open_service: Callable[[Settings], AbstractAsyncContextManager[Service]]
    export_sdl: Callable[[], str]
    name: str
    """And version, as pictures carry it."""
