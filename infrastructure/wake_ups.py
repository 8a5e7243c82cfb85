"""Wake-ups within one process: thousands of listeners, each with one flag and nothing that could pile up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

_Followed = tuple[str | None, bool]
"""Which generation, and whether only its end."""

Wait = Callable[[float], Awaitable[bool]]


class InProcessWakeUps:
    """The domain's port `WakeUps`. For the event loop's thread only."""

    def __init__(self) -> None:
        self._following: dict[_Followed, set[asyncio.Event]] = {}
        self._workers: set[asyncio.Event] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def listeners(self) -> int:
        return sum(len(flags) for flags in self._following.values())

    def notify(self, generation_ids: Iterable[str], *, work: bool = True, ended: bool = True) -> None:
        moved = set(generation_ids)
        for key in (*moved, None) if moved else ():
            for ends in (False, True) if ended else (False,):
                _set_all(self._following.get((key, ends), ()))
        if moved and work:
            _set_all(self._workers)

    @asynccontextmanager
    async def listen(self, generation_id: str | None = None, *, ends: bool = False) -> AsyncIterator[Wait]:
        followed = (generation_id, ends)
        flags = self._following.setdefault(followed, set())
        try:
            async with self._listening(flags) as wait:
                yield wait
        finally:
            if not flags and self._following.get(followed) is flags:
                del self._following[followed]

    def listen_for_work(self) -> AbstractAsyncContextManager[Wait]:
        return self._listening(self._workers)

    @asynccontextmanager
    async def _listening(self, flags: set[asyncio.Event]) -> AsyncIterator[Wait]:
        flag = asyncio.Event()
        flags.add(flag)

        async def wait(timeout_s: float) -> bool:
            if self._closed:
                return True
            try:
                async with asyncio.timeout(timeout_s):
                    await flag.wait()
            except TimeoutError:
                return False
            flag.clear()
            return True

        try:
            yield wait
        finally:
            flags.discard(flag)

    def close(self) -> None:
        """Wake everybody; from now on nobody waits."""
        self._closed = True
        for flags in (*self._following.values(), self._workers):
            _set_all(flags)


def _set_all(flags: Iterable[asyncio.Event]) -> None:
    for flag in flags:
        flag.set()
