"""Tags and stars: kept, put on images and taken off."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.bulk import Named, Outcome, check_items, each_path, own_images
from domain.errors import Conflict, Invalid, NotFound, UserFault
from domain.ids import new_id
from domain.images import Image
from domain.ports import UnitOfWork, UnitsOfWork
from domain.services.forgetting import check_gone
from domain.tags import BUILT_IN, MAX_NAME, MAX_TAGS, Tag
from domain.texts import checked_name

IMAGES = ("input", "imageIds")


@dataclass(frozen=True, slots=True)
class Tags:
    units: UnitsOfWork

    async def create(self, caller: Caller, name: str) -> Tag:
        """Raises Invalid, or Conflict for a name that is taken."""
        checked = checked_name(name, MAX_NAME, ("input", "name"))
        async with self.units.writing() as unit:
            await _check_free(unit, caller.owner, checked)
            tag_id = new_id()
            if not await unit.tags.add(tag_id, caller.owner, checked):
                raise _taken(checked)
            tag = (await unit.tags.get_many([tag_id]))[tag_id]
            await unit.commit()
        return tag

    async def rename(self, caller: Caller, tag_id: str, name: str) -> Tag:
        """Raises Invalid, NotFound, or Conflict for a built-in tag or a name that is taken."""
        checked = checked_name(name, MAX_NAME, ("input", "name"))
        async with self.units.writing() as unit:
            tag = await _own_tag(caller, unit, tag_id)
            await _check_free(unit, tag.owner, checked, besides=tag_id)
            await unit.tags.rename(tag_id, checked)
            tag = (await unit.tags.get_many([tag_id]))[tag_id]
            await unit.commit()
        return tag

    async def delete(self, caller: Caller, tag_id: str) -> str:
        """Off all images; the images stay. Its id, also where it is gone already. Raises as `rename` does."""
        async with self.units.deleting() as unit:
            if tag_id in await unit.tags.get_many([tag_id]):
                tag = await _own_tag(caller, unit, tag_id)
                await unit.tags.delete(tag_id)
                await unit.forgotten.add({tag_id: tag.owner})
                await unit.commit()
            else:
                await check_gone(caller, unit, tag_id, "tag")
        return tag_id

    async def put(
        self, caller: Caller, image_ids: Sequence[Named], add: Sequence[str], remove: Sequence[str]
    ) -> Sequence[Outcome[Image]]:
        """Put tags on images and take others off; what is as it should be already stays so.

        Raises Invalid, or NotFound for a tag, with nothing changed.
        """
        check_items(image_ids, IMAGES)
        async with self.units.writing() as unit:
            adding = await known_tags(caller, unit, add, ("input", "add"))
            removing = await known_tags(caller, unit, remove, ("input", "remove"))
            images = await own_images(caller, unit, image_ids, IMAGES)
            outcomes = await tagged(unit, images, adding, removing, IMAGES)
            await unit.commit()
        return outcomes

    async def star(self, caller: Caller, image_ids: Sequence[Named], *, starred: bool) -> Sequence[Outcome[Image]]:
        """Raises Invalid, with nothing changed."""
        check_items(image_ids, IMAGES)
        async with self.units.writing() as unit:
            images = await own_images(caller, unit, image_ids, IMAGES)
            keys = [image.id for image in images if isinstance(image, Image)]
            await unit.images.star(keys, starred=starred)
            now = await unit.images.get_many(keys)
            await unit.commit()
        return [
            Outcome(fault=image) if isinstance(image, UserFault) else Outcome(value=now[image.id]) for image in images
        ]


async def known_tags(caller: Caller, unit: UnitOfWork, ids: Sequence[str], path: Sequence[str]) -> list[Tag]:
    """Tags that the caller may use. Raises Invalid for too many, or NotFound."""
    if len(ids) > MAX_TAGS:
        raise Invalid(f"at most {MAX_TAGS} tags at once", path)
    found = await unit.tags.get_many(ids)
    for index, tag_id in enumerate(ids):
        tag = found.get(tag_id)
        if tag is None or not (tag.built_in or caller.owns(tag.owner)):
            raise NotFound("there is no such tag", (*path, str(index)))
    return list(found.values())


async def tagged(
    unit: UnitOfWork,
    images: Sequence[Image | UserFault],
    adding: Sequence[Tag],
    removing: Sequence[Tag],
    path: Sequence[str],
) -> list[Outcome[Image]]:
    """Change the tags of those that can take them."""
    before = await unit.tags.of_images([image.id for image in images if isinstance(image, Image)])
    outcomes: list[Outcome[Image]] = []
    for index, image in enumerate(images):
        if isinstance(image, UserFault):
            outcomes.append(Outcome(fault=image))
            continue
        fault = _fault(image, before.get(image.id, ()), adding, removing, each_path(path, index))
        outcomes.append(Outcome(fault=fault) if fault else Outcome(value=image))
    changing = [outcome.value for outcome in outcomes if outcome.value is not None]
    await unit.tags.take_off([image.id for image in changing], [tag.id for tag in removing])
    await unit.tags.put_on([image.id for image in changing], [tag.id for tag in adding])
    return outcomes


def _fault(
    image: Image, before: Sequence[Tag], adding: Sequence[Tag], removing: Sequence[Tag], path: Sequence[str]
) -> UserFault | None:
    if any(tag.owner not in (BUILT_IN, image.owner) for tag in adding):
        return Conflict("an image takes the tags of its own owner, and those that are built in", path)
    after = {tag.id for tag in (*before, *adding)} - ({tag.id for tag in removing} - {tag.id for tag in adding})
    if len(after) > MAX_TAGS:
        return Conflict(f"an image has at most {MAX_TAGS} tags; take some off first", path)
    return None


async def _own_tag(caller: Caller, unit: UnitOfWork, tag_id: str) -> Tag:
    tag = (await unit.tags.get_many([tag_id])).get(tag_id)
    if tag is not None and tag.built_in:
        raise Conflict(f"the tag {tag.name!r} is built in: it cannot be changed", ("input", "id"))
    if tag is None or not caller.owns(tag.owner):
        raise NotFound("there is no such tag", ("input", "id"))
    return tag


async def _check_free(unit: UnitOfWork, owner: str, name: str, besides: str = "") -> None:
    if any(tag.id != besides for tag in await unit.tags.named(name, (owner, BUILT_IN))):
        raise _taken(name)


def _taken(name: str) -> Conflict:
    return Conflict(f"there is a tag {name!r} already; upper and lower case are the same", ("input", "name"))
