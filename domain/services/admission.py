"""Who is let in, and who has to leave again: proofs are looked at when somebody comes, and every second they stay."""

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from domain.access import LOCAL, Caller
from domain.errors import Unauthenticated
from domain.ports import Authenticator

logger = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0
"""How long somebody stays at most after their proof has lost its force: an open socket, a followed stream."""


@dataclass(frozen=True, slots=True)
class Authenticators:
    """Several kinds of proof, asked one after another: tokens first, then links into studies."""

    chain: Sequence[Authenticator]

    async def callers(self, bearers: Collection[str]) -> Mapping[str, Caller]:
        known: dict[str, Caller] = {}
        for authenticator in self.chain:
            left = [bearer for bearer in bearers if bearer not in known]
            if left:
                known.update(await authenticator.callers(left))
        return known


class Admission:
    """`stranger` is who those are that prove nothing: everybody is LOCAL where access is off, nobody where it is on."""

    def __init__(self, authenticator: Authenticator = Authenticators(()), stranger: Caller | None = LOCAL) -> None:
        self._authenticator = authenticator
        self._stranger = stranger
        self._staying: dict[asyncio.Event, str] = {}
        self._left = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    @property
    def required(self) -> bool:
        """Whether nobody gets in without a proof."""
        return self._stranger is None

    async def admit(self, bearer: str | None) -> Caller:
        """Raises Unauthenticated."""
        known = await self._authenticator.callers([bearer]) if bearer else {}
        caller = known.get(bearer or "", self._stranger)
        if caller is None:
            raise Unauthenticated("this token is unknown, expired or revoked" if bearer else "this needs a token")
        return caller

    @contextmanager
    def staying(self, caller: Caller, bearer: str | None) -> Iterator[asyncio.Event]:
        """Within the context; the event is set once what let this caller in would do so no longer."""
        over = asyncio.Event()
        if bearer is None or caller is self._stranger:
            yield over  # who proved nothing has nothing to lose
            return
        self._staying[over] = bearer
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look_again())
        try:
            yield over
        finally:
            del self._staying[over]
            self._left.set()

    async def _look_again(self) -> None:
        """One read a second for all who are there, and an end when nobody is."""
        while self._staying:
            self._left.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._last_left(), LOOK_AGAIN_S)
            await self._turn_out()

    async def _last_left(self) -> None:
        while self._staying:
            await self._left.wait()
            self._left.clear()

    async def _turn_out(self) -> None:
        if not self._staying:
            return
        try:
            known = await self._authenticator.callers(set(self._staying.values()))
        except Exception:  # nothing can be read now, by those who stay neither
            logger.warning("those who stay could not be looked at again", exc_info=True)
            return
        for over, bearer in self._staying.items():
            if bearer not in known:
                over.set()
