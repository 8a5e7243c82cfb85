"""However many rows there are, no verb of the ledger and no page of the history walks through a table."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from domain.images import ImageFilter, ImageOrder, ImageOrderField
from domain.networks import Emotion
from domain.paging import PageRequest
from infrastructure.database import Database
from infrastructure.database.tables import metadata
from tests.fixtures.ledger import AGE, HAPPY, Ledger, recipe

CURSOR = (2**40, "f" * 32)


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_every_statement_finds_its_rows_by_an_index(database: Database, ledger: Ledger, tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        asked.append((statement, values[0] if many else values))

    for engine in database.engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    await _use_everything(ledger)
    with closing(sqlite3.connect(tmp_path / "manganace.sqlite3")) as connection:
        for statement, values in asked:
            if statement.startswith(("SELECT", "UPDATE", "WITH")):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
                walks = [step[3] for step in plan if _walks(step[3])]
                assert not walks, f"{walks}\n{statement}"


def _walks(step: str) -> bool:
    """Whether it reads a whole table; counts and filters by emotion may walk along an index of the history."""
    words = step.split()
    if words[0] != "SCAN" or words[1] not in metadata.tables:
        return False
    return words[1] != "images" or "COVERING" not in words


async def _use_everything(ledger: Ledger) -> None:
    [source] = await ledger.make(recipe(1, (HAPPY, 1.0)), session_id="0" * 32)
    key = await ledger.accept(recipe(2, (AGE, 1.0)), recipe(3), source_id=source.id, key="once")
    claims = await ledger.claim()
    await ledger.renew(claims)
    await ledger.hand_back(claims)
    await ledger.fail(await ledger.claim(), final=True)
    await ledger.requeue()
    await ledger.requeue(everything=True)
    await ledger.cancel(key)
    async with ledger.units.reading() as unit:
        await unit.renders.waiting()
        await unit.generations.queue_positions([key])
        await unit.generations.by_key("local", "once")
        await unit.generations.ended_after(0, 10)
        await unit.generations.history(PageRequest("", 5, after=CURSOR))
        await unit.images.directions_of([source.id])
        await unit.images.first_of([key])
        await unit.images.known_files([source.picture.sha256])
        for where in (
            ImageFilter(),
            ImageFilter(session_id="0" * 32),
            ImageFilter(seed=1),
            ImageFilter(network="faces", emotions=(Emotion.HAPPY,)),
            ImageFilter(emotions=(Emotion.SAD,)),
            ImageFilter(source_id=source.id),
        ):
            await unit.images.history(PageRequest("", 5, after=CURSOR, before=(0, "0" * 32)), where, ImageOrder())
            await unit.images.count(where)
        await unit.images.history(PageRequest("", 5), ImageFilter(), ImageOrder(ImageOrderField.SEED))
        in_place = ImageOrder(ImageOrderField.INDEX, descending=False)
        await unit.images.history(PageRequest("", 5), ImageFilter(generation_id=key), in_place)
