"""Bulk work in the ledger: it waits behind single faces, and it is known how much goes before whose end."""

from domain.access import STUDIES
from domain.generations import Priority
from tests.fixtures.ledger import Ledger, recipe

BULK, INTERACTIVE = Priority.BULK, Priority.INTERACTIVE


async def claimed(ledger: Ledger, limit: int, least: Priority) -> list[int]:
    async with ledger.units.writing() as unit:
        claims = (await unit.renders.claim("worker", limit, 30.0, least)).renders
        await unit.commit()
    return [claim.recipe.seed for claim in claims]


async def ahead(ledger: Ledger, *ids: str) -> list[int]:
    async with ledger.units.reading() as unit:
        found = await unit.generations.renders_ahead(ids)
    return [found[key] for key in ids]


async def test_nothing_less_urgent_than_asked_for_is_claimed(ledger: Ledger) -> None:
    await ledger.accept(*(recipe(seed) for seed in range(4)), priority=BULK)
    assert await claimed(ledger, 10, INTERACTIVE) == []
    await ledger.accept(recipe(9))
    assert await claimed(ledger, 10, INTERACTIVE) == [9]
    await ledger.accept(recipe(8))
    assert await claimed(ledger, 3, BULK) == [8, 0, 1]


async def test_a_recipe_that_bulk_work_wants_too_is_claimed_for_whoever_waits_and_ends_both(ledger: Ledger) -> None:
    many = await ledger.accept(recipe(1), recipe(2), priority=BULK)
    await ledger.accept(recipe(2))
    claims = await ledger.claim(1)
    assert [claim.priority for claim in claims] == [INTERACTIVE]
    await ledger.finish(claims)
    assert (await ledger.generation(many)).done == 1


async def test_what_goes_before_an_end_is_what_is_in_hand_and_what_is_queued_up_to_it(ledger: Ledger) -> None:
    many = await ledger.accept(*(recipe(seed) for seed in range(4)), priority=BULK)
    more = await ledger.accept(*(recipe(seed) for seed in range(10, 13)), priority=BULK)
    one = await ledger.accept(recipe(99))
    assert await ahead(ledger, many, more, one) == [5, 8, 1]
    claims = await ledger.claim(2)
    assert await ahead(ledger, many, more, one) == [5, 8, 2]
    await ledger.finish(claims)
    assert await ahead(ledger, many, more) == [3, 6]
    assert await ahead(ledger) == []


async def test_what_studies_wait_for_is_counted_apart(ledger: Ledger) -> None:
    await ledger.accept(recipe(1), recipe(2), priority=BULK, owner=STUDIES)
    await ledger.accept(recipe(3))
    async with ledger.units.reading() as unit:
        counted = [await unit.renders.waiting(studies=studies) for studies in (None, True, False)]
    assert counted == [3, 2, 1]
