"""Who uses a database: at a start, the only one may take up at once whatever was RUNNING when its last user died.

Everybody holds a shared lock while it lives, however it ends; who could have had it alone at its start was the first.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from infrastructure.database.addresses import parse_address, sqlite_file
from infrastructure.locks import held_alone

PRESENCE_LOCK = 0x70726573
"""PostgreSQL's advisory lock; it is the session's, which ends with the process."""


@asynccontextmanager
async def present(address: str) -> AsyncIterator[bool]:
    """Within the context this process counts as a user of the database; True where it was the only one at its start."""
    url = parse_address(address)
    file = sqlite_file(url)
    if file is not None:
        with held_alone(file.with_name(f"{file.name}.lock")) as alone:
            yield alone
        return
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            first = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": PRESENCE_LOCK})
            await connection.execute(text("SELECT pg_advisory_lock_shared(:lock)"), {"lock": PRESENCE_LOCK})
            if first:
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": PRESENCE_LOCK})
            yield bool(first)
    finally:
        await engine.dispose()
