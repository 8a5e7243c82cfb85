"""Animations whose files are missing or damaged: written again from their frames, which are repaired before."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from domain.animations import AnimationFile, animation_path
from domain.errors import RenderFailed, StorageFailed
from domain.pictures import FileState, image_path
from domain.ports import UnitsOfWork
from domain.repairs import KeptAnimation
from infrastructure.animations.making import AnimationMaking
from infrastructure.files import DiskPictureFiles
from infrastructure.repairing.finding import Finding, Looked, NotRepaired


@dataclass(frozen=True, slots=True)
class AnimationRepair:
    """A dry run only says what would be done."""

    units: UnitsOfWork
    files: DiskPictureFiles
    making: AnimationMaking
    dry_run: bool = False

    async def all(self) -> AsyncIterator[Looked]:
        """Every file, one after the other; one that cannot be repaired holds nobody up."""
        after = ""
        while True:
            async with self.units.reading() as unit:
                kept = await unit.animations.next_kept(after)
            if kept is None:
                return
            yield Looked(1, await self._look(kept))
            after = kept.sha256

    async def _look(self, kept: KeptAnimation) -> tuple[Finding, ...]:
        path = animation_path(kept.sha256, kept.format)
        state = await self.files.state(path, kept.sha256)
        if state is FileState.INTACT:
            return ()
        try:
            return (Finding(path, state, await self._mended(kept, path)),)
        except (NotRepaired, RenderFailed, StorageFailed) as error:
            return (Finding(path, state, str(error), mended=False),)

    async def _mended(self, kept: KeptAnimation, path: str) -> str:
        if self.dry_run:
            return "would be written again from its frames"
        await self._check_frames(kept)
        file = await self.making.made(kept)
        if file.sha256 == kept.sha256:
            return "written again from its frames"
        if not await self._recorded(kept, file):
            return "its row has changed meanwhile"
        return f"written again from its frames, as {animation_path(file.sha256, kept.format)}"

    async def _check_frames(self, kept: KeptAnimation) -> None:
        """What nobody looked at is not shown: a frame may be damaged and can be decoded all the same."""
        if "" in kept.frames:
            raise NotRepaired("the image of a frame was deleted; ask for the morph again")
        for sha256 in set(kept.frames):
            if await self.files.state(image_path(sha256), sha256) is not FileState.INTACT:
                raise NotRepaired("the image of a frame is missing or damaged")

    async def _recorded(self, kept: KeptAnimation, file: AnimationFile) -> bool:
        """While nobody else writes: none takes the old name over from its like meanwhile."""
        async with self.units.deleting() as unit:
            replaced = await unit.animations.replace(kept, file)
            await unit.commit()
        return replaced
