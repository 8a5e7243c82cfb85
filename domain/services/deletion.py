"""Deleting images, one by one or with their session: rows first, whole or not at all, then the files nobody needs.

A file goes only if it is as old as it was when the deletion began: who stored the same picture since then keeps it,
although its row may not be written yet. What a death between rows and files leaves behind is swept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.bulk import Named, Outcome, check_items, each_path, own_images
from domain.errors import Conflict, UserFault
from domain.images import Image
from domain.pictures import Unused
from domain.ports import Engines, PictureFiles, UnitOfWork, UnitsOfWork, WakeUps
from domain.services.forgetting import check_gone
from domain.services.sessions import own_session

IMAGES = ("input", "imageIds")


@dataclass(frozen=True, slots=True)
class Deletion:
    units: UnitsOfWork
    files: PictureFiles
    engines: Engines
    wake_ups: WakeUps

    async def images(
        self, caller: Caller, image_ids: Sequence[Named], path: Sequence[str] = IMAGES
    ) -> Sequence[Outcome[str]]:
        """The ids of those that are gone, now or since an earlier request; what is kept in a collection stays.

        Raises Invalid, with nothing changed.
        """
        check_items(image_ids, path)
        moment = self.files.moment()
        async with self.units.deleting() as unit:
            images = await own_images(caller, unit, image_ids, path)
            outcomes = await _outcomes(caller, unit, image_ids, images, path)
            going = {
                image.id: image.owner
                for image, outcome in zip(images, outcomes, strict=True)
                if isinstance(image, Image) and outcome.fault is None
            }
            unused = await forget_images(unit, going)
            await unit.commit()
        await self.files.discard(unused, moment)
        return outcomes

    async def session(self, caller: Caller, session_id: str) -> str:
        """With its images; what it still makes is canceled. Its id, also where it is gone already.

        Raises NotFound, or Conflict while an image of it is kept in a collection; nothing is changed then.
        """
        moment = self.files.moment()
        async with self.units.deleting() as unit:
            if session_id not in await unit.sessions.get_many([session_id]):
                await check_gone(caller, unit, session_id, "session")
                return session_id
            session = await own_session(caller, unit, session_id)
            if kept := await unit.collections.keeping_session(session_id):
                raise Conflict(
                    f"images of this session are kept in {_list(kept)}; take them out first", ("input", "id")
                )
            stopped = await unit.sessions.unfinished(session_id)
            for generation_id in stopped:
                await unit.generations.cancel(generation_id)
            unused = await forget_images(unit, dict(await unit.sessions.images(session_id)))
            await unit.sessions.delete(session_id)
            await unit.forgotten.add({session_id: session.owner})
            await unit.commit()
        for generation_id in stopped:
            self.engines.cancel(generation_id)
        self.wake_ups.notify(stopped)
        await self.files.discard(unused, moment)
        return session_id


async def forget_images(unit: UnitOfWork, owners: Mapping[str, str]) -> Unused:
    """Delete images, none of which is kept; `owners` by their ids. The unit is a deleting one."""
    unused = await unit.images.delete(list(owners))
    await unit.forgotten.add(owners)
    return unused


async def _outcomes(
    caller: Caller,
    unit: UnitOfWork,
    image_ids: Sequence[Named],
    images: Sequence[Image | UserFault],
    path: Sequence[str],
) -> list[Outcome[str]]:
    gone = await unit.forgotten.owners([named for named in image_ids if isinstance(named, str)])
    kept = await unit.collections.keeping([image.id for image in images if isinstance(image, Image)])
    outcomes: list[Outcome[str]] = []
    for index, (named, image) in enumerate(zip(image_ids, images, strict=True)):
        if isinstance(image, Image) and image.id in kept:
            reason = f"this image is kept in {_list(kept[image.id])}; take it out first"
            outcomes.append(Outcome(fault=Conflict(reason, each_path(path, index))))
        elif isinstance(image, Image):
            outcomes.append(Outcome(value=image.id))
        elif isinstance(named, str) and named in gone and caller.owns(gone[named]):
            outcomes.append(Outcome(value=named))
        else:
            outcomes.append(Outcome(fault=image))
    return outcomes


def _list(names: Sequence[str]) -> str:
    """Of collections, the first three by name."""
    shown = ", ".join(repr(name) for name in names[:3])
    return f"{'the collection' if len(names) == 1 else 'the collections'} {shown}{', …' if len(names) > 3 else ''}"
