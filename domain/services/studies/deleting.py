"""Deleting a study: its rows at once, then the images that were made for it, some at a time, so that nobody waits long.

What a death between leaves, the next deletion or a sweep takes up.
"""

from dataclasses import dataclass

from domain.access import Caller, Scope
from domain.errors import Conflict
from domain.ports import Engines, PictureFiles, UnitsOfWork, WakeUps
from domain.services.forgetting import check_gone
from domain.services.studies.researching import own_study

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LeftImages:
    """Of studies that are gone. No collection keeps one: what studies made goes or stays with them."""

    units: UnitsOfWork
    files: PictureFiles

    async def forget(self) -> None:
        """A picture goes with the last image that shows it."""
        while await self._forget_some():
            pass

    async def _forget_some(self) -> bool:
        """False where none was left."""
        moment = self.files.moment()
        async with self.units.deleting() as unit:
            going = await unit.studies.left_images(AT_ONCE)
            unused = await unit.images.delete(going)
            if not going:
                await unit.studies.forget_renderings()
            await unit.commit()
        await self.files.discard(unused, moment)
        return bool(going)


@dataclass(frozen=True, slots=True)
class StudyDeletion:
    units: UnitsOfWork
    files: PictureFiles
    engines: Engines
    wake_ups: WakeUps

    async def delete(self, caller: Caller, study_id: str) -> None:
        """Also where it is gone already. What it still renders is canceled.

        Raises Conflict while anybody was invited; NotFound or Forbidden.
        """
        caller.require(Scope.RESEARCH)
        async with self.units.deleting() as unit:
            if study_id not in await unit.studies.get_many([study_id]):
                await check_gone(caller, unit, study_id, "study")
                return
            study = await own_study(caller, unit, study_id)
            if count := await unit.study_sessions.count(study_id):
                raise Conflict(f"this study has {count} sessions; delete those first", ("input", "id"))
            stopped = await unit.studies.unfinished(study_id)
            for generation_id in stopped:
                await unit.generations.cancel(generation_id)
            await unit.studies.delete(study_id)
            await unit.forgotten.add({study_id: study.owner})
            await unit.commit()
        for generation_id in stopped:
            self.engines.cancel(generation_id)
        self.wake_ups.notify(stopped)
        await LeftImages(self.units, self.files).forget()
