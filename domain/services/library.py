"""Questions about what was made. Lists of ids are answered at once: nested lists cost a bounded number of reads.

What a caller may not see does not exist for them. What belongs to something that they saw needs no caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.access import Caller
from domain.animations import Animation, AnimationFormat
from domain.collections import CollectedFilter, CollectedImage, Collection
from domain.generations import Generation, GenerationFilter
from domain.images import Image, ImageFilter, ImageOrder
from domain.networks import Direction, Network
from domain.paging import Count, Page, PageRequest
from domain.ports import UnitsOfWork
from domain.sessions import Session
from domain.tags import Tag


@dataclass(frozen=True, slots=True)
class Library:
    units: UnitsOfWork

    async def images(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, Image]:
        async with self.units.reading() as unit:
            found = await unit.images.get_many(ids)
        return {key: image for key, image in found.items() if caller.sees(image.owner)}

    async def history(self, caller: Caller, page: PageRequest, where: ImageFilter, order: ImageOrder) -> Page[Image]:
        async with self.units.reading() as unit:
            return await unit.images.history(page, replace(where, owner=caller.lists), order)

    async def knows_network(self, name: str) -> bool:
        """Served now, or once, and then images may be of it."""
        async with self.units.reading() as unit:
            return await unit.networks.named(name)

    async def histories(
        self, pages: Sequence[tuple[PageRequest, ImageFilter]], order: ImageOrder
    ) -> Sequence[Page[Image]]:
        async with self.units.reading() as unit:
            return await unit.images.histories(pages, order)

    async def count(self, caller: Caller, where: ImageFilter) -> Count:
        async with self.units.reading() as unit:
            return await unit.images.count(replace(where, owner=caller.lists))

    async def counts(self, where: Sequence[ImageFilter]) -> Sequence[Count]:
        async with self.units.reading() as unit:
            return await unit.images.counts(where)

    async def first_images(self, generation_ids: Sequence[str]) -> Mapping[str, Image]:
        async with self.units.reading() as unit:
            return await unit.images.first_of(generation_ids)

    async def frames_ahead(self, generation_ids: Sequence[str]) -> Mapping[str, Mapping[AnimationFormat, int]]:
        async with self.units.reading() as unit:
            return await unit.animations.frames_ahead(generation_ids)

    async def animations(self, generation_ids: Sequence[str]) -> Mapping[str, Animation]:
        async with self.units.reading() as unit:
            return await unit.animations.of(generation_ids)

    async def networks(self, sha256s: Sequence[str]) -> Mapping[str, Network]:
        async with self.units.reading() as unit:
            return await unit.networks.get_many(sha256s)

    async def directions(self, ids: Sequence[str]) -> Mapping[str, Direction]:
        async with self.units.reading() as unit:
            return await unit.networks.directions(ids)

    async def generations(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, Generation]:
        async with self.units.reading() as unit:
            found = await unit.generations.get_many(ids)
        return {key: generation for key, generation in found.items() if caller.sees(generation.owner)}

    async def generation_history(self, caller: Caller, page: PageRequest, where: GenerationFilter) -> Page[Generation]:
        async with self.units.reading() as unit:
            return await unit.generations.history(page, replace(where, owner=caller.lists))

    async def generation_count(self, caller: Caller, where: GenerationFilter) -> int:
        async with self.units.reading() as unit:
            return await unit.generations.count(replace(where, owner=caller.lists))

    async def sessions(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, Session]:
        async with self.units.reading() as unit:
            found = await unit.sessions.get_many(ids)
        return {key: session for key, session in found.items() if caller.sees(session.owner)}

    async def session_history(self, caller: Caller, page: PageRequest) -> Page[Session]:
        async with self.units.reading() as unit:
            return await unit.sessions.history(page, caller.lists)

    async def session_count(self, caller: Caller) -> int:
        async with self.units.reading() as unit:
            return await unit.sessions.count(caller.lists)

    async def tags(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, Tag]:
        async with self.units.reading() as unit:
            found = await unit.tags.get_many(ids)
        return {key: tag for key, tag in found.items() if tag.built_in or caller.sees(tag.owner)}

    async def tag_history(self, caller: Caller, page: PageRequest) -> Page[Tag]:
        async with self.units.reading() as unit:
            return await unit.tags.history(page, caller.lists)

    async def tag_count(self, caller: Caller) -> int:
        async with self.units.reading() as unit:
            return await unit.tags.count(caller.lists)

    async def tags_of(self, image_ids: Sequence[str]) -> Mapping[str, Sequence[Tag]]:
        async with self.units.reading() as unit:
            return await unit.tags.of_images(image_ids)

    async def collections(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, Collection]:
        async with self.units.reading() as unit:
            found = await unit.collections.get_many(ids)
        return {key: collection for key, collection in found.items() if caller.sees(collection.owner)}

    async def collection_history(self, caller: Caller, page: PageRequest) -> Page[Collection]:
        async with self.units.reading() as unit:
            return await unit.collections.history(page, caller.lists)

    async def collection_count(self, caller: Caller) -> int:
        async with self.units.reading() as unit:
            return await unit.collections.count(caller.lists)

    async def collected(self, caller: Caller, ids: Sequence[str]) -> Mapping[str, CollectedImage]:
        async with self.units.reading() as unit:
            found = await unit.collections.entries(ids)
        return {key: entry for key, entry in found.items() if caller.sees(entry.owner)}

    async def collected_pages(
        self, pages: Sequence[tuple[PageRequest, CollectedFilter]]
    ) -> Sequence[Page[CollectedImage]]:
        async with self.units.reading() as unit:
            return await unit.collections.entry_pages(pages)

    async def collected_counts(self, where: Sequence[CollectedFilter]) -> Sequence[int]:
        async with self.units.reading() as unit:
            return await unit.collections.entry_counts(where)

    async def queue_positions(self, ids: Sequence[str]) -> Mapping[str, int]:
        async with self.units.reading() as unit:
            return await unit.generations.queue_positions(ids)

    async def renders_ahead(self, ids: Sequence[str]) -> Mapping[str, int]:
        async with self.units.reading() as unit:
            return await unit.generations.renders_ahead(ids)

    async def queue_length(self) -> int:
        async with self.units.reading() as unit:
            return await unit.renders.waiting()
