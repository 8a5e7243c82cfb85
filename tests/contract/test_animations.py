"""The ledger's promises for animations, on every database."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.animations import AnimationFile, AnimationFormat, ClaimedAnimation, NewAnimation
from domain.generations import Failure, GenerationStatus, NewGeneration, NewRender, Priority
from domain.ids import new_id
from domain.recipe import Recipe
from domain.services.animating import AnimationLedger
from infrastructure.database import Database
from infrastructure.wake_ups import InProcessWakeUps
from tests.fixtures.invariants import check_invariants
from tests.fixtures.ledger import Ledger, recipe

FILE = AnimationFile("a" * 64, 1000, 64, 64, 2, 83)


@dataclass(frozen=True)
class Morphs:
    """A ledger of both kinds; every worker has one of its own."""

    database: Database
    renders: Ledger

    def worker(self, lease_s: float = 30.0) -> AnimationLedger:
        return AnimationLedger(self.database.units, InProcessWakeUps(), new_id(), lease_s)

    async def accept(self, *seeds: int, fps: int = 24) -> str:
        frames: list[Recipe] = [recipe(seed) for seed in seeds]
        animation = NewAnimation.of(AnimationFormat.WEBP, fps, False, {"morph": list(seeds)}, frames)
        new = NewGeneration(
            id=new_id(),
            owner="local",
            mutation="morph",
            fingerprint="f" * 64,
            idempotency_key=None,
            priority=Priority.BULK,
            renders=tuple(NewRender(frame) for frame in frames),
            animation=animation,
        )
        async with self.database.units.writing() as unit:
            await unit.generations.add(new)
            await unit.commit()
        return new.id

    async def rendered(self, *seeds: int, **values: Any) -> str:
        key = await self.accept(*seeds, **values)
        await self.renders.finish(await self.renders.claim())
        return key

    async def status(self, key: str) -> GenerationStatus:
        return (await self.renders.generation(key)).status

    async def file(self, key: str) -> AnimationFile | None:
        async with self.database.units.reading() as unit:
            found = (await unit.animations.of([key])).get(key)
        return None if found is None else found.file


@pytest.fixture
async def morphs(database: Database, ledger: Ledger) -> Morphs:
    return Morphs(database, ledger)


async def claimed(worker: AnimationLedger) -> ClaimedAnimation:
    claim = await worker.claim()
    assert claim is not None
    return claim


async def test_an_animation_is_due_when_its_last_frame_is_there_and_ends_its_generation(morphs: Morphs) -> None:
    key, worker = await morphs.accept(1, 2), morphs.worker()
    first, second = await morphs.renders.claim()
    await morphs.renders.finish([first])
    assert await worker.claim() is None
    await morphs.renders.finish([second])
    before = await morphs.renders.generation(key)
    assert (before.status, before.done, before.finished_at) == (GenerationStatus.RUNNING, 2, None)
    claim = await claimed(worker)
    assert (claim.generation_id, claim.attempt, claim.fence, len(claim.frames)) == (key, 1, 1, 2)
    assert await worker.claim() is None
    await worker.finish(claim, FILE)
    after = await morphs.renders.generation(key)
    assert (after.status, after.ended_number) == (GenerationStatus.SUCCEEDED, 1)
    assert after.version > before.version
    assert await morphs.file(key) == FILE
    await check_invariants(morphs.database)


async def test_frames_come_in_their_order_and_as_often_as_they_were_asked_for(morphs: Morphs) -> None:
    await morphs.rendered(3, 1, 3, 2)
    frames = (await claimed(morphs.worker())).frames
    assert (len(frames), len(set(frames)), frames[0]) == (4, 3, frames[2])


async def test_a_morph_whose_frames_exist_is_due_at_once_and_gets_the_file_that_exists(morphs: Morphs) -> None:
    worker = morphs.worker()
    await morphs.rendered(1, 2)
    await worker.finish(await claimed(worker), FILE)
    again, faster = await morphs.accept(1, 2), await morphs.accept(1, 2, fps=25)
    assert await morphs.status(again) is GenerationStatus.RUNNING
    assert (await claimed(worker)).generation_id == faster
    assert (await morphs.status(again), await morphs.file(again)) == (GenerationStatus.SUCCEEDED, FILE)
    await check_invariants(morphs.database)


async def test_of_many_workers_one_gets_it(morphs: Morphs) -> None:
    keys = [await morphs.rendered(seed, seed + 1) for seed in (10, 20, 30)]
    claims = await asyncio.gather(*(morphs.worker().claim() for _ in range(8)))
    taken = [claim.generation_id for claim in claims if claim is not None]
    assert len(taken) == len(set(taken)) <= len(keys)
    while (claim := await morphs.worker().claim()) is not None:
        taken.append(claim.generation_id)
    assert sorted(taken) == sorted(keys)


async def test_what_lapsed_is_claimed_again_and_the_old_result_counts_no_more(morphs: Morphs) -> None:
    key, dead, alive = await morphs.rendered(1, 2), morphs.worker(lease_s=-1), morphs.worker()
    old = await claimed(dead)
    assert await alive.claim() is None
    await alive.requeue(everything=False)
    new = await claimed(alive)
    assert (new.attempt, new.fence) == (1, 2)
    assert not await dead.renew(old)
    await dead.finish(old, replace(FILE, sha256="b" * 64))
    await dead.fail(old, Failure("BROKEN", "it is"), final=True)
    await dead.hand_back(old)
    assert (await morphs.status(key), await alive.renew(new)) == (GenerationStatus.RUNNING, True)
    await alive.finish(new, FILE)
    assert await morphs.file(key) == FILE


async def test_at_a_start_alone_whatever_runs_is_requeued(morphs: Morphs) -> None:
    await morphs.rendered(1, 2)
    await claimed(morphs.worker())
    await morphs.worker().requeue(everything=False)
    assert await morphs.worker().claim() is None
    await morphs.worker().requeue(everything=True)
    assert (await claimed(morphs.worker())).attempt == 1


async def test_after_three_failures_the_generation_has_failed_with_all_its_images(morphs: Morphs) -> None:
    key, worker = await morphs.rendered(1, 2), morphs.worker()
    for attempt in (1, 2, 3):
        assert await morphs.status(key) is GenerationStatus.RUNNING
        claim = await claimed(worker)
        assert claim.attempt == attempt
        await worker.fail(claim, Failure("BROKEN", "it is"), final=False)
    failed = await morphs.renders.generation(key)
    assert (failed.status, failed.done) == (GenerationStatus.FAILED, 2)
    assert failed.failure == Failure("BROKEN", "it is")
    assert await worker.claim() is None
    await check_invariants(morphs.database)


async def test_a_failure_that_is_final_is_not_tried_again(morphs: Morphs) -> None:
    key, worker = await morphs.rendered(1, 2), morphs.worker()
    await worker.fail(await claimed(worker), Failure("BROKEN", "it is"), final=True)
    assert await morphs.status(key) is GenerationStatus.FAILED


async def test_what_is_handed_back_has_its_attempt_back(morphs: Morphs) -> None:
    await morphs.rendered(1, 2)
    worker = morphs.worker()
    await worker.hand_back(await claimed(worker))
    assert (await claimed(worker)).attempt == 1


async def test_canceling_before_the_last_frame_cancels_the_file_too(morphs: Morphs) -> None:
    key = await morphs.accept(1, 2)
    first, _ = await morphs.renders.claim()
    await morphs.renders.finish([first])
    assert await morphs.renders.cancel(key)
    assert not await morphs.renders.cancel(key)
    assert await morphs.status(key) is GenerationStatus.CANCELED
    await check_invariants(morphs.database)


async def test_canceling_while_the_file_is_made_keeps_every_frame(morphs: Morphs) -> None:
    key, worker = await morphs.rendered(1, 2), morphs.worker()
    claim = await claimed(worker)
    assert await morphs.renders.cancel(key)
    assert not await worker.renew(claim)
    await worker.finish(claim, FILE)
    canceled = await morphs.renders.generation(key)
    assert (canceled.status, canceled.done) == (GenerationStatus.CANCELED, 2)
    assert await morphs.file(key) is None
    assert not await morphs.renders.cancel(key)
    await check_invariants(morphs.database)


async def test_a_frame_that_fails_leaves_no_animation_to_make(morphs: Morphs) -> None:
    key = await morphs.accept(1, 2)
    one, other = await morphs.renders.claim()
    await morphs.renders.finish([one])
    await morphs.renders.fail([other], final=True)
    assert await morphs.worker().claim() is None
    failed = await morphs.renders.generation(key)
    assert (failed.status, failed.failure) == (GenerationStatus.FAILED, Failure("BROKEN", "it is BROKEN"))
    await check_invariants(morphs.database)


async def test_known_files_know_animations(morphs: Morphs) -> None:
    worker = morphs.worker()
    await morphs.rendered(1, 2)
    await worker.finish(await claimed(worker), FILE)
    async with morphs.database.units.reading() as unit:
        assert await unit.images.known_files([FILE.sha256, "f" * 64]) == {FILE.sha256}


async def test_what_is_written_before_an_animation_is_written_are_the_older_ones_whose_turn_has_come(
    morphs: Morphs,
) -> None:
    async def ahead(*keys: str) -> Mapping[str, Mapping[AnimationFormat, int]]:
        async with morphs.database.units.reading() as unit:
            return await unit.animations.frames_ahead(keys)

    waiting = await morphs.accept(1, 2)
    assert await ahead(waiting) == {waiting: {AnimationFormat.WEBP: 2}}
    await morphs.renders.finish(await morphs.renders.claim())
    rendered = waiting
    other = await morphs.accept(3, 4, 5)
    assert await ahead(rendered, other) == {rendered: {AnimationFormat.WEBP: 2}, other: {AnimationFormat.WEBP: 5}}
    worker = morphs.worker()
    await worker.finish(await claimed(worker), FILE)
    assert await ahead(rendered, other) == {other: {AnimationFormat.WEBP: 3}}
