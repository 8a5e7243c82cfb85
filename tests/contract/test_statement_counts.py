"""What is asked at once costs a bounded number of statements, however much is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

from domain.images import ImageFilter, ImageOrder
from domain.paging import Count, PageRequest
from infrastructure.database import Database
from tests.fixtures.ledger import AGE, HAPPY, Ledger, recipe


@asynccontextmanager
async def counted(database: Database) -> AsyncIterator[list[str]]:
    """The statements that are run inside, transactions' own words aside."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    engines = {id(engine): engine.sync_engine for engine in database.engines}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def test_claiming_and_finishing_cost_the_same_for_one_render_and_for_many(
    database: Database, ledger: Ledger
) -> None:
    costs = []
    for number in (1, 40):
        for seed in range(number):
            await ledger.accept(recipe(1000 * number + seed, (HAPPY, 1.0), (AGE, -1.0)))
        async with counted(database) as claiming:
            claims = await ledger.claim(number)
        assert len(claims) == number
        async with counted(database) as finishing:
            await ledger.finish(claims)
        costs.append((len(claiming), len(finishing)))
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 12


async def test_nested_lists_cost_the_same_for_one_parent_and_for_many(database: Database, ledger: Ledger) -> None:
    sources = await ledger.make(*(recipe(seed) for seed in range(30)))
    for source in sources:
        await ledger.make(recipe(source.recipe.seed, (HAPPY, 1.0)), source_id=source.id)
    for asked in (sources[:1], sources):
        async with counted(database) as statements, ledger.units.reading() as unit:
            filters = [ImageFilter(source_id=source.id) for source in asked]
            cursor = (2**62, "f" * 32)
            pages = [(PageRequest("", 5, after=cursor), where) for where in filters]
            assert all(len(page.entries) == 1 for page in await unit.images.histories(pages, ImageOrder()))
            assert await unit.images.counts(filters) == [Count(1)] * len(asked)
            await unit.images.first_of([source.generation_id for source in asked])
            await unit.generations.queue_positions([source.generation_id for source in asked])
        assert len(statements) == 5


async def test_a_large_generation_is_finished_without_reading_all_its_renders(
    database: Database, ledger: Ledger
) -> None:
    key = await ledger.accept(*(recipe(seed) for seed in range(1500)))
    claims = await ledger.claim(8)
    async with counted(database) as statements:
        assert await ledger.finish(claims) == [key]
    assert len(statements) <= 12
    generation = await ledger.generation(key)
    assert (generation.total, generation.done) == (1500, 8)
