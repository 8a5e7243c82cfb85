"""Collections: made, changed, filled and emptied. What is in one cannot be deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.bulk import Named, Outcome, check_items, each_path, own_images
from domain.collections import MAX_DESCRIPTION, MAX_NAME, MAX_NOTE, CollectedImage, Collection
from domain.errors import Conflict, NotFound, UserFault
from domain.ids import new_id
from domain.images import Image
from domain.ports import UnitOfWork, UnitsOfWork
from domain.services.forgetting import check_gone
from domain.services.tags import known_tags, tagged
from domain.texts import checked_name, checked_text

NAME, DESCRIPTION, NOTE = ("input", "name"), ("input", "description"), ("input", "note")


@dataclass(frozen=True, slots=True)
class Keeping:
    """What to keep, and with what; `note` None leaves the note of what is kept already as it is."""

    collection_id: str
    image_ids: Sequence[Named]
    note: str | None = None
    tag_ids: Sequence[str] = ()
    path: tuple[str, ...] = ("input", "imageIds")


@dataclass(frozen=True, slots=True)
class Collections:
    units: UnitsOfWork

    async def create(self, caller: Caller, name: str, description: str = "") -> Collection:
        """Raises Invalid."""
        names = checked_name(name, MAX_NAME, NAME), checked_text(description, MAX_DESCRIPTION, DESCRIPTION)
        async with self.units.writing() as unit:
            collection = await unit.collections.add(new_id(), caller.owner, *names)
            await unit.commit()
        return collection

    async def update(
        self, caller: Caller, collection_id: str, name: str | None = None, description: str | None = None
    ) -> Collection:
        """What is None stays as it is. Raises Invalid or NotFound."""
        new_name = None if name is None else checked_name(name, MAX_NAME, NAME)
        new_description = None if description is None else checked_text(description, MAX_DESCRIPTION, DESCRIPTION)
        async with self.units.writing() as unit:
            await _own_collection(caller, unit, collection_id, ("input", "id"))
            await unit.collections.change(collection_id, new_name, new_description)
            collection = (await unit.collections.get_many([collection_id]))[collection_id]
            await unit.commit()
        return collection

    async def delete(self, caller: Caller, collection_id: str) -> str:
        """The images stay, and are kept here no longer. Its id, also where it is gone already.

        Raises NotFound.
        """
        async with self.units.deleting() as unit:
            if collection_id in await unit.collections.get_many([collection_id]):
                collection = await _own_collection(caller, unit, collection_id, ("input", "id"))
                await unit.collections.delete(collection_id)
                await unit.forgotten.add({collection_id: collection.owner})
                await unit.commit()
            else:
                await check_gone(caller, unit, collection_id, "collection")
        return collection_id

    async def collect(self, caller: Caller, keeping: Keeping) -> Sequence[Outcome[CollectedImage]]:
        """Keep images; what is kept already stays, with the new note where one is given.

        Raises Invalid, or NotFound for the collection or a tag, with nothing changed.
        """
        check_items(keeping.image_ids, keeping.path)
        note = None if keeping.note is None else checked_text(keeping.note, MAX_NOTE, NOTE)
        async with self.units.writing() as unit:
            collection = await _own_collection(caller, unit, keeping.collection_id, ("input", "collectionId"))
            tags = await known_tags(caller, unit, keeping.tag_ids, ("input", "tagIds"))
            images = [
                _fitting(collection, image, each_path(keeping.path, index))
                for index, image in enumerate(await own_images(caller, unit, keeping.image_ids, keeping.path))
            ]
            kept = await tagged(unit, images, tags, (), keeping.path)
            keys = {outcome.value.id for outcome in kept if outcome.value is not None}
            entries = await unit.collections.keep(collection.id, sorted(keys), note)
            await unit.commit()
        return [
            Outcome(fault=outcome.fault) if outcome.value is None else Outcome(value=entries[outcome.value.id])
            for outcome in kept
        ]

    async def annotate(self, caller: Caller, entry_id: str, note: str) -> CollectedImage:
        """Raises Invalid or NotFound."""
        checked = checked_text(note, MAX_NOTE, NOTE)
        async with self.units.writing() as unit:
            await _own_entry(caller, unit, entry_id)
            await unit.collections.annotate(entry_id, checked)
            entry = (await unit.collections.entries([entry_id]))[entry_id]
            await unit.commit()
        return entry

    async def release(self, caller: Caller, entry_id: str) -> str:
        """Out of the collection; the image stays. Its id, also where it is gone already.

        Raises NotFound.
        """
        async with self.units.deleting() as unit:
            if entry_id in await unit.collections.entries([entry_id]):
                entry = await _own_entry(caller, unit, entry_id)
                await unit.collections.release(entry_id)
                await unit.forgotten.add({entry_id: entry.owner})
                await unit.commit()
            else:
                await check_gone(caller, unit, entry_id, "collected image")
        return entry_id


def _fitting(collection: Collection, image: Image | UserFault, path: Sequence[str]) -> Image | UserFault:
    if isinstance(image, Image) and image.owner != collection.owner:
        return Conflict("a collection keeps the images of its own owner", path)
    return image


async def _own_collection(caller: Caller, unit: UnitOfWork, collection_id: str, path: Sequence[str]) -> Collection:
    found = (await unit.collections.get_many([collection_id])).get(collection_id)
    if found is None or not caller.owns(found.owner):
        raise NotFound("there is no such collection", path)
    return found


async def _own_entry(caller: Caller, unit: UnitOfWork, entry_id: str) -> CollectedImage:
    found = (await unit.collections.entries([entry_id])).get(entry_id)
    if found is None or not caller.owns(found.owner):
        raise NotFound("there is no such collected image", ("input", "id"))
    return found
