"""Single faces: a request becomes a recipe, a recipe a generation in the ledger, or nothing happens at all."""

import secrets
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import NotFound
from domain.generations import Generation, NewRender
from domain.networks import Catalogue
from domain.requests import (
    MAX_SEED,
    EmotionRequest,
    FaceRequest,
    check_common,
    edited_recipe,
    face_recipe,
    fingerprint,
)
from domain.services.accepting import Acceptance, check_session, source_image


@dataclass(frozen=True, slots=True)
class Faces:
    acceptance: Acceptance
    catalogue: Catalogue

    async def generate(self, caller: Caller, request: FaceRequest) -> Generation:
        """Raises Invalid, NotFound, IdempotencyConflict, QueueFull or EngineUnavailable; nothing is stored then."""
        check_common(request)
        mark = fingerprint("generateFace", request)
        async with self.acceptance.units.writing(brief=True) as unit:
            if known := await self.acceptance.known(caller, unit, request.idempotency_key, mark):
                return known
            await check_session(caller, unit, request.session_id)
            served = self.catalogue.named(request.network, ("input", "network"))
            seed = secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed
            recipe = face_recipe(request, served, seed=seed, draw=secrets.randbelow(MAX_SEED + 1))
            new = self.acceptance.new(caller, "generateFace", mark, request, NewRender(recipe))
            return await self.acceptance.accept(unit, new)

    async def apply_emotion(self, caller: Caller, request: EmotionRequest) -> Generation:
        """Raises what `generate` raises; NotFound also for an image or a network that is gone."""
        check_common(request)
        mark = fingerprint("applyEmotion", request)
        async with self.acceptance.units.writing(brief=True) as unit:
            if known := await self.acceptance.known(caller, unit, request.idempotency_key, mark):
                return known
            await check_session(caller, unit, request.session_id)
            source = await source_image(caller, unit, request.image_id)
            served = self.catalogue.with_sha256(source.recipe.network_sha256, ("input", "imageId"))
            recipe = edited_recipe(source.recipe, request, served)
            new = self.acceptance.new(caller, "applyEmotion", mark, request, NewRender(recipe, source.id))
            return await self.acceptance.accept(unit, new)

    async def cancel(self, caller: Caller, generation_id: str) -> Generation:
        """What is made stays; one that has ended is answered as it is. Raises NotFound."""
        async with self.acceptance.units.writing() as unit:
            found = (await unit.generations.get_many([generation_id])).get(generation_id)
            if found is None or not caller.owns(found.owner):
                raise NotFound("there is no such generation", ("input", "id"))
            await unit.generations.cancel(generation_id)
            generation = (await unit.generations.get_many([generation_id]))[generation_id]
            await unit.commit()
        self.acceptance.engines.cancel(generation_id)
        self.acceptance.wake_ups.notify([generation_id])
        return generation
