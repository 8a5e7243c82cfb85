"""What an unforeseen error of the database tells the log."""

import logging
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from infrastructure.database import Database

SECRET = "a-secret-value"


async def test_a_failing_statement_is_told_without_its_values(database: Database) -> None:
    async with database.units.reading_engine.connect() as connection:
        with pytest.raises(DBAPIError) as failure:
            await connection.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "a-secret-value"})
    assert "nowhere" in str(failure.value)
    assert "a-secret-value" not in str(failure.value)


@pytest.mark.parametrize(
    "row",
    [{"name": "a-secret-value", "age": 1}, {"name": None, "age": 987654}, {"name": "another", "age": 987654}],
    ids=["there already", "something missing", "too much"],
)
async def test_a_row_that_does_not_fit_is_not_quoted(database: Database, row: dict[str, Any]) -> None:
    """As PostgreSQL does by itself."""
    table = "CREATE TEMPORARY TABLE people (name TEXT NOT NULL PRIMARY KEY, age INTEGER NOT NULL CHECK (age < 200))"
    insert = text("INSERT INTO people VALUES (:name, :age)")
    async with database.units.reading_engine.connect() as connection:
        await connection.execute(text(table))
        await connection.execute(insert, {"name": "a-secret-value", "age": 1})
        with pytest.raises(IntegrityError) as failure:
            await connection.execute(insert, row)
    logged = logging.Formatter().formatException((failure.type, failure.value, failure.tb))
    assert "people" in logged
    for secret in ("a-secret-value", "987654"):
        assert secret not in logged


async def test_a_value_of_another_type_is_not_quoted(database: Database) -> None:
    async with database.units.reading_engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pytest.skip("SQLite takes it")
        with pytest.raises(DBAPIError) as failure:
            await connection.execute(text("SELECT CAST(CAST(:name AS TEXT) AS INTEGER)"), {"name": SECRET})
    logged = logging.Formatter().formatException((failure.type, failure.value, failure.tb))
    assert "InvalidTextRepresentation" in logged
    assert SECRET not in logged
