"""Many images of one request: all its recipes are accepted together, as bulk work, or none is."""

import secrets
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import within
from domain.expansion import expand
from domain.explorations import EmotionGridRequest, Exploration, StripRequest
from domain.generations import Generation, NewRender
from domain.images import Image
from domain.networks import Catalogue, ServedNetwork
from domain.ports import UnitOfWork
from domain.requests import MAX_SEED, FaceRequest, check_common, fingerprint
from domain.services.accepting import Acceptance, check_session, source_image


@dataclass(frozen=True, slots=True)
class Explorations:
    acceptance: Acceptance
    catalogue: Catalogue

    async def explore(self, caller: Caller, request: Exploration) -> Generation:
        """Raises Invalid, NotFound, IdempotencyConflict, QueueFull or EngineUnavailable; nothing is stored then."""
        check_common(request)
        mark = fingerprint(request.mutation, request)
        async with self.acceptance.units.writing() as unit:
            if known := await self.acceptance.known(caller, unit, request.idempotency_key, mark):
                return known
            await check_session(caller, unit, request.session_id)
            source = await _source(caller, unit, request)
            recipes = expand(request, self._served(request, source), source.recipe if source else None, _draw)
            renders = (NewRender(recipe, source.id if source else None) for recipe in recipes)
            new = self.acceptance.new(caller, request.mutation, mark, request, *renders)
            return await self.acceptance.accept(unit, new)

    def _served(self, request: Exploration, source: Image | None) -> ServedNetwork:
        if source is not None:
            return self.catalogue.with_sha256(source.recipe.network_sha256, ("input", "imageId"))
        if not isinstance(request, StripRequest | EmotionGridRequest):
            return self.catalogue.named(request.face.network, ("input", "network"))
        face = request.subject.face or FaceRequest()
        with within("face"):
            return self.catalogue.named(face.network, ("input", "network"))


async def _source(caller: Caller, unit: UnitOfWork, request: Exploration) -> Image | None:
    """The image that the request is about, where it is about one."""
    subject = request.subject if isinstance(request, StripRequest | EmotionGridRequest) else None
    if subject is None:
        return None
    subject.check()
    return None if subject.image_id is None else await source_image(caller, unit, subject.image_id)


def _draw() -> int:
    return secrets.randbelow(MAX_SEED + 1)
