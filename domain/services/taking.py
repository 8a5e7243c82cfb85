"""Taking a picture along: in the format that was asked for, under a name that says what it shows."""

from dataclasses import dataclass

from domain.access import Caller, Scope
from domain.copies import CopyForm, CopyFormat, file_stem
from domain.errors import NotFound
from domain.images import Image
from domain.pictures import FileState
from domain.ports import Copies, PictureFiles, UnitsOfWork


@dataclass(frozen=True, slots=True)
class TakenPicture:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class TakingAway:
    units: UnitsOfWork
    files: PictureFiles
    copies: Copies

    async def image(self, caller: Caller, image_id: str) -> Image:
        """Raises Forbidden, or NotFound for what the caller does not see."""
        caller.require(Scope.READ)
        async with self.units.reading() as unit:
            found = (await unit.images.get_many([image_id])).get(image_id)
        if found is None or not caller.sees(found.owner):
            raise NotFound("there is no such image", ("id",))
        return found

    async def take(self, image: Image, form: CopyForm) -> TakenPicture:
        """Raises Invalid, QueueFull or StorageFailed; NotFound where its file is gone or damaged."""
        form.check()
        stored = await self.files.read(image.picture)
        if stored.state is not FileState.INTACT:
            raise NotFound(f"the file of this image is {stored.state.value} and cannot be given away")
        content = stored.content
        if form.format is not CopyFormat.PNG:
            content = await self.copies.copy(content, image.recipe, form)
        return TakenPicture(f"{file_stem(image.recipe, image.applied)}.{form.format.value}", content)
