"""Following generations: a wake-up says that a row moved, and the row says how things are now.

So a watcher that comes late, or back, or misses a wake-up, misses nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import NotFound
from domain.generations import Generation, GenerationFilter
from domain.ports import UnitsOfWork, WakeUps

POLL_S = 5.0
"""A row is looked at this often even if no wake-up comes: another process may have moved it."""

FIRST_LOOK_S = 0.25
"""Who waits looks then at the latest: the generation may have ended before its wake-ups were listened to."""

PAUSE_S = 0.2
"""Between two events of a generation of many images: nobody reads faster, and each costs a read."""

PAGE = 100


@dataclass(frozen=True, slots=True)
class Watching:
    units: UnitsOfWork
    wake_ups: WakeUps

    async def wait(self, generation: Generation, wait_ms: int) -> Generation:
        """The generation once it has ended, or as it is when the time has passed."""
        if generation.status.terminal or wait_ms == 0:
            return generation
        async with self.wake_ups.listen(generation.id, ends=True) as wait:
            left_s, look_s = wait_ms / 1000, FIRST_LOOK_S
            deadline = asyncio.get_running_loop().time() + left_s
            while True:
                await wait(min(left_s, look_s))
                latest, look_s = await self._read(generation.id), POLL_S
                left_s = deadline - asyncio.get_running_loop().time()
                if latest.status.terminal or left_s <= 0 or self.wake_ups.closed:
                    return latest

    async def updates(self, caller: Caller, generation_id: str) -> AsyncGenerator[Generation, None]:
        """The state now, then each newer one; ends after a terminal state or when the service stops.

        Of a generation of many images the states within PAUSE_S after another are left out; the terminal one comes.
        Raises NotFound.
        """
        seen = -1
        async with self.wake_ups.listen(generation_id) as wait:
            while True:
                generation = await self._read(generation_id)
                if not caller.sees(generation.owner):
                    raise NotFound("there is no such generation", ("id",))
                if generation.version > seen:
                    seen = generation.version
                    yield generation
                if generation.status.terminal or self.wake_ups.closed:
                    return
                if generation.total > 1:
                    await asyncio.sleep(PAUSE_S)
                await wait(POLL_S)

    async def completions(
        self, caller: Caller, session_id: str | None = None, after: str | None = None
    ) -> AsyncGenerator[Generation, None]:
        """Generations that end from now on; with `after`, those that ended since that one first.

        Raises NotFound when there is no generation `after`.
        """
        where = GenerationFilter(owner=caller.lists, session_id=session_id)
        async with self.wake_ups.listen() as wait:
            number = await self._start(caller, after)
            while True:
                ended = await self._ended_after(number, where)
                for generation in ended:
                    yield generation
                    number = generation.ended_number or number
                if self.wake_ups.closed:
                    return
                if len(ended) < PAGE:
                    await wait(POLL_S)

    async def _start(self, caller: Caller, after: str | None) -> int:
        async with self.units.reading() as unit:
            if after is None:
                return await unit.generations.last_ended_number()
            found = (await unit.generations.get_many([after])).get(after)
        if found is None or not caller.sees(found.owner):
            raise NotFound("there is no such generation", ("after",))
        if found.ended_number is None:
            raise NotFound("this generation has not ended yet; give the last one that you saw end", ("after",))
        return found.ended_number

    async def _ended_after(self, number: int, where: GenerationFilter) -> list[Generation]:
        async with self.units.reading() as unit:
            return list(await unit.generations.ended_after(number, PAGE, where))

    async def _read(self, generation_id: str) -> Generation:
        async with self.units.reading() as unit:
            found = (await unit.generations.get_many([generation_id])).get(generation_id)
        if found is None:
            raise NotFound("there is no such generation", ("id",))
        return found
