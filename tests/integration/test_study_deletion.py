"""A study goes with its images: all of them, nobody else's, and also when it dies on the way."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.access import LOCAL, STUDIES
from domain.images import ImageFilter
from domain.pictures import Unused
from domain.services.studies.deleting import LeftImages, StudyDeletion
from graph.ids import key_of
from infrastructure.files import DiskPictureFiles
from infrastructure.sweep import sweep
from tests.fixtures.invariants import check_files, check_invariants
from tests.integration.graphql_service import GraphQLService
from tests.integration.laboratory import Laboratory, change, laboratory_in

DELETED = "deletedId"


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def images(service: GraphQLService) -> int:
    async with service.database.units.reading() as unit:
        return (await unit.images.count(ImageFilter(owner=STUDIES))).number


def files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "static").rglob("*.*"))


async def delete(laboratory: Laboratory) -> dict[str, Any]:
    return await change(laboratory.researcher, "deleteStudy", {"id": laboratory.study["id"]}, DELETED)


async def test_a_study_goes_with_the_images_of_all_its_renderings_and_twice_is_once(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    study = {"id": laboratory.study["id"]}
    await change(laboratory.researcher, "renderStudy", study, "generation { id }")
    for claim in await laboratory.service.ledger.claim(5):
        await laboratory.service.finish(claim)
    await change(laboratory.researcher, "cancelStudyRendering", study, "generation { status }")
    await laboratory.render()
    made = await images(laboratory.service)
    assert made > 5
    for _ in range(2):
        assert (await delete(laboratory))["deletedId"] == study["id"]
        assert (await images(laboratory.service), files(tmp_path)) == (0, 0)
    await check_invariants(laboratory.service.database, deleted=made)


async def test_what_another_study_or_somebody_else_shows_stays(laboratory: Laboratory, tmp_path: Path) -> None:
    other = await Laboratory(laboratory.service, laboratory.researcher).begin()
    smaller = await Laboratory(laboratory.service, laboratory.researcher).begin(faces=2, overlap=2)
    for one in (laboratory, other, smaller):
        await one.render()
    await delete(laboratory)
    named = await check_files(laboratory.service.database, tmp_path / "static")
    assert len(named) == files(tmp_path) > 20
    pack = {"studyId": other.study["id"]}
    assert (await change(other.researcher, "packStimuli", pack, "pack { images }"))["userErrors"] == []
    await delete(other)
    await delete(smaller)
    assert files(tmp_path) == 0


async def test_what_is_still_rendered_is_canceled(laboratory: Laboratory, tmp_path: Path) -> None:
    study = {"id": laboratory.study["id"]}
    started = await change(laboratory.researcher, "renderStudy", study, "generation { id }")
    (claim,) = await laboratory.service.ledger.claim(1)
    assert (await delete(laboratory))["userErrors"] == []
    await laboratory.service.finish(claim)  # too late: nobody's any more
    assert laboratory.service.engines.canceled == [key_of("Generation", started["generation"]["id"], ())]
    assert await images(laboratory.service) == 0
    async with laboratory.service.database.units.reading() as unit:
        assert await unit.renders.waiting() == 0
    assert files(tmp_path) == 2  # of the late one; a sweep takes them


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.services.studies.deleting.AT_ONCE", 7)


class PowerCut(Exception):
    pass


class Dying(DiskPictureFiles):
    """The process dies when it has removed some images' rows, and not yet their files."""

    lives = 2

    async def discard(self, unused: Unused, moment: int) -> None:
        self.lives -= 1
        if not self.lives:
            raise PowerCut
        await super().discard(unused, moment)


@pytest.mark.parametrize("mended_by", ["a sweep", "the next deletion"])
async def test_a_death_on_the_way_loses_nothing_and_leaves_nothing(
    laboratory: Laboratory, tmp_path: Path, small_steps: None, mended_by: str
) -> None:
    service, units, root = laboratory.service, laboratory.service.database.units, tmp_path / "static"
    other = await Laboratory(service, laboratory.researcher).begin(randomisationSeed="0ther")
    for one in (laboratory, other):
        await one.render()
    dying = StudyDeletion(units, Dying(root), service.engines, service.wake_ups)
    before = await images(service)
    with pytest.raises(PowerCut):
        await dying.delete(LOCAL, key_of("Study", laboratory.study["id"], ()))
    assert await images(service) == before - 14
    await check_files(service.database, root)
    if mended_by == "a sweep":
        await LeftImages(units, service.files).forget()
    else:
        empty = await Laboratory(service, laboratory.researcher).begin()
        await delete(empty)
    pack = {"studyId": other.study["id"]}
    assert (await change(other.researcher, "packStimuli", pack, "pack { images }"))["userErrors"] == []
    await sweep(root, units, grace=timedelta(seconds=-1))
    assert len(await check_files(service.database, root)) == files(tmp_path)
    await delete(other)
    assert await images(service) == 0


async def test_a_study_that_somebody_was_invited_to_keeps_its_images(laboratory: Laboratory) -> None:
    await laboratory.render()
    before = await images(laboratory.service)
    await laboratory.invite()
    assert (await delete(laboratory))["userErrors"][0]["code"] == "CONFLICT"
    assert await images(laboratory.service) == before
