"""The ledger's promises, on every database: nothing accepted is lost, nothing ends twice, nobody's work is mixed up."""

import asyncio
from dataclasses import asdict

import pytest

from domain.generations import Failure, GenerationStatus, NewGeneration, NewRender, Priority
from domain.ids import new_id
from infrastructure.database import Database
from infrastructure.database.tables import pictures
from tests.fixtures.invariants import check_invariants
from tests.fixtures.ledger import AGE, HAPPY, Ledger, picture, recipe


async def test_a_face_is_accepted_claimed_and_finished(ledger: Ledger) -> None:
    key = await ledger.accept(recipe(42))
    accepted = await ledger.generation(key)
    assert (accepted.status, accepted.total, accepted.done) == (GenerationStatus.QUEUED, 1, 0)
    assert accepted.started_at is None
    [claim] = await ledger.claim()
    assert (claim.generation_id, claim.recipe, claim.attempt, claim.fence) == (key, recipe(42), 1, 1)
    assert 0 <= claim.queued_ms < 60_000
    running = await ledger.generation(key)
    assert running.status is GenerationStatus.RUNNING
    assert running.started_at is not None
    assert running.version > accepted.version
    assert await ledger.finish([claim]) == [key]
    ended = await ledger.generation(key)
    assert (ended.status, ended.done, ended.failure) == (GenerationStatus.SUCCEEDED, 1, None)
    assert ended.started_at is not None
    assert ended.finished_at is not None
    assert ended.finished_at >= ended.started_at
    assert ended.version > running.version
    [image] = await ledger.images_of(key)
    assert image.recipe == recipe(42)
    assert image.picture == picture(recipe(42))


async def test_urgent_renders_go_first_and_then_the_oldest(ledger: Ledger) -> None:
    study = await ledger.accept(recipe(1), recipe(2), priority=Priority.BULK)
    first = await ledger.accept(recipe(3))
    second = await ledger.accept(recipe(4))
    claims = await ledger.claim(3)
    assert [claim.generation_id for claim in claims] == [first, second, study]
    assert [claim.recipe.seed for claim in claims] == [3, 4, 1]


async def test_a_finish_with_an_old_fence_changes_nothing(ledger: Ledger) -> None:
    key = await ledger.accept(recipe())
    [old] = await ledger.claim(lease_s=-1)
    await ledger.requeue()
    [new] = await ledger.claim()
    assert new.fence > old.fence
    before = await ledger.generation(key)
    assert await ledger.finish([old]) == []
    assert await ledger.generation(key) == before
    assert await ledger.images_of(key) == []
    assert await ledger.finish([new]) == [key]


async def test_a_finish_after_the_lease_was_requeued_is_refused(ledger: Ledger) -> None:
    key = await ledger.accept(recipe())
    [claim] = await ledger.claim(lease_s=-1)
    assert await ledger.requeue() == [key]
    assert (await ledger.generation(key)).status is GenerationStatus.QUEUED
    assert await ledger.finish([claim]) == []
    assert await ledger.images_of(key) == []


async def test_the_same_finish_twice_makes_one_image(ledger: Ledger) -> None:
    key = await ledger.accept(recipe())
    claims = await ledger.claim()
    assert await ledger.finish(claims) == [key]
    assert await ledger.finish(claims) == []
    assert len(await ledger.images_of(key)) == 1


async def test_a_lapsed_lease_costs_no_attempt_and_a_live_one_stays(ledger: Ledger) -> None:
    lapsed, alive = await ledger.accept(recipe(1)), await ledger.accept(recipe(2))
    await ledger.claim(1, lease_s=-1)
    await ledger.claim(1, lease_s=30)
    assert await ledger.requeue() == [lapsed]
    assert (await ledger.generation(alive)).status is GenerationStatus.RUNNING
    [again] = await ledger.claim()
    assert (again.generation_id, again.attempt) == (lapsed, 1)


async def test_a_start_requeues_everything_that_was_running(ledger: Ledger) -> None:
    keys = [await ledger.accept(recipe(seed)) for seed in range(3)]
    await ledger.claim()
    assert await ledger.requeue(everything=True) == keys
    claims = await ledger.claim()
    assert [claim.attempt for claim in claims] == [1, 1, 1]
    assert {claim.generation_id for claim in claims} == set(keys)


async def test_renewing_tells_which_renders_are_still_mine(ledger: Ledger) -> None:
    await ledger.accept(recipe(1))
    canceled = await ledger.accept(recipe(2))
    claims = await ledger.claim(lease_s=-1)
    await ledger.cancel(canceled)
    assert await ledger.renew(claims, lease_s=30) == [claims[0].id]
    assert await ledger.requeue() == []


