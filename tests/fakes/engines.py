"""Engines without a network: a recipe becomes one colour, when the test lets it."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence

import numpy as np

from domain.errors import EnginesStopped, RenderFailed
from domain.generations import ClaimedRender, Priority
from domain.ports import EngineDevice, RenderedPicture
from domain.recipe import Recipe
from infrastructure.encoding import encode

DEVICE = "fake:0"
SERVICE = "Manganace test"


class FakeEngines:
    """The port `Engines`. Renders at once, unless `hold` was called; every render that ended is in `rendered`."""

    def __init__(self, capacity: int = 8) -> None:
        self.capacity = capacity
        self.ready = True
        self.reason: str | None = None
        self.pace: float | None = None
        self.deaf = False
        """As if every render had begun: `cancel` changes nothing."""
        self.rendered: list[ClaimedRender] = []
        self.canceled: list[str] = []
        self.in_hand: list[ClaimedRender] = []
        self._failures: dict[int, deque[Exception]] = {}
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._holding = False
        self._moved = asyncio.Condition()

    def hold(self) -> None:
        """Renders that come from now on wait for `release`."""
        self._holding = True

    def release(self, count: int | None = None) -> None:
        """Let `count` of those that wait go on, oldest first; without it all of them, and hold no longer."""
        self._holding = count is not None
        for render_id in list(self._waiting)[:count]:
            _resolve(self._waiting.pop(render_id), None)

    def fail_seed(self, seed: int, *failures: Exception) -> None:
        """The next renders of this seed end with these, one each."""
        self._failures[seed] = deque(failures)

    async def until_in_hand(self, count: int) -> None:
        """Until so many renders are in hand at once."""
        async with self._moved:
            await self._moved.wait_for(lambda: len(self.in_hand) >= count)

    @property
    def renders_by_seed(self) -> Counter[int]:
        return Counter(claim.recipe.seed for claim in self.rendered)

    async def render(self, claim: ClaimedRender) -> RenderedPicture:
        await self._take(claim)
        try:
            if self._holding:
                gate = self._waiting[claim.id] = asyncio.get_running_loop().create_future()
                await gate
            if failures := self._failures.get(claim.recipe.seed):
                raise failures.popleft()
        finally:
            self._waiting.pop(claim.id, None)
            self.in_hand.remove(claim)
        self.rendered.append(claim)
        encoded = encode(colour_of(claim.recipe), claim.recipe, SERVICE)
        return RenderedPicture(encoded, DEVICE, queue_ms=1.0, render_ms=2.0, encode_ms=3.0)

    def cancel(self, generation_id: str) -> None:
        self.canceled.append(generation_id)
        for claim in self.in_hand:
            if claim.generation_id == generation_id and claim.id in self._waiting and not self.deaf:
                _resolve(self._waiting.pop(claim.id), EnginesStopped())

    def devices(self) -> Sequence[EngineDevice]:
        return (EngineDevice(DEVICE, "fake", self.ready, "" if self.ready else "starting"),)

    def room(self, priority: Priority = Priority.BULK) -> int:
        ahead = sum(claim.priority <= priority for claim in self.in_hand)
        return max(0, self.capacity - ahead) if self.reason is None else 0

    def pace_s(self) -> float | None:
        return self.pace

    def unavailable_reason(self) -> str | None:
        return self.reason

    async def _take(self, claim: ClaimedRender) -> None:
        async with self._moved:
            self.in_hand.append(claim)
            self._moved.notify_all()


def colour_of(recipe: Recipe) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """uint8 [height, width, 3] of one colour, another for (almost) every recipe."""
    pixels = np.empty((recipe.height, recipe.width, 3), np.uint8)
    pixels[:] = tuple(bytes.fromhex(recipe.key[:6]))
    return pixels


def failing(code: str = "RENDER_FAILED", *, final: bool = False) -> RenderFailed:
    return RenderFailed(code, "the face could not be rendered", final=final)


def _resolve(gate: "asyncio.Future[None]", error: Exception | None) -> None:
    if gate.done():
        return
    if error is None:
        gate.set_result(None)
    else:
        gate.set_exception(error)
