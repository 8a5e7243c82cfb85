"""Selections of images on every database: nothing is left of one that has expired."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from domain.access import LOCAL
from domain.exports import KEPT, Export
from domain.services.exports import Exports, forget_expired
from infrastructure.database import Database
from infrastructure.database.export_tables import export_images, exports
from infrastructure.files import DiskPictureFiles
from tests.fixtures.ledger import Ledger, recipe


async def aged(database: Database, export: Export, by: timedelta) -> None:
    """Asked for that much earlier."""
    async with database.units.writing_engine.begin() as connection:
        earlier = {"created_at": export.created_at - by}
        await connection.execute(update(exports).where(exports.c.id == export.id).values(earlier))


async def left(database: Database) -> tuple[set[str], list[str]]:
    """The exports that have rows, and the export of each image that one of them has."""
    async with database.units.reading_engine.connect() as connection:
        ids = set(await connection.scalars(select(exports.c.id)))
        return ids, sorted(await connection.scalars(select(export_images.c.export_id)))


async def test_the_next_export_takes_away_the_rows_of_those_that_have_expired(
    database: Database, ledger: Ledger, tmp_path: Path
) -> None:
    verbs = Exports(database.units, DiskPictureFiles(tmp_path), "test")
    images = [image.id for image in await ledger.make(*map(recipe, range(3)))]
    expired, almost = [await verbs.of_images(LOCAL, images) for _ in range(2)]
    await aged(database, expired, KEPT + timedelta(seconds=1))
    await aged(database, almost, KEPT - timedelta(minutes=5))
    latest = await verbs.of_images(LOCAL, images[:1])
    assert await left(database) == ({almost.id, latest.id}, sorted([*[almost.id] * 3, latest.id]))


async def test_more_have_expired_than_are_taken_away_at_once_and_none_is_left(
    database: Database, ledger: Ledger, tmp_path: Path
) -> None:
    (image,) = await ledger.make(recipe())
    async with database.units.writing() as unit:
        old = [await unit.exports.add_images(f"{number:032x}", "local", [image.id]) for number in range(501)]
        await unit.commit()
    assert await forget_expired(database.units) == 0
    for export in old:
        await aged(database, export, KEPT + timedelta(seconds=1))
    assert await forget_expired(database.units) == 501
    assert await left(database) == (set(), [])
