"""Accepting work: a request becomes a recipe, a recipe a generation in the ledger, or nothing happens at all."""

import secrets
from dataclasses import dataclass

from domain.errors import EngineUnavailable, IdempotencyConflict, Invalid, NotFound, QueueFull
from domain.generations import LOCAL_OWNER, Generation, NewGeneration, NewRender, Priority
from domain.ids import new_id
from domain.networks import Catalogue
from domain.ports import Engines, UnitOfWork, UnitsOfWork, WakeUps
from domain.recipe import Recipe
from domain.requests import (
    MAX_SEED,
    EmotionRequest,
    FaceRequest,
    check_common,
    edited_recipe,
    face_recipe,
    fingerprint,
)

DEFAULT_PACE_S = 0.5


@dataclass(frozen=True, slots=True)
class Faces:
    """`queue_limit` bounds the renders that wait."""

    units: UnitsOfWork
    catalogue: Catalogue
    engines: Engines
    wake_ups: WakeUps
    queue_limit: int = 10_000
    owner: str = LOCAL_OWNER

    async def generate(self, request: FaceRequest) -> Generation:
        """Raises Invalid, NotFound, IdempotencyConflict, QueueFull or EngineUnavailable; nothing is stored then."""
        check_common(request)
        mark = fingerprint("generateFace", request)
        async with self.units.writing() as unit:
            if known := await self._known(unit, request.idempotency_key, mark):
                return known
            _refuse_session(request.session_id)
            served = self.catalogue.named(request.network, ("input", "network"))
            seed = secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed
            recipe = face_recipe(request, served, seed=seed, draw=secrets.randbelow(MAX_SEED + 1))
            return await self._accept(unit, self._new("generateFace", mark, request, recipe, None))

    async def apply_emotion(self, request: EmotionRequest) -> Generation:
        """Raises what `generate` raises; NotFound also for an image or a network that is gone."""
        check_common(request)
        mark = fingerprint("applyEmotion", request)
        async with self.units.writing() as unit:
            if known := await self._known(unit, request.idempotency_key, mark):
                return known
            _refuse_session(request.session_id)
            source = (await unit.images.get_many([request.image_id])).get(request.image_id)
            if source is None:
                raise NotFound("there is no such image", ("input", "imageId"))
            served = self.catalogue.with_sha256(source.recipe.network_sha256, ("input", "imageId"))
            recipe = edited_recipe(source.recipe, request, served)
            return await self._accept(unit, self._new("applyEmotion", mark, request, recipe, source.id))

    async def cancel(self, generation_id: str) -> Generation:
        """What is made stays; one that has ended is answered as it is. Raises NotFound."""
        async with self.units.writing() as unit:
            if generation_id not in await unit.generations.get_many([generation_id]):
                raise NotFound("there is no such generation", ("input", "id"))
            await unit.generations.cancel(generation_id)
            generation = (await unit.generations.get_many([generation_id]))[generation_id]
            await unit.commit()
        self.engines.cancel(generation_id)
        self.wake_ups.notify([generation_id])
        return generation

    async def _known(self, unit: UnitOfWork, key: str | None, mark: str) -> Generation | None:
        found = None if key is None else await unit.generations.by_key(self.owner, key)
        if found is None:
            return None
        generation_id, first_mark = found
        if first_mark != mark:
            raise IdempotencyConflict(
                "this idempotencyKey was used with another mutation or input; use a new one",
                ("input", "idempotencyKey"),
            )
        return (await unit.generations.get_many([generation_id]))[generation_id]

    def _new(
        self, mutation: str, mark: str, request: FaceRequest | EmotionRequest, recipe: Recipe, source_id: str | None
    ) -> NewGeneration:
        return NewGeneration(
            id=new_id(),
            owner=self.owner,
            mutation=mutation,
            fingerprint=mark,
            idempotency_key=request.idempotency_key,
            priority=Priority.INTERACTIVE,
            renders=(NewRender(recipe, source_id),),
            session_id=request.session_id,
        )

    async def _accept(self, unit: UnitOfWork, new: NewGeneration) -> Generation:
        if reason := self.engines.unavailable_reason():
            raise EngineUnavailable(f"no engine can be started: {reason}")
        waiting = await unit.renders.waiting()
        if waiting + len(new.renders) > self.queue_limit:
            pace_s = self.engines.pace_s() or DEFAULT_PACE_S
            raise QueueFull(
                f"{waiting} renders are waiting, of at most {self.queue_limit}; try again later",
                retry_after_ms=max(1000, round(1000 * pace_s * len(new.renders))),
            )
        await unit.generations.add(new)
        generation = (await unit.generations.get_many([new.id]))[new.id]
        await unit.commit()
        self.wake_ups.notify([new.id])
        return generation


def _refuse_session(session_id: str | None) -> None:
    if session_id == "":
        raise Invalid("sessionId is empty; leave it out", ("input", "sessionId"))
    if session_id is not None:
        raise NotFound("there is no such session", ("input", "sessionId"))
