"""Verifying an image: its recipe is rendered again, beside the ledger, and compared with the file that is kept.

The ledger renders a recipe once and keeps the first picture; what is made here is compared and dropped.
"""

import asyncio
from dataclasses import dataclass, field

from domain.access import Caller, Scope
from domain.errors import Conflict, EnginesStopped, EngineUnavailable, NotFound, QueueFull, RenderFailed
from domain.generations import ClaimedRender, Priority
from domain.ids import new_id
from domain.images import Image
from domain.pictures import FileState
from domain.ports import Comparing, Difference, Engines, PictureFiles, RenderedPicture, UnitsOfWork

MOST = 4
TIMEOUT_S = 60.0
RETRY_MS = 5000
PATH = ("input", "imageId")


@dataclass(frozen=True, slots=True)
class Verification:
    """`difference` is None where nothing that can be compared is kept."""

    file: FileState
    difference: Difference | None
    device: str
    render_ms: float


@dataclass(frozen=True, slots=True)
class Verifying:
    units: UnitsOfWork
    files: PictureFiles
    engines: Engines
    comparing: Comparing
    under_way: set[str] = field(default_factory=set)

    async def verify(self, caller: Caller, image_id: str) -> Verification:
        """Raises Forbidden, NotFound, QueueFull, EngineUnavailable, or Conflict where it cannot be rendered here."""
        caller.require(Scope.GENERATE)
        image = await self._image(caller, image_id)
        if reason := self.engines.unavailable_reason():
            raise EngineUnavailable(f"no engine can be started: {reason}")
        if len(self.under_way) >= MOST:
            raise QueueFull(f"{MOST} images are being verified; try again", retry_after_ms=RETRY_MS)
        key = new_id()
        self.under_way.add(key)
        try:
            rendered = await self._render(image, key)
            stored = await self.files.read(image.picture)
            difference = await self.comparing.compare(stored.content, rendered.encoded.image)
        finally:
            self.under_way.discard(key)
        return Verification(stored.state, difference, rendered.device, rendered.render_ms)

    async def _image(self, caller: Caller, image_id: str) -> Image:
        async with self.units.reading() as unit:
            found = (await unit.images.get_many([image_id])).get(image_id)
        if found is None or not caller.sees(found.owner):
            raise NotFound("there is no such image", PATH)
        return found

    async def _render(self, image: Image, key: str) -> RenderedPicture:
        """As a claim that no ledger knows: urgent, and dropped if it takes too long."""
        claim = ClaimedRender(key, key, 0, 1, Priority.INTERACTIVE, image.recipe, 0.0)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self.engines.render(claim)
        except TimeoutError:
            raise EngineUnavailable(f"no engine rendered it within {TIMEOUT_S:.0f} s; try again later") from None
        except EnginesStopped as error:
            raise EngineUnavailable("the engines are starting or stopping; try again") from error
        except RenderFailed as error:
            raise Conflict(error.message, PATH) from error
