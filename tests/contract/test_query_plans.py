"""However many rows there are, no verb of the ledger and no page of the history walks through a table."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from domain.images import ImageFilter, ImageOrder, ImageOrderField
from domain.networks import Emotion
from domain.paging import PageRequest
from infrastructure.database import Database
from infrastructure.database.clock import EPOCH
from infrastructure.database.tables import metadata
from tests.fixtures.ledger import AGE, HAPPY, Ledger, recipe

CURSOR = (2**40, "f" * 32)
FEW = ("collected_images_noted", "images_starred", *(f"images_{emotion.value}" for emotion in Emotion))
KEY = "0" * 32
TIMES = {"created_after": EPOCH, "created_before": EPOCH}

ALONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "images_created_at_id_emotions", "images_owner_created_at_id_emotions"),
    ({"session_id": KEY}, "images_session_id_created_at_id", "images_session_id_created_at_id"),
    ({"seed": 1}, "images_seed_created_at_id", "images_owner_seed_created_at_id"),
    ({"starred": True}, "images_starred_created_at_id", "images_starred_owner_created_at_id"),
    ({"emotions": (Emotion.SAD,)}, "images_sad_created_at_id", "images_sad_owner_created_at_id"),
    ({"network": "faces"}, "images_network_sha256_created_at_id_emotions", "images_owner_network_sha256_created_at_id"),
    (
        {"collection_id": KEY},
        "collected_images_collection_id_image_created_at_image_id",
        "collected_images_collection_id_image_created_at_image_id",
    ),
    (
        {"text": "smile"},
        "collected_images_noted_image_created_at_image_id",
        "collected_images_noted_owner_image_created_at_image_id",
    ),
    ({"all_tags": (KEY,)}, "image_tags_tag_id_created_at_image_id", "image_tags_tag_id_owner_created_at_image_id"),
    ({"any_tags": (KEY,)}, "image_tags_tag_id_created_at_image_id", "image_tags_tag_id_owner_created_at_image_id"),
    ({"source_id": KEY}, "images_source_id_created_at_id", "images_source_id_created_at_id"),
]
"""Filters, and the index that their pages are read along: of everybody's images, and of one owner's."""


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
@pytest.mark.parametrize("times", [{}, TIMES], ids=["always", "between"])
@pytest.mark.parametrize(("chosen", "of_all", "of_one"), ALONG, ids=[*("-".join(one[0]) or "all" for one in ALONG)])
async def test_a_filtered_page_and_its_count_are_read_along_an_index_in_the_historys_order(
    database: Database,
    ledger: Ledger,
    tmp_path: Path,
    chosen: dict[str, Any],
    of_all: str,
    of_one: str,
    times: dict[str, Any],
) -> None:
    for owner, index in ((None, of_all), ("local", of_one)):
        where = ImageFilter(**chosen, **times, owner=owner)
        async with _plans(database, tmp_path) as plans, ledger.units.reading() as unit:
            await unit.images.history(PageRequest("", 5, after=CURSOR), where, ImageOrder())
            await unit.images.count(where)
        asked = [steps for statement, steps in plans if "FROM networks" not in statement]
        page, neighbours, count = asked
        assert not any(_walks(step) for step in count), count
        for steps in (page, neighbours):
            assert any(f"INDEX ix_{index}" in step for step in steps), steps
            assert not any("TEMP B-TREE FOR ORDER BY" in step for step in steps), steps


ANSWERED: list[tuple[dict[str, Any], list[str]]] = [
    ({"starred": True, "emotions": (Emotion.SAD,)}, ["images_starred_"]),
    ({"all_tags": (KEY,), "emotions": (Emotion.SAD,)}, ["image_tags_tag_id_", "images_"]),
    ({"all_tags": (KEY,), "network": "faces"}, ["image_tags_tag_id_", "images_network_sha256_"]),
    ({"seed": 1}, ["images_seed_"]),
    ({"seed": 1, "owner": "local"}, ["images_owner_seed_created_at_id"]),
]
"""Filters, and the indexes that have all that their counts look at."""


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("chosen", "indexes"), ANSWERED, ids=["-".join(chosen) for chosen, _ in ANSWERED])
async def test_a_count_reads_indexes_and_no_rows_of_images(
    database: Database, ledger: Ledger, tmp_path: Path, chosen: dict[str, Any], indexes: list[str]
) -> None:
    async with _plans(database, tmp_path) as plans, ledger.units.reading() as unit:
        await unit.images.count(ImageFilter(**chosen))
    steps = [step for step in plans[-1][1] if step.startswith(("SCAN image", "SEARCH image"))]
    assert len(steps) == len(indexes), steps
    for step, index in zip(steps, indexes, strict=True):
        assert f"COVERING INDEX ix_{index}" in step, steps


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_a_starred_page_with_an_emotion_is_found_in_the_index(
    database: Database, ledger: Ledger, tmp_path: Path
) -> None:
    for owner, index in ((None, "starred_created_at_id"), ("local", "starred_owner_created_at_id")):
        where = ImageFilter(starred=True, emotions=(Emotion.SAD,), owner=owner)
        async with _plans(database, tmp_path) as plans, ledger.units.reading() as unit:
            await unit.images.history(PageRequest("", 5), where, ImageOrder())
        assert any(f"COVERING INDEX ix_images_{index}" in step for step in plans[-1][1]), plans


MANY_TAGGED = """
SELECT lpad(number::text, 32, '0'), tag, 'local', number
FROM generate_series(1, 20000) number, unnest(%s::text[]) tag
"""


@pytest.mark.parametrize("database_address", ["postgresql"], indirect=True)
async def test_what_a_count_looks_up_is_looked_up_for_each_image_and_never_gathered_before(
    database: Database, ledger: Ledger, database_address: str
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        asked.append((statement, values))

    event.listen(database.units.reading_engine.sync_engine, "before_cursor_execute", note)
    async with ledger.units.reading() as unit:
        await unit.images.count(ImageFilter(all_tags=(KEY, "1" * 32), emotions=(Emotion.SAD,)))
    with psycopg.connect(database_address) as connection:
        connection.execute("SET session_replication_role = replica")  # no foreign keys for a moment
        connection.execute(f"INSERT INTO image_tags {MANY_TAGGED}".encode(), [[KEY, "1" * 32]])
        connection.execute("ANALYZE image_tags")  # undone with the rows, as nothing is committed
        plan = [str(step) for (step,) in connection.execute(f"EXPLAIN VERBOSE {asked[-1][0]}".encode(), asked[-1][1])]
        connection.rollback()
    assert sum("SubPlan" in step for step in plan) >= 2, plan
    assert not any("hashed SubPlan" in step for step in plan), plan


@asynccontextmanager
async def _plans(database: Database, folder: Path) -> AsyncIterator[list[tuple[str, list[str]]]]:
    """The questions that are asked inside, each with SQLite's plan for it; filled in at the end."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        asked.append((statement, values))

    engine = database.units.reading_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    plans: list[tuple[str, list[str]]] = []
    yield plans
    event.remove(engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(folder / "manganace.sqlite3")) as connection:
        for statement, values in asked:
            if statement.startswith("SELECT"):
                steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
                plans.append((statement, [step[3] for step in steps]))


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
    """Whether it reads a whole table; counts may walk along an index of the history, and filters along one of a few."""
    words = step.split()
    if words[0] != "SCAN" or words[1] not in metadata.tables:
        return False
    if any(f"INDEX ix_{few}_" in step for few in FEW):
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
