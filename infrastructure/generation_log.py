"""One line in the log for each generation, when it ends: how, and what its pictures took."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass

from domain.generations import ClaimedRender, Generation
from domain.ports import RenderedPicture, UnitsOfWork, WakeUps

PAGE = 100
LOOK_S = 5.0
PAUSE_S = 0.2
"""After a wake-up, for the others that come with it: each look costs a read."""

MOST_REMEMBERED = 10_000

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Took:
    """Milliseconds of a generation's pictures: the longest wait, and sums of the rest."""

    device: str
    queue_ms: float = 0.0
    render_ms: float = 0.0
    encode_ms: float = 0.0
    store_ms: float = 0.0


class GenerationLog:
    """Follows the rows, so that what was canceled, shared or made by another process has its line too."""

    def __init__(self, units: UnitsOfWork, wake_ups: WakeUps) -> None:
        self._units = units
        self._wake_ups = wake_ups
        self._took: OrderedDict[str, _Took] = OrderedDict()
        self._number: int | None = None

    def made(self, claim: ClaimedRender, rendered: RenderedPicture, store_ms: float) -> None:
        """Note what a picture took, before its row is written."""
        took = self._took.setdefault(claim.generation_id, _Took(rendered.device))
        took.queue_ms = max(took.queue_ms, rendered.queue_ms)
        took.render_ms += rendered.render_ms
        took.encode_ms += rendered.encode_ms
        took.store_ms += store_ms
        while len(self._took) > MOST_REMEMBERED:
            self._took.popitem(last=False)

    async def run(self) -> None:
        """From those that end after this call to the close of the wake-ups, or cancellation."""
        async with self._wake_ups.listen() as wait:
            while not self._wake_ups.closed:
                try:
                    await self.catch_up()
                except Exception:
                    logger.exception("the generations that ended could not be read; trying again")
                if await wait(LOOK_S) and not self._wake_ups.closed:
                    await asyncio.sleep(PAUSE_S)

    async def catch_up(self) -> None:
        """Write the lines that are due."""
        async with self._units.reading() as unit:
            if self._number is None:
                self._number = await unit.generations.last_ended_number()
            ended = await unit.generations.ended_after(self._number, PAGE)
        while ended:
            for generation in ended:
                self._write(generation)
                self._number = generation.ended_number
            async with self._units.reading() as unit:
                ended = await unit.generations.ended_after(self._number or 0, PAGE) if len(ended) == PAGE else ()

    def _write(self, generation: Generation) -> None:
        took = self._took.pop(generation.id, None)
        fields: dict[str, object] = {"generation_id": generation.id, "outcome": generation.status.value}
        if took is not None:
            fields["device"] = took.device
            fields |= {
                name: round(getattr(took, name), 1) for name in ("queue_ms", "render_ms", "encode_ms", "store_ms")
            }
        if generation.failure is not None:
            fields["code"] = generation.failure.code
        logger.info("generation ended", extra={**fields, "images": generation.done})
