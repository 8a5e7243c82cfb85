"""Taking many images along: a selection is fixed first, and packed when its address is asked for."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.access import Caller, Scope
from domain.copies import file_stem
from domain.errors import Invalid, NotFound
from domain.exports import KEPT, MAX_EXPORT, MAX_EXPORT_IDS, ArchiveEntry, Export, Identify
from domain.ids import new_id
from domain.images import Image, ImageFilter
from domain.manifest import Manifest
from domain.networks import Network
from domain.pictures import FileState
from domain.ports import PictureFiles, UnitOfWork, UnitsOfWork

IDS = ("input", "imageIds")
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Page:
    """Some images of an export, with what is said of them."""

    places: Sequence[tuple[int, str]]
    images: Mapping[str, Image]
    networks: Mapping[str, Network]

    @classmethod
    async def read(cls, unit: UnitOfWork, export: Export, start: int) -> "_Page":
        places = await unit.exports.places(export.id, start, AT_ONCE)
        images = await unit.images.get_many([key for _, key in places])
        networks = await unit.networks.get_many(sorted({image.recipe.network_sha256 for image in images.values()}))
        return cls(places, images, networks)


async def forget_expired(units: UnitsOfWork) -> int:
    """As the next export does; for where none follows. How many there were."""
    async with units.writing() as unit:
        forgotten = await unit.exports.forget(KEPT)
        await unit.commit()
    return forgotten


@dataclass(frozen=True, slots=True)
class Exports:
    """`service` is what manifests say they were made by."""

    units: UnitsOfWork
    files: PictureFiles
    service: str

    async def of_filter(self, caller: Caller, where: ImageFilter) -> Export:
        """The caller's images of today that the filter finds, oldest first.

        Raises Forbidden, and Invalid for none or more than MAX_EXPORT.
        """
        caller.require(Scope.READ)
        async with self.units.writing() as unit:
            await unit.exports.forget(KEPT)
            mine = replace(where, owner=caller.lists)
            export = await unit.exports.add_found(new_id(), caller.owner, mine, MAX_EXPORT + 1)
            if not 1 <= export.total <= MAX_EXPORT:
                much = f"more than {MAX_EXPORT} images; narrow it" if export.total else "no image"
                raise Invalid(f"the filter finds {much}", ("input", "filter"))
            await unit.commit()
        return export

    async def of_images(self, caller: Caller, image_ids: Sequence[str]) -> Export:
        """In the order of the ids, each once. Raises Forbidden, Invalid or NotFound."""
        caller.require(Scope.READ)
        wanted = list(dict.fromkeys(image_ids))
        if not 1 <= len(wanted) <= MAX_EXPORT_IDS:
            raise Invalid(f"imageIds are 1 to {MAX_EXPORT_IDS}; for more give a filter", IDS)
        async with self.units.writing() as unit:
            await unit.exports.forget(KEPT)
            found = await unit.images.get_many(wanted)
            for index, key in enumerate(image_ids):
                if key not in found or not caller.sees(found[key].owner):
                    raise NotFound("there is no such image", (*IDS, str(index)))
            export = await unit.exports.add_images(new_id(), caller.owner, wanted)
            await unit.commit()
        return export

    async def find(self, caller: Caller, export_id: str) -> Export:
        """Raises Forbidden; NotFound also for one that has expired."""
        caller.require(Scope.READ)
        async with self.units.reading() as unit:
            export = await unit.exports.get(export_id, KEPT)
        if export is None or not caller.owns(export.owner):
            raise NotFound("there is no such export; they are kept for a day")
        return export

    async def entries(self, export: Export, identify: Identify) -> AsyncGenerator[ArchiveEntry, None]:
        """The images that are there and whole, then the manifest, which names the others too."""
        with Manifest(export, self.service, identify) as manifest:
            for start in range(0, export.total, AT_ONCE):
                async with self.units.reading() as unit:
                    page = await _Page.read(unit, export, start)
                for place, image_id in page.places:
                    image = page.images.get(image_id)
                    if image is None:
                        manifest.add(manifest.deleted_row(place, image_id))
                    else:
                        async for entry in self._image(manifest, place, image, page):
                            yield entry
            as_json = await asyncio.to_thread(manifest.as_json)
            yield ArchiveEntry("manifest.json", as_json, export.created_at)
            yield ArchiveEntry("manifest.csv", manifest.as_csv(), export.created_at)

    async def _image(
        self, manifest: Manifest, place: int, image: Image, page: _Page
    ) -> AsyncGenerator[ArchiveEntry, None]:
        name = f"images/{place:05d}_{file_stem(image.recipe, image.applied)}.png"
        stored = await self.files.read(image.picture)
        state = "ok" if stored.state is FileState.INTACT else stored.state.value
        network = page.networks.get(image.recipe.network_sha256)
        manifest.add(manifest.row_of(place, image, network, state, name))
        if stored.state is FileState.INTACT:
            yield ArchiveEntry(name, stored.content, image.created_at)
