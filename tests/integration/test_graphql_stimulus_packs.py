"""A study's stimuli as one file: refused while there are gaps, whole when it comes, and somebody's own."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from domain.pictures import image_path
from infrastructure.files import DiskPictureFiles
from infrastructure.recipe_reading import recipe_from_png
from tests.integration.graphql_service import GraphQLService
from tests.integration.laboratory import DESIGN, TRIALS, Laboratory, change, laboratory_in

PACK = "pack { url version participants images sizeBytes }"


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def packed(laboratory: Laboratory, **values: Any) -> dict[str, Any]:
    given = {"studyId": laboratory.study["id"], **values}
    return await change(laboratory.researcher, "packStimuli", given, PACK)


async def archive_of(laboratory: Laboratory, url: str) -> zipfile.ZipFile:
    response = await laboratory.service.client.get(url)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    return archive


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


async def test_a_pack_has_every_picture_that_its_participants_see_and_says_what_each_is(laboratory: Laboratory) -> None:
    await laboratory.render()
    made = await packed(laboratory)
    assert made["userErrors"] == []
    assert (made["pack"]["version"], made["pack"]["participants"]) == (1, 2)
    archive = await archive_of(laboratory, made["pack"]["url"])
    stimuli, trials = table(archive, "stimuli.csv"), table(archive, "trials.csv")
    assert len(stimuli) == made["pack"]["images"]
    assert sum(archive.getinfo(row["file"]).file_size for row in stimuli) == made["pack"]["sizeBytes"]
    assert {row["file"] for row in stimuli} == {name for name in archive.namelist() if name.startswith("stimuli/")}
    for row in stimuli:
        content = archive.read(row["file"])
        recipe = recipe_from_png(content)
        assert (hashlib.sha256(content).hexdigest(), recipe.key) == (row["sha256"], row["recipe_key"])
        assert sum(edit.strength for edit in recipe.edits) == float(row["strength"])
    assert [row["slot"] for row in trials] == ["0"] * TRIALS + ["1"] * TRIALS
    for trial in trials:
        for step in range(3):
            assert f"stimuli/{trial['face_seed']}/{trial['emotion']}/{step:02}.png" in archive.namelist()
    protocol = json.loads(archive.read("protocol.json"))
    assert protocol["sha256"] == laboratory.study["protocolSha256"]
    assert {"README.md", "jspsych/index.html", "psychopy/experiment.py"} <= set(archive.namelist())


async def test_a_pack_is_the_same_bytes_every_time_and_dates_no_file(laboratory: Laboratory) -> None:
    await laboratory.render()
    url = (await packed(laboratory))["pack"]["url"]
    first, again = [(await laboratory.service.client.get(url)).content for _ in range(2)]
    assert first == again
    assert {entry.date_time for entry in (await archive_of(laboratory, url)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


async def test_a_pack_with_gaps_is_refused_before_and_after_its_address_was_given(laboratory: Laboratory) -> None:
    refused = await packed(laboratory)
    (error,) = refused["userErrors"]
    assert (refused["pack"], error["code"], error["field"]) == (None, "CONFLICT", ["input", "studyId"])
    await laboratory.render()
    url = (await packed(laboratory, participants=1))["pack"]["url"]
    changes = {"id": laboratory.study["id"], "design": DESIGN | {"steps": 5}}
    assert (await change(laboratory.researcher, "updateStudy", changes, "study { version }"))["study"] == {"version": 1}
    answer = await laboratory.service.client.get(url)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("participants", [0, -1, 1001])
async def test_a_number_of_participants_that_cannot_be_is_refused(laboratory: Laboratory, participants: int) -> None:
    (error,) = (await packed(laboratory, participants=participants))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", "participants"])


async def test_a_design_without_a_number_of_participants_asks_for_one(laboratory: Laboratory) -> None:
    open_ended = await Laboratory(laboratory.service, laboratory.researcher).begin(participants=None)
    (error,) = (await packed(open_ended))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", "participants"])
    await open_ended.render()
    assert (await packed(open_ended, participants=3))["pack"]["participants"] == 3


async def test_a_pack_is_the_researcher_s_or_at_its_signed_address(laboratory: Laboratory) -> None:
    await laboratory.render()
    url = (await packed(laboratory))["pack"]["url"]
    ben = await laboratory.service.of("ben", Scope.RESEARCH)
    reader = await laboratory.service.of("ann", Scope.READ)
    plain = f"/download/stimuli/{url.rsplit('/', 1)[1]}"

    async def status(address: str, asking: GraphQLService | None = None) -> int:
        headers = {"Authorization": f"Bearer {asking.bearer}"} if asking else {}
        return (await laboratory.service.client.get(address, headers=headers)).status_code

    callers = (laboratory.researcher, ben, reader, None)
    assert [await status(plain, asking) for asking in callers] == [200, 404, 403, 401]
    assert [await status(address) for address in (url, url.replace("participants=2", "participants=1"))] == [200, 404]
    head = await laboratory.service.client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    for wrong in (plain.replace(".zip", ".tar"), plain.partition("?")[0]):
        assert await status(wrong, laboratory.researcher) in (400, 404)


async def test_a_picture_that_is_damaged_breaks_the_pack_off(laboratory: Laboratory, tmp_path: Path) -> None:
    await laboratory.render()
    url = (await packed(laboratory))["pack"]["url"]
    (row, *_) = table(await archive_of(laboratory, url), "stimuli.csv")
    (DiskPictureFiles(tmp_path / "static").path(image_path(row["sha256"]))).write_bytes(b"nothing")
    with pytest.raises(Exception, match="is damaged"):
        await laboratory.service.client.get(url)
