"""Pictures whose files are missing or damaged: the image from its recipe, the thumbnail from its image."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import StorageFailed
from domain.generations import Picture
from domain.pictures import FileState, image_path, thumbnail_path
from domain.ports import EncodedPicture, UnitsOfWork
from domain.recipe import Recipe
from domain.repairs import KeptPicture
from infrastructure.encoding import with_new_thumbnail
from infrastructure.files import DiskPictureFiles
from infrastructure.repairing.finding import Finding, Looked, NotRepaired
from infrastructure.repairing.rendering import Rendering

T = TypeVar("T")

PAGE = 32
"""Pictures in hand at once: what the largest batch takes."""


@dataclass(frozen=True, slots=True)
class PictureRepair:
    """`service` is what new thumbnails say they were made by. A dry run only says what would be done."""

    units: UnitsOfWork
    files: DiskPictureFiles
    rendering: Rendering
    service: str
    dry_run: bool = False

    async def all(self) -> AsyncIterator[Looked]:
        """Every picture, a page at a time; one that cannot be repaired holds nobody up."""
        after = ""
        while True:
            async with self.units.reading() as unit:
                page = await unit.pictures.following(after, PAGE)
            if not page:
                return
            found = await asyncio.gather(*(self._look(kept) for kept in page))
            yield Looked(2 * len(page), tuple(finding for findings in found for finding in findings))
            after = page[-1].recipe_key

    async def _look(self, kept: KeptPicture) -> list[Finding]:
        image, thumbnail = _paths(kept.picture)
        states = {
            image: await self.files.state(image, kept.picture.sha256),
            thumbnail: await self.files.state(thumbnail, kept.picture.thumbnail_sha256),
        }
        broken = {path: state for path, state in states.items() if state is not FileState.INTACT}
        if not broken:
            return []
        try:
            told = await self._mended(kept, whole=image not in broken)
        except (NotRepaired, StorageFailed) as error:
            return [Finding(path, state, str(error), mended=False) for path, state in broken.items()]
        return [Finding(path, state, told[path]) for path, state in broken.items()]

    async def _mended(self, kept: KeptPicture, *, whole: bool) -> Mapping[str, str]:
        """What is told of each file; `whole`: the image is, and its thumbnail is made from it."""
        recipe = _recipe(kept)
        names, made = _paths(kept.picture), "made again from its image" if whole else "rendered again"
        if self.dry_run:
            if not whole:
                await self._naming(recipe, self.rendering.check(recipe))
            return dict.fromkeys(names, f"would be {made}")
        fresh = await self.files.restore(
            await (self._with_thumbnail(kept, recipe) if whole else self._naming(recipe, self.rendering.render(recipe)))
        )
        if fresh != kept.picture and not await self._recorded(kept, fresh):
            return dict.fromkeys(names, "its row has changed meanwhile")
        return {old: made if old == new else f"{made}, as {new}" for old, new in zip(names, _paths(fresh), strict=True)}

    async def _recorded(self, kept: KeptPicture, fresh: Picture) -> bool:
        async with self.units.writing() as unit:
            replaced = await unit.pictures.replace(kept, fresh)
            await unit.commit()
        return replaced

    async def _with_thumbnail(self, kept: KeptPicture, recipe: Recipe) -> EncodedPicture:
        stored = await self.files.read(kept.picture)
        if stored.state is not FileState.INTACT:
            raise NotRepaired("its image is not whole any more")
        return await asyncio.to_thread(with_new_thumbnail, stored.content, recipe, self.service)

    async def _naming(self, recipe: Recipe, asked: Awaitable[T]) -> T:
        """Where it cannot be done, with the name that the network had when it was here. Raises NotRepaired."""
        try:
            return await asked
        except NotRepaired as error:
            async with self.units.reading() as unit:
                known = await unit.networks.get_many([recipe.network_sha256])
            raise NotRepaired(f"network {known[recipe.network_sha256].name!r}: {error}") from error


def _paths(picture: Picture) -> tuple[str, str]:
    return image_path(picture.sha256), thumbnail_path(picture.thumbnail_sha256)


def _recipe(kept: KeptPicture) -> Recipe:
    try:
        return Recipe.from_json(json.loads(kept.recipe))
    except ValueError as error:
        raise NotRepaired(str(error)) from error
