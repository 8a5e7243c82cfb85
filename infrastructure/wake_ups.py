"""Wake-ups within one process: thousands of listeners, each with one flag and nothing that could pile up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

Wait = Callable[[float], Awaitable[bool]]


class InProcessWakeUps:
    """The domain's port `WakeUps`. For the event loop's thread only."""

    def __init__(self) -> None:
        self._following: dict[str | None, set[asyncio.Event]] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def listeners(self) -> int:
        return sum(len(flags) for flags in self._following.values())

    def notify(self, generation_ids: Iterable[str]) -> None:
        moved = set(generation_ids)
        for key in (*moved, None) if moved else ():
            for flag in self._following.get(key, ()):
                flag.set()

    @asynccontextmanager
    async def listen(self, generation_id: str | None = None) -> AsyncIterator[Wait]:
        flag = asyncio.Event()
        flags = self._following.setdefault(generation_id, set())
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
            if not flags and self._following.get(generation_id) is flags:
                del self._following[generation_id]

    def close(self) -> None:
        """Wake everybody; from now on nobody waits."""
        self._closed = True
        for flags in self._following.values():
            for flag in flags:
                flag.set()
