"""A migration that is killed before any of its statements leaves the old database or the new one, and its rows."""

import asyncio
from itertools import count
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select

from infrastructure.database import check_schema, migrate, open_database, pending
from infrastructure.database.addresses import parse_address
from infrastructure.database.engines import migrating_engine
from infrastructure.database.tables import metadata
from tests.faults.lives import KILLED, spawned
from tests.faults.migrating import Migration, migrate_and_die
from tests.fixtures.ledger import CATALOGUE, HAPPY, Ledger, recipe

pytestmark = pytest.mark.fault


def contents(address: str) -> dict[str, Any]:
    """Every table with its columns and rows."""
    engine = migrating_engine(parse_address(address))
    with engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        tables = {table.name: table for table in found.tables.values()}
        rows = {name: sorted(map(repr, connection.execute(select(table)))) for name, table in tables.items()}
        columns = {name: [column["name"] for column in inspect(connection).get_columns(name)] for name in tables}
    engine.dispose()
    return {name: (columns[name], rows[name]) for name in sorted(tables)}


async def fill(address: str) -> None:
    database = await open_database(address)
    async with database.units.writing() as unit:
        await unit.networks.remember(CATALOGUE)
        await unit.commit()
    ledger = Ledger(database.units)
    for seed in range(3):
        await ledger.make(recipe(seed, (HAPPY, 0.5)))
    await ledger.accept(recipe(9))
    await database.close()


def killed_before(address: str, revision: str, statement: int) -> bool:
    process = spawned(migrate_and_die, Migration(address, revision, statement))
    process.join(60)
    assert process.exitcode in (0, KILLED)
    return process.exitcode == KILLED


def statements(rounds: int) -> "count[int]":
    """Every one in `make faults`, else every ninth."""
    return count(1, 9 if rounds == 1 else 1)


@pytest.mark.timeout(900)
def test_a_migration_killed_before_any_statement_leaves_the_old_database_or_the_new_one(
    fresh_address: str, rounds: int
) -> None:
    oldest, *later = pending(fresh_address)
    migrate(fresh_address)
    asyncio.run(fill(fresh_address))
    migrate(fresh_address, oldest)
    old = contents(fresh_address)
    migrate(fresh_address)
    new = contents(fresh_address)
    migrate(fresh_address, oldest)
    kills = 0
    for statement in statements(rounds):
        if not killed_before(fresh_address, "head", statement):
            break
        kills += 1
        assert contents(fresh_address) in (old, new)
        migrate(fresh_address, oldest)
        assert contents(fresh_address) == old
    assert kills or not later
    check_schema(fresh_address)
    assert contents(fresh_address) == new


@pytest.mark.timeout(900)
def test_a_first_start_killed_before_any_statement_is_made_good_by_the_next(fresh_address: str, rounds: int) -> None:
    for statement in statements(rounds):
        if not killed_before(fresh_address, "head", statement):
            break
        assert contents(fresh_address).keys() in (set(), metadata.tables.keys() | {"alembic_version"})
        if pending(fresh_address) == ():
            migrate(fresh_address, "base")
    check_schema(fresh_address)
    with migrating_engine(parse_address(fresh_address)).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
