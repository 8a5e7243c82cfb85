"""Deleting while others make the same picture: a row never lacks its file, and nothing is left over in the end."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from domain.access import LOCAL
from domain.generations import GenerationStatus
from domain.images import ImageFilter, ImageOrder
from domain.paging import PageRequest
from domain.pictures import Unused, image_path, thumbnail_path
from domain.services.deletion import Deletion
from domain.services.tags import Tags
from infrastructure.database import Database
from infrastructure.encoding import encode
from infrastructure.files import DiskPictureFiles
from infrastructure.sweep import sweep
from tests.fakes.catalogue import recipe
from tests.fakes.engines import SERVICE, colour_of
from tests.fakes.picture_files import FakePictureFiles
from tests.fixtures.invariants import check_invariants
from tests.integration.dispatching import DatabaseAway, Service, running


class Dying(DiskPictureFiles):
    """As if the process died after the rows were written."""

    async def discard(self, unused: Unused, moment: int) -> None:
        return


def deletion(service: Service, files: DiskPictureFiles | FakePictureFiles) -> Deletion:
    return Deletion(service.units, files, service.engines, service.wake_ups)


async def image_ids(service: Service) -> list[str]:
    async with service.units.reading() as unit:
        page = await unit.images.history(PageRequest("", 100), ImageFilter(), ImageOrder())
    return [image.id for image in page.items]


async def check_files(service: Service, root: Path) -> None:
    """Every row has its files, and after a sweep there are no others."""
    async with service.units.reading() as unit:
        page = await unit.images.history(PageRequest("", 100), ImageFilter(), ImageOrder())
    assert not page.has_next
    pictures = [image.picture for image in page.items]
    needed = {root / image_path(picture.sha256) for picture in pictures}
    needed |= {root / thumbnail_path(picture.thumbnail_sha256) for picture in pictures}
    await sweep(root, service.units, grace=timedelta(seconds=-1))
    assert _pictures(root) == needed


def _pictures(root: Path) -> set[Path]:
    return {path for ending in ("png", "webp", "partial") for path in root.rglob(f"*.{ending}")}


@pytest.mark.parametrize("kind", ["disk", "fake"])
async def test_what_was_stored_again_since_the_deletion_began_stays(tmp_path: Path, kind: str) -> None:
    files = DiskPictureFiles(tmp_path) if kind == "disk" else FakePictureFiles()
    again, gone = (encode(colour_of(recipe(seed)), recipe(seed), SERVICE) for seed in (1, 2))
    kept, lost = await files.store(again), await files.store(gone)
    moment = files.moment()
    await files.store(again)
    pictures = (kept, lost)
    unused = Unused(tuple(one.sha256 for one in pictures), tuple(one.thumbnail_sha256 for one in pictures))
    await files.discard(unused, moment)
    assert [await files.exists(picture) for picture in pictures] == [True, False]
    await files.discard(unused, files.moment())
    assert not await files.exists(kept)


async def test_discarding_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    files = DiskPictureFiles(tmp_path / "nowhere")
    await files.discard(Unused(("0" * 64,), ("1" * 64,)), files.moment())


def test_recipes_whose_pixels_are_the_same_share_no_file() -> None:
    pixels = colour_of(recipe(1))
    one, two = encode(pixels, recipe(1), SERVICE), encode(pixels, recipe(2), SERVICE)
    assert one.thumbnail != two.thumbnail
    assert one.image != two.image


async def test_a_death_between_rows_and_files_leaves_nothing_after_a_sweep(database: Database, tmp_path: Path) -> None:
    files = Dying(tmp_path)
    async with running(Service(database, files)) as service:
        await service.ended(await service.ask(1, 2))
        first, second = await image_ids(service)
        await deletion(service, files).images(LOCAL, [first])
        assert await image_ids(service) == [second]
        await check_files(service, tmp_path)
    await check_invariants(database, deleted=1)


async def test_a_deletion_that_fails_changes_nothing(database: Database, tmp_path: Path) -> None:
    files = DiskPictureFiles(tmp_path)
    async with running(Service(database, files)) as service:
        await service.ended(await service.ask(1))
        (image,) = await image_ids(service)
        service.flaky.failures = 1
        failing = Deletion(service.flaky, files, service.engines, service.wake_ups)
        with pytest.raises(DatabaseAway):
            await failing.images(LOCAL, [image])
        assert await image_ids(service) == [image]
        await check_files(service, tmp_path)
        await failing.images(LOCAL, [image])
        assert await image_ids(service) == []


async def test_in_a_storm_of_the_same_faces_made_tagged_and_deleted_no_row_lacks_its_file(
    database: Database, tmp_path: Path
) -> None:
    files, chance = DiskPictureFiles(tmp_path), random.Random(7)
    async with running(Service(database, files)) as service:
        deleting, tagging = deletion(service, files), Tags(service.units)
        tag = await tagging.create(LOCAL, "seen")
        deleted = 0

        async def make(seeds: list[int]) -> None:
            for seed in seeds:
                (ended,) = await service.ended(await service.ask(seed))
                assert ended.status is GenerationStatus.SUCCEEDED

        async def remove() -> None:
            nonlocal deleted
            for _ in range(25):
                chosen = [key for key in await image_ids(service) if chance.random() < 0.6]
                if chosen:
                    await asyncio.gather(tagging.put(LOCAL, chosen, [tag.id], []), deleting.images(LOCAL, chosen))
                    deleted += len(chosen)
                await asyncio.sleep(0.01)

        await asyncio.gather(remove(), *(make([chance.randrange(3) for _ in range(12)]) for _ in range(4)))
        await check_files(service, tmp_path)
    await check_invariants(database, deleted=deleted)
