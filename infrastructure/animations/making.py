"""An animation's file: written by its process, and recorded on the disk under its name before any row names it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from domain.animations import AnimationFile, ClaimedAnimation, animation_path
from domain.pictures import image_path
from domain.repairs import KeptAnimation
from infrastructure.animations.plan import Plan
from infrastructure.animations.process import animate
from infrastructure.files import DiskPictureFiles

FOLDER = "animations"


@dataclass(frozen=True, slots=True)
class AnimationMaking:
    """`service` is what the file says it was made by."""

    files: DiskPictureFiles
    service: str
    make: Callable[[Plan], Awaitable[AnimationFile]] = animate

    async def made(self, animation: ClaimedAnimation | KeptAnimation) -> AnimationFile:
        """Raises RenderFailed or StorageFailed."""
        partial = await self.files.begin(FOLDER)
        try:
            file = await self.make(self._plan(animation, partial))
            await self.files.adopt(partial, animation_path(file.sha256, animation.format))
        finally:
            await asyncio.to_thread(_remove, partial)
        return file

    def _plan(self, animation: ClaimedAnimation | KeptAnimation, partial: Path) -> Plan:
        return Plan(
            form=animation.format.value,
            frames=tuple(str(self.files.path(image_path(sha256))) for sha256 in animation.frames),
            fps=animation.fps,
            loop=animation.loop,
            recipe=animation.recipe,
            service=self.service,
            target=str(partial),
        )


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
