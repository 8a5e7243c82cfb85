"""Questions about what was made. Lists of ids are answered at once: nested lists cost a bounded number of reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.generations import Generation, GenerationStatus
from domain.images import AppliedDirection, Image, ImageFilter, ImageOrder
from domain.networks import Direction, Network
from domain.paging import Page, PageRequest
from domain.ports import UnitsOfWork


@dataclass(frozen=True, slots=True)
class Library:
    units: UnitsOfWork

    async def images(self, ids: Sequence[str]) -> Mapping[str, Image]:
        async with self.units.reading() as unit:
            return await unit.images.get_many(ids)

    async def history(self, page: PageRequest, where: ImageFilter, order: ImageOrder) -> Page[Image]:
        async with self.units.reading() as unit:
            return await unit.images.history(page, where, order)

    async def histories(
        self, pages: Sequence[tuple[PageRequest, ImageFilter]], order: ImageOrder
    ) -> Sequence[Page[Image]]:
        async with self.units.reading() as unit:
            return await unit.images.histories(pages, order)

    async def count(self, where: ImageFilter) -> int:
        async with self.units.reading() as unit:
            return await unit.images.count(where)

    async def counts(self, where: Sequence[ImageFilter]) -> Sequence[int]:
        async with self.units.reading() as unit:
            return await unit.images.counts(where)

    async def directions_of(self, image_ids: Sequence[str]) -> Mapping[str, Sequence[AppliedDirection]]:
        async with self.units.reading() as unit:
            return await unit.images.directions_of(image_ids)

    async def first_images(self, generation_ids: Sequence[str]) -> Mapping[str, Image]:
        async with self.units.reading() as unit:
            return await unit.images.first_of(generation_ids)

    async def networks(self, sha256s: Sequence[str]) -> Mapping[str, Network]:
        async with self.units.reading() as unit:
            return await unit.networks.get_many(sha256s)

    async def directions(self, ids: Sequence[str]) -> Mapping[str, Direction]:
        async with self.units.reading() as unit:
            return await unit.networks.directions(ids)

    async def generations(self, ids: Sequence[str]) -> Mapping[str, Generation]:
        async with self.units.reading() as unit:
            return await unit.generations.get_many(ids)

    async def generation_history(
        self, page: PageRequest, status: Sequence[GenerationStatus], session_id: str | None
    ) -> Page[Generation]:
        async with self.units.reading() as unit:
            return await unit.generations.history(page, status, session_id)

    async def generation_count(self, status: Sequence[GenerationStatus], session_id: str | None) -> int:
        async with self.units.reading() as unit:
            return await unit.generations.count(status, session_id)

    async def queue_positions(self, ids: Sequence[str]) -> Mapping[str, int]:
        async with self.units.reading() as unit:
            return await unit.generations.queue_positions(ids)

    async def renders_ahead(self, ids: Sequence[str]) -> Mapping[str, int]:
        async with self.units.reading() as unit:
            return await unit.generations.renders_ahead(ids)

    async def queue_length(self) -> int:
        async with self.units.reading() as unit:
            return await unit.renders.waiting()
