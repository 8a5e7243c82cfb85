"""What an unforeseen error of the database tells the log."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from infrastructure.database import Database


async def test_a_failing_statement_is_told_without_its_values(database: Database) -> None:
    async with database.units.reading_engine.connect() as connection:
        with pytest.raises(DBAPIError) as failure:
            await connection.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "a-secret-value"})
    assert "nowhere" in str(failure.value)
    assert "a-secret-value" not in str(failure.value)
