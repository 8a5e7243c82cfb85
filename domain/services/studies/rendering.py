"""A study's stimuli: what they will take, and one bulk generation that makes them for all participants together."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from domain.access import STUDIES, Caller
from domain.errors import Conflict
from domain.generations import Generation, NewGeneration, Priority
from domain.ids import new_id
from domain.ports import UnitOfWork
from domain.requests import Terms, fingerprint
from domain.services.accepting import Acceptance
from domain.services.studies.researching import current_version, own_study
from domain.studies.design import Design
from domain.studies.drawing import fresh_seed
from domain.studies.records import StudyVersion
from domain.studies.stimuli import Stimuli

PAGE = 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """`images` are shown, `pictures` of them differ, and `missing` of those are not rendered yet.

    `seconds` and `size_bytes` are None where this service has not measured a pace or a picture of this network yet.
    `waiting` renders go before, at the latest.
    """

    images: int
    pictures: int
    missing: int
    seconds: float | None
    size_bytes: float | None
    waiting: int


@dataclass(frozen=True, slots=True)
class StudyRendering:
    """`limit` bounds a study's renders, beside the queue's bound for everything else."""

    acceptance: Acceptance
    limit: int = 500_000

    async def estimate(self, caller: Caller, study_id: str) -> Estimate:
        """Of the version that holds now. Raises NotFound or Forbidden."""
        async with self.acceptance.units.reading() as unit:
            await own_study(caller, unit, study_id)
            version = await current_version(unit, study_id)
            return await self._estimate(unit, await _stimuli(unit, version))

    async def estimate_design(self, design: Design, seed: str | None) -> Estimate:
        """Before there is a study. Without a seed an estimate too: which faces are drawn, and so are there, differs."""
        async with self.acceptance.units.reading() as unit:
            return await self._estimate(unit, await asyncio.to_thread(Stimuli.of, design, seed or fresh_seed()))

    async def _estimate(self, unit: UnitOfWork, stimuli: Stimuli) -> Estimate:
        missing = await _missing(unit, stimuli)
        size = await unit.reports.mean_size_bytes(stimuli.design.network.sha256)
        waiting = await unit.renders.waiting()
        pace_s = self.acceptance.engines.pace_s()
        return Estimate(
            images=len(stimuli),
            pictures=stimuli.pictures,
            missing=missing,
            seconds=None if pace_s is None else pace_s * (missing + waiting),
            size_bytes=None if size is None else size * missing,
            waiting=waiting,
        )

    async def render(self, caller: Caller, study_id: str) -> Generation:
        """The generation that makes what the version needs; one that goes on already is answered as it is.

        After a cancel or a failure a new one makes what is missing: what exists is shared. Raises Conflict, NotFound,
        Forbidden or EngineUnavailable.
        """
        async with self.acceptance.units.writing() as unit:
            await own_study(caller, unit, study_id)
            await unit.studies.lock(study_id)
            version = await current_version(unit, study_id)
            if (going_on := await _going_on(unit, version)) is not None:
                return going_on
            stimuli = await _stimuli(unit, version)
            if len(stimuli) > self.limit:
                raise Conflict(f"the study takes {len(stimuli)} images, of at most {self.limit}", ("input", "id"))
            new = _generation(stimuli)
            await unit.studies.set_generation(version, new.id)
            return await replace(self.acceptance, queue_limit=self.limit).accept(unit, new)

    async def cancel(self, caller: Caller, study_id: str) -> Generation | None:
        """What is made stays. None where nothing was ever rendered. Raises NotFound or Forbidden."""
        async with self.acceptance.units.writing() as unit:
            await own_study(caller, unit, study_id)
            key = (await current_version(unit, study_id)).generation_id
            if key is None:
                return None
            await unit.generations.cancel(key)
            generation = (await unit.generations.get_many([key])).get(key)
            await unit.commit()
        self.acceptance.engines.cancel(key)
        self.acceptance.wake_ups.notify([key])
        return generation


async def _stimuli(unit: UnitOfWork, version: StudyVersion) -> Stimuli:
    slots = 1 + max(await unit.study_sessions.held_slots(version.id), default=0)
    return await asyncio.to_thread(Stimuli.of, version.design, version.seed, slots)


async def _missing(unit: UnitOfWork, stimuli: Stimuli) -> int:
    """By pages of keys: no more of them exist at a time."""
    missing, page = 0, set[str]()
    plain: set[int] = set()
    for recipe in stimuli.recipes():
        if not recipe.edits:  # the plain face is the same for every emotion; all else is there once
            if recipe.seed in plain:
                continue
            plain.add(recipe.seed)
        page.add(recipe.key)
        if len(page) == PAGE:
            missing += await _unmade(unit, page)
            page.clear()
    return missing + await _unmade(unit, page)


async def _unmade(unit: UnitOfWork, keys: Collection[str]) -> int:
    return len(keys) - len(await unit.reports.pictures(sorted(keys)))


async def _going_on(unit: UnitOfWork, version: StudyVersion) -> Generation | None:
    if version.generation_id is None:
        return None
    found = (await unit.generations.get_many([version.generation_id])).get(version.generation_id)
    return None if found is None or found.status.terminal else found


def _generation(stimuli: Stimuli) -> NewGeneration:
    return NewGeneration(
        id=new_id(),
        owner=STUDIES,
        mutation="renderStudy",
        fingerprint=fingerprint("renderStudy", Terms()),
        idempotency_key=None,
        priority=Priority.BULK,
        renders=stimuli,
    )
