"""Sweeping files without rows: nothing that a row needs, or will need, is ever taken."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from domain.generations import FinishedRender, Picture
from domain.pictures import image_path, thumbnail_path
from infrastructure.database import Database
from infrastructure.encoding import encode
from infrastructure.files import DiskPictureFiles
from infrastructure.sweep import Swept, sweep
from tests.fakes.catalogue import recipe
from tests.fakes.engines import SERVICE, colour_of
from tests.integration.dispatching import Service, remember_catalogue

HOUR_S = 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "static"


async def stored(root: Path, seed: int) -> Picture:
    made = recipe(seed)
    return await DiskPictureFiles(root).store(encode(colour_of(made), made, SERVICE))


async def with_row(database: Database, root: Path, seed: int) -> Picture:
    service = Service(database)
    await remember_catalogue(database.units)
    await service.ask(seed)
    (claim,) = await service.ledger.claim(1)
    picture = await DiskPictureFiles(root).store((await service.engines.render(claim)).encoded)
    await service.ledger.finish([FinishedRender(claim, picture)])
    return picture


def paths_of(root: Path, picture: Picture) -> list[Path]:
    return [root / image_path(picture.sha256), root / thumbnail_path(picture.thumbnail_sha256)]


def age(*paths: Path, seconds: float = 2 * HOUR_S) -> None:
    then = time.time() - seconds
    for path in paths:
        os.utime(path, (then, then))


@pytest.mark.fault
async def test_old_files_without_rows_go_and_those_with_rows_stay(database: Database, root: Path) -> None:
    kept = paths_of(root, await with_row(database, root, 1))
    gone = paths_of(root, await stored(root, 2))
    age(*kept, *gone)
    size = sum(path.stat().st_size for path in gone)
    assert await sweep(root, database.units) == Swept(seen=4, removed=2, bytes=size)
    assert [path.exists() for path in (*kept, *gone)] == [True, True, False, False]
    assert await sweep(root, database.units) == Swept(seen=2)


async def test_young_files_stay_because_their_rows_may_be_on_the_way(database: Database, root: Path) -> None:
    young, old = await stored(root, 1), await stored(root, 2)
    age(*paths_of(root, old), seconds=HOUR_S / 2)
    assert await sweep(root, database.units) == Swept(seen=4)
    assert (await sweep(root, database.units, grace=timedelta(minutes=20))).removed == 2
    assert all(path.exists() for path in paths_of(root, young))


async def test_an_old_file_that_is_stored_again_counts_as_new(database: Database, root: Path) -> None:
    age(*paths_of(root, await stored(root, 1)))
    await stored(root, 1)
    assert (await sweep(root, database.units)).removed == 0


async def test_a_dry_run_says_what_it_would_do_and_does_nothing(database: Database, root: Path) -> None:
    paths = paths_of(root, await stored(root, 1))
    age(*paths)
    swept = await sweep(root, database.units, dry_run=True)
    assert (swept.removed, swept.bytes) == (2, sum(path.stat().st_size for path in paths))
    assert all(path.exists() for path in paths)


async def test_half_written_files_of_the_dead_go(database: Database, root: Path) -> None:
    picture = await stored(root, 1)
    partial = paths_of(root, picture)[0].with_name(f".{picture.sha256}.png.0123456789abcdef.partial")
    probe = root / "images" / ".probe.0123456789abcdef.partial"
    for path in (partial, probe):
        path.write_bytes(b"half")
    age(partial)
    assert await sweep(root, database.units) == Swept(seen=4, removed=1, bytes=4)
    assert [partial.exists(), probe.exists()] == [False, True]


async def test_files_of_somebody_else_stay(database: Database, root: Path) -> None:
    folder = root / "images" / "ab"
    folder.mkdir(parents=True)
    strangers = [root / "README.md", folder / "notes.txt", folder / "short.png"]
    for path in strangers:
        path.write_bytes(b"mine")
    age(*strangers)
    assert await sweep(root, database.units) == Swept()
    assert all(path.exists() for path in strangers)


async def test_a_folder_that_does_not_exist_yet_is_empty(database: Database, root: Path) -> None:
    assert await sweep(root, database.units) == Swept()


async def test_more_files_than_one_question_takes_are_all_looked_at(
    database: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.sweep.BATCH", 2)
    folder = root / "images" / "00"
    folder.mkdir(parents=True)
    paths = [folder / f"00{number:062x}.png" for number in range(7)]
    for path in paths:
        path.write_bytes(b"x")
    age(*paths)
    assert await sweep(root, database.units) == Swept(seen=7, removed=7, bytes=7)
