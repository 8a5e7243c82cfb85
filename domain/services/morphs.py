"""Morphs: all frames are accepted together, as bulk work, with the animation that they become, or nothing is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.access import Caller
from domain.errors import within
from domain.generations import Generation, NewRender
from domain.morphing import morph_frames
from domain.morphs import MorphRequest, check_stops
from domain.networks import Catalogue, ServedNetwork
from domain.ports import UnitOfWork
from domain.recipe import Recipe
from domain.requests import check_common, fingerprint
from domain.services.accepting import Acceptance, check_session, source_image


@dataclass(frozen=True, slots=True)
class Morphs:
    acceptance: Acceptance
    catalogue: Catalogue

    async def morph(self, caller: Caller, request: MorphRequest) -> Generation:
        """Raises Invalid, NotFound, IdempotencyConflict, QueueFull or EngineUnavailable; nothing is stored then."""
        check_common(request)
        check_stops(request)
        mark = fingerprint(request.mutation, request)
        async with self.acceptance.units.writing() as unit:
            if known := await self.acceptance.known(caller, unit, request.idempotency_key, mark):
                return known
            await check_session(caller, unit, request.session_id)
            images = await _images(caller, unit, request)
            frames, animation = morph_frames(request, self._served(request, images), images)
            renders = (NewRender(recipe) for recipe in frames)
            new = self.acceptance.new(caller, request.mutation, mark, request, *renders)
            return await self.acceptance.accept(unit, replace(new, animation=animation))

    def _served(self, request: MorphRequest, images: Mapping[str, Recipe]) -> ServedNetwork:
        """That of the first image among the stops, where none is named."""
        if request.network is None:
            for index, stop in enumerate(request.stops):
                if stop.image_id is not None:
                    path = ("input", "stops", str(index), "imageId")
                    return self.catalogue.with_sha256(images[stop.image_id].network_sha256, path)
        return self.catalogue.named(request.network, ("input", "network"))


async def _images(caller: Caller, unit: UnitOfWork, request: MorphRequest) -> Mapping[str, Recipe]:
    found: dict[str, Recipe] = {}
    for index, stop in enumerate(request.stops):
        if stop.image_id is not None and stop.image_id not in found:
            with within("stops", str(index)):
                found[stop.image_id] = (await source_image(caller, unit, stop.image_id)).recipe
    return found