async def test_cancelling_drops_the_work_in_hand_and_leaves_the_neighbours(ledger: Ledger) -> None:
    canceled, neighbour = await ledger.accept(recipe(1), recipe(2)), await ledger.accept(recipe(3))
    claims = await ledger.claim()
    await ledger.finish([claim for claim in claims if claim.recipe.seed == 1])
    assert await ledger.cancel(canceled) is True
    assert await ledger.finish([claim for claim in claims if claim.recipe.seed != 1]) == [neighbour]
    ended = await ledger.generation(canceled)
    assert (ended.status, ended.done) == (GenerationStatus.CANCELED, 1)
    assert [image.recipe.seed for image in await ledger.images_of(canceled)] == [1]
    assert (await ledger.generation(neighbour)).status is GenerationStatus.SUCCEEDED


async def test_what_has_ended_cannot_be_canceled(ledger: Ledger) -> None:
    [image] = await ledger.make(recipe())
    before = await ledger.generation(image.generation_id)
    assert await ledger.cancel(image.generation_id) is False
    assert await ledger.generation(image.generation_id) == before


async def test_one_render_serves_every_generation_that_wants_the_recipe(ledger: Ledger) -> None:
    keys = [await ledger.accept(recipe(7)) for _ in range(3)]
    claims = await ledger.claim()
    assert [claim.generation_id for claim in claims] == keys[:1]
    assert await ledger.claim() == []
    assert await ledger.finish(claims) == keys
    images = [image for key in keys for image in await ledger.images_of(key)]
    assert len({image.id for image in images}) == 3
    assert {image.picture for image in images} == {picture(recipe(7))}


async def test_cancelling_one_of_two_that_share_a_recipe_leaves_the_other(ledger: Ledger) -> None:
    first, second = await ledger.accept(recipe(7)), await ledger.accept(recipe(7))
    [claim] = await ledger.claim()
    await ledger.cancel(first)
    assert await ledger.finish([claim]) == []
    [other] = await ledger.claim()
    assert other.generation_id == second
    await ledger.finish([other])
    assert (await ledger.generation(first)).status is GenerationStatus.CANCELED
    assert await ledger.images_of(first) == []
    assert (await ledger.generation(second)).status is GenerationStatus.SUCCEEDED


async def test_a_canceled_render_gets_no_image_when_its_recipe_is_finished_for_another(ledger: Ledger) -> None:
    first, second = await ledger.accept(recipe(7)), await ledger.accept(recipe(7))
    claims = await ledger.claim()
    await ledger.cancel(second)
    assert await ledger.finish(claims) == [first]
    assert await ledger.images_of(second) == []


async def test_a_recipe_that_has_a_picture_ends_when_it_is_accepted(ledger: Ledger) -> None:
    [image] = await ledger.make(recipe(7, (HAPPY, 0.8)))
    key = await ledger.accept(recipe(7, (HAPPY, 0.8)), recipe(8))
    assert (await ledger.generation(key)).status is GenerationStatus.RUNNING
    [copy] = await ledger.images_of(key)
    assert copy.picture == image.picture
    assert copy.id != image.id
    assert [claim.recipe.seed for claim in await ledger.claim()] == [8]


async def test_the_first_picture_of_a_recipe_stays(ledger: Ledger) -> None:
    """A lapsed claim of a recipe is rendered again; what was written first is what everybody sees."""
    first, second = await ledger.accept(recipe(7)), await ledger.accept(recipe(7))
    claims = await ledger.claim()
    await ledger.finish(claims, "first")
    third = await ledger.accept(recipe(7))
    for key in (first, second, third):
        assert [image.picture for image in await ledger.images_of(key)] == [picture(recipe(7), "first")]


async def test_three_failed_attempts_are_a_failure_with_the_first_renders_reason(ledger: Ledger) -> None:
    key = await ledger.accept(recipe(1), recipe(2))
    for attempt in (1, 2, 3):
        claims = await ledger.claim()
        assert [claim.attempt for claim in claims] == [attempt, attempt]
        assert await ledger.fail(claims[:1], "FIRST") == [key]
        assert await ledger.fail(claims[1:], "SECOND") == [key]
    assert await ledger.claim() == []
    ended = await ledger.generation(key)
    assert ended.status is GenerationStatus.FAILED
    assert ended.failure == Failure("FIRST", "it is FIRST")


async def test_a_final_failure_takes_one_attempt_and_its_neighbour_succeeds(ledger: Ledger) -> None:
    key = await ledger.accept(recipe(1), recipe(2))
    claims = await ledger.claim()
    await ledger.fail(claims[:1], "IMPOSSIBLE", final=True)
    assert (await ledger.generation(key)).status is GenerationStatus.RUNNING
    assert (await ledger.generation(key)).failure is None
    await ledger.finish(claims[1:])
    ended = await ledger.generation(key)
    assert (ended.status, ended.done) == (GenerationStatus.FAILED, 1)
    assert ended.failure == Failure("IMPOSSIBLE", "it is IMPOSSIBLE")


