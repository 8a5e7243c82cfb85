"""Memory does not grow with the number of a study's images: neither while it is planned nor while it is rendered."""

import gc
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from domain.generations import ClaimedRender
from tests.integration.laboratory import Laboratory, change, laboratory_in

ESTIMATE = "query($id: ID!) { studyEstimate(studyId: $id) { images missing } }"
KIB = 1024


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def of_steps(laboratory: Laboratory, faces: int, steps: int) -> Laboratory:
    size = {"faces": faces, "overlap": faces, "steps": steps, "participants": 1}
    return await Laboratory(laboratory.service, laboratory.researcher).begin(**size)


async def peak(action: Callable[[], Awaitable[object]]) -> int:
    """The most that is held beyond what was before, in bytes."""
    tracemalloc.start()
    try:
        await action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def planned(laboratory: Laboratory) -> int:
    """A study's images, estimated and put into the ledger."""
    study = {"id": laboratory.study["id"]}
    images: int = (await laboratory.researcher.data(ESTIMATE, study))["studyEstimate"]["images"]
    started = await change(laboratory.researcher, "renderStudy", study, "generation { total }")
    assert started["generation"]["total"] == images
    return images


async def test_planning_thousands_of_images_takes_the_memory_of_planning_hundreds(laboratory: Laboratory) -> None:
    """A recipe alone is some 700 bytes as text; 4,242 of them, were they held, would be 3 MB."""
    small, large = await of_steps(laboratory, 20, 11), await of_steps(laboratory, 20, 101)
    await planned(await of_steps(laboratory, 2, 2))  # what is made once is made
    few, many = await peak(lambda: planned(small)), await peak(lambda: planned(large))
    assert many - few < 500 * KIB


class Forgotten(list[ClaimedRender]):
    """What the double of the engines would keep of each render, for other tests to look at."""

    def append(self, _: ClaimedRender) -> None:
        pass


async def kept(action: Callable[[], Awaitable[object]]) -> int:
    """How many blocks of memory are in use afterwards that were not before."""
    gc.collect()
    before = sys.getallocatedblocks()
    await action()
    gc.collect()
    return sys.getallocatedblocks() - before


async def test_rendering_many_images_keeps_no_more_than_rendering_few(laboratory: Laboratory) -> None:
    laboratory.service.engines.rendered = Forgotten()
    await (await of_steps(laboratory, 2, 4)).render()  # what is made once is made
    few, many = await of_steps(laboratory, 4, 5), await of_steps(laboratory, 10, 10)
    left_by_few, left_by_many = await kept(few.render), await kept(many.render)
    done = await many.now("rendering { done total }")
    assert done["rendering"]["done"] == done["rendering"]["total"] > 200
    assert left_by_many - left_by_few < 10 * 160, "a claim that is kept is some 60 blocks; a folder that is known, 3"