async def test_handing_back_returns_the_attempt(ledger: Ledger) -> None:
    key = await ledger.accept(recipe())
    for _ in range(5):
        claims = await ledger.claim()
        assert [claim.attempt for claim in claims] == [1]
        assert await ledger.hand_back(claims) == [key]
        assert (await ledger.generation(key)).status is GenerationStatus.QUEUED
        assert await ledger.hand_back(claims) == []
        assert await ledger.finish(claims) == []


async def test_generations_are_numbered_in_the_order_of_their_ends(ledger: Ledger) -> None:
    keys = [await ledger.accept(recipe(seed)) for seed in range(4)]
    claims = await ledger.claim()
    for claim in (claims[2], claims[0]):
        await ledger.finish([claim])
    await ledger.cancel(keys[3])
    await ledger.finish([claims[1]])
    order = [keys[2], keys[0], keys[3], keys[1]]
    async with ledger.units.reading() as unit:
        assert [ended.id for ended in await unit.generations.ended_after(0, 10)] == order
        assert [ended.id for ended in await unit.generations.ended_after(2, 1)] == [keys[3]]
        assert await unit.generations.last_ended_number() == 4


async def test_queue_positions_count_the_renders_that_go_first(ledger: Ledger) -> None:
    study = await ledger.accept(recipe(1), recipe(2), priority=Priority.BULK)
    late_study = await ledger.accept(recipe(3), priority=Priority.BULK)
    face = await ledger.accept(recipe(4))
    async with ledger.units.reading() as unit:
        assert await unit.renders.waiting() == 4
        assert await unit.generations.queue_positions([study, late_study, face]) == {face: 1, study: 2, late_study: 4}
    await ledger.claim(1)
    async with ledger.units.reading() as unit:
        assert await unit.generations.queue_positions([study, face]) == {study: 1}


async def test_a_key_is_found_with_its_fingerprint(ledger: Ledger) -> None:
    key = await ledger.accept(recipe(), key="once")
    async with ledger.units.reading() as unit:
        assert await unit.generations.by_key("local", "once") == (key, "f" * 64)
        assert await unit.generations.by_key("somebody", "once") is None


async def test_of_fifty_requests_with_one_key_one_is_accepted(ledger: Ledger) -> None:
    async def request(seed: int) -> str:
        async with ledger.units.writing() as unit:
            found = await unit.generations.by_key("local", "once")
            if found is not None:
                return found[0]
            renders = (NewRender(recipe(seed)),)
            new = NewGeneration(new_id(), "local", "m", "f" * 64, "once", Priority.INTERACTIVE, renders)
            await unit.generations.add(new)
            await unit.commit()
            return new.id

    answers = await asyncio.gather(*(request(seed) for seed in range(50)))
    assert len(set(answers)) == 1
    async with ledger.units.reading() as unit:
        assert await unit.generations.count() == 1


async def test_a_unit_that_is_left_without_commit_changes_nothing(ledger: Ledger) -> None:
    key = await ledger.accept(recipe())
    async with ledger.units.writing() as unit:
        await unit.renders.claim("worker", 1, 30)
    assert (await ledger.generation(key)).status is GenerationStatus.QUEUED


async def test_a_unit_that_ends_in_an_error_changes_nothing(ledger: Ledger) -> None:
    key = await ledger.accept(recipe())

    async def break_down() -> None:
        async with ledger.units.writing() as unit:
            await unit.generations.cancel(key)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await break_down()
    assert (await ledger.generation(key)).status is GenerationStatus.QUEUED


async def test_a_direction_that_is_not_in_the_catalogue_is_remembered_without_emotion(ledger: Ledger) -> None:
    unknown = type(AGE)("beard", "9" * 64)
    [image] = await ledger.make(recipe(1, (unknown, 1.0), (HAPPY, 0.5)))
    assert [(one.direction, one.strength) for one in image.applied] == [(unknown, 1.0), (HAPPY, 0.5)]


async def test_a_claim_ends_renders_whose_picture_was_made_meanwhile(database: Database, ledger: Ledger) -> None:
    """As when another server commits the picture between this one's look and its insert."""
    pictured = [await ledger.accept(recipe(1)), await ledger.accept(recipe(1))]
    waiting = await ledger.accept(recipe(2))
    async with database.engines[-1].begin() as connection:
        made = asdict(picture(recipe(1)))
        await connection.execute(pictures.insert(), {"recipe_key": recipe(1).key, **made})
    assert [claim.generation_id for claim in await ledger.claim(1)] == [waiting]
    for key in pictured:
        assert (await ledger.generation(key)).status is GenerationStatus.SUCCEEDED
        assert [image.picture for image in await ledger.images_of(key)] == [picture(recipe(1))]
    await check_invariants(database)
