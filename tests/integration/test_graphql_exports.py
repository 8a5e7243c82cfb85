"""Taking many images along: what is in the ZIP, what is said of what is not, and what it costs."""

import csv
import io
import json
import time
import tracemalloc
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from domain.exports import ArchiveEntry
from infrastructure.packing import PART, ZipPacking
from infrastructure.recipe_reading import recipe_from_png
from tests.integration.graphql_service import GraphQLService, graphql_service

EXPORT = """
mutation Export($input: ExportImagesInput!) {
  exportImages(input: $input) { export { url total expiresAt } userErrors { code message field } }
}
"""
HAPPY = {"emotion": "HAPPY", "strength": 0.8}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def exported(service: GraphQLService, **values: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await service.data(EXPORT, {"input": values}))["exportImages"]
    return payload


async def archive_of(service: GraphQLService, url: str) -> zipfile.ZipFile:
    response = await service.client.get(url)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    return archive


def manifest_of(archive: zipfile.ZipFile) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """As JSON and as CSV."""
    as_json = json.loads(archive.read("manifest.json"))
    return as_json, list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))


async def test_a_selection_comes_as_a_zip_with_a_manifest(service: GraphQLService) -> None:
    first = await service.image(seed=42, emotions=[HAPPY])
    second = await service.image(seed=7)
    export = (await exported(service, imageIds=[second["id"], first["id"], second["id"]]))["export"]
    assert export["total"] == 2
    archive = await archive_of(service, export["url"])
    names = ["images/00000_seed7_psi0.5.png", "images/00001_seed42_psi0.5_happy0.8.png"]
    assert archive.namelist() == [*names, "manifest.json", "manifest.csv"]
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    as_json, as_csv = manifest_of(archive)
    assert (as_json["total"], as_json["packed"], as_json["leftOut"]) == (2, 2, 0)
    for row, line, name, image in zip(as_json["images"], as_csv, names, (second, first), strict=True):
        assert (row["file"], row["state"], row["imageId"], row["sha256"]) == (name, "ok", image["id"], image["sha256"])
        assert (line["file"], line["imageId"], line["seed"]) == (name, image["id"], str(image["seed"]))
        assert recipe_from_png(archive.read(name)).to_json() == row["recipe"] == json.loads(line["recipe"])
        assert row["createdAt"].startswith(image["createdAt"][:19])
    assert (as_csv[1]["happy"], as_csv[1]["sad"], as_csv[0]["happy"]) == ("0.8", "0.0", "0.0")


async def test_a_filter_finds_the_oldest_first_and_later_images_do_not_join(service: GraphQLService) -> None:
    for seed in (3, 1, 2):
        await service.image(seed=seed)
    await service.image(seed=3, emotions=[HAPPY])
    everything = (await exported(service, filter={}))["export"]
    of_one = (await exported(service, filter={"seed": 3}))["export"]
    await service.image(seed=9)
    assert (everything["total"], of_one["total"]) == (4, 2)
    rows = manifest_of(await archive_of(service, everything["url"]))[0]["images"]
    assert [row["seed"] for row in rows] == [3, 1, 2, 3]
    again = await archive_of(service, everything["url"])
    assert again.namelist() == (await archive_of(service, everything["url"])).namelist()
    assert len((await archive_of(service, of_one["url"])).namelist()) == 4


async def test_an_export_is_the_same_bytes_whenever_and_in_whatever_time_zone_it_is_packed(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = await service.image(seed=1)
    export = (await exported(service, filter={}))["export"]
    first = await service.client.get(export["url"])
    monkeypatch.setenv("TZ", "UTC-14")
    time.tzset()
    try:
        assert (await service.client.get(export["url"])).content == first.content
    finally:
        monkeypatch.undo()
        time.tzset()
    picture, *manifests = zipfile.ZipFile(io.BytesIO(first.content)).infolist()
    asked_for = datetime.fromisoformat(export["expiresAt"]) - timedelta(days=1)
    assert picture.date_time == in_a_zip(datetime.fromisoformat(image["createdAt"]))
    assert [manifest.date_time for manifest in manifests] == [in_a_zip(asked_for)] * 2


def in_a_zip(instant: datetime) -> tuple[int, ...]:
    """ZIP counts every second second."""
    *minute, second = instant.astimezone(UTC).timetuple()[:6]
    return (*minute, second // 2 * 2)


async def test_what_is_missing_damaged_or_deleted_is_named_and_the_zip_is_whole(
    service: GraphQLService, tmp_path: Path
) -> None:
    images = [await service.image(seed=seed) for seed in range(4)]
    export = (await exported(service, filter={}))["export"]
    missing, damaged = (tmp_path / image["url"].removeprefix("/") for image in images[:2])
    missing.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    delete = "mutation($id: ID!) { deleteImage(input: {id: $id}) { userErrors { message } } }"
    payload = (await service.data(delete, {"id": images[2]["id"]}))["deleteImage"]
    assert payload["userErrors"] == []
    archive = await archive_of(service, export["url"])
    assert archive.namelist() == ["images/00003_seed3_psi0.5.png", "manifest.json", "manifest.csv"]
    as_json, as_csv = manifest_of(archive)
    assert [row["state"] for row in as_json["images"]] == ["missing", "damaged", "deleted", "ok"]
    assert [row["state"] for row in as_csv] == ["missing", "damaged", "deleted", "ok"]
    assert [row["imageId"] for row in as_json["images"]] == [image["id"] for image in images]
    assert (as_json["packed"], as_json["leftOut"]) == (1, 3)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({}, "INVALID", ["input"]),
        ({"imageIds": [], "filter": {}}, "INVALID", ["input"]),
        ({"imageIds": []}, "INVALID", ["input", "imageIds"]),
        ({"imageIds": ["SW1hZ2U6MDA="] * 2}, "NOT_FOUND", ["input", "imageIds", "0"]),
        ({"imageIds": ["nonsense"]}, "INVALID", ["input", "imageIds", "0"]),
        ({"filter": {"seed": 5}}, "INVALID", ["input", "filter"]),
        ({"filter": {"network": "\x00"}}, "INVALID", ["input", "filter", "network"]),
    ],
)
async def test_a_selection_that_makes_no_sense_is_refused(
    service: GraphQLService, values: dict[str, Any], code: str, field: list[str]
) -> None:
    payload = await exported(service, **values)
    assert payload["export"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)]


async def test_a_filter_that_finds_too_many_is_refused_with_nothing_kept(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.services.exports.MAX_EXPORT", 1)
    for seed in (1, 2):
        await service.image(seed=seed)
    (error,) = (await exported(service, filter={}))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", "filter"])
    assert "more than 1 images" in error["message"]
    async with service.database.units.reading() as unit:
        assert await unit.exports.places("0" * 32, 0, 10) == []


async def test_an_export_is_its_owner_s_or_at_a_signed_address(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann, bob = [await service.of(name, Scope.READ, Scope.GENERATE) for name in ("ann", "bob")]
        image = await ann.image(seed=1)
        export = (await exported(ann, filter={}))["export"]
        assert (await exported(bob, filter={}))["userErrors"][0]["field"] == ["input", "filter"]
        assert (await exported(bob, imageIds=[image["id"]]))["userErrors"][0]["code"] == "NOT_FOUND"
        assert len((await archive_of(service, export["url"])).namelist()) == 3
        plain = f"/download/exports/{export['url'].rsplit('/', 1)[1]}"

        async def status(address: str, asking: GraphQLService | None = None) -> int:
            headers = {"Authorization": f"Bearer {asking.bearer}"} if asking else {}
            return (await service.client.get(address, headers=headers)).status_code

        assert [await status(plain, asking) for asking in (ann, bob, None)] == [200, 404, 401]
        assert await status(export["url"].replace(".zip", "0.zip")) == 404


async def test_an_export_that_is_none_or_has_expired_is_not_found(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.image(seed=1)
    url = (await exported(service, filter={}))["export"]["url"]
    head = await service.client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    for address in ("/download/exports/0.zip", url.replace(".zip", ".tar"), "/download/exports/x"):
        assert (await service.client.get(address)).status_code == 404
    monkeypatch.setattr("domain.services.exports.KEPT", timedelta(seconds=-1))
    assert (await service.client.get(url)).status_code == 404
    assert (await exported(service, filter={}))["export"]["total"] == 1
    monkeypatch.undo()
    assert (await service.client.get(url)).status_code == 404, "a later export forgets those that have expired"


async def test_only_a_few_are_packed_at_once_and_who_leaves_makes_room(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.image(seed=1)
    url = (await exported(service, filter={}))["export"]["url"]
    for _ in range(3):
        assert (await service.client.get(url)).status_code == 200
    monkeypatch.setattr("graph.downloads.MOST_ARCHIVES", 0)
    refused = await service.client.get(url)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")


async def _packed(*entries: ArchiveEntry) -> bytes:
    async def given() -> AsyncGenerator[ArchiveEntry, None]:
        for entry in entries:
            yield entry

    return b"".join([part async for part in ZipPacking().packed(given())])


async def test_a_file_without_a_date_or_from_before_1980_has_the_first_that_a_zip_can_name() -> None:
    old = datetime(1970, 1, 1, tzinfo=UTC)
    archive = zipfile.ZipFile(io.BytesIO(await _packed(ArchiveEntry("a", b"1"), ArchiveEntry("b", b"2", old))))
    assert [entry.date_time for entry in archive.infolist()] == [(1980, 1, 1, 0, 0, 0)] * 2
    assert {(entry.create_system, entry.external_attr) for entry in archive.infolist()} == {(3, 0o100644 << 16)}


async def test_a_zip_of_more_than_zip_alone_can_hold_is_a_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    contents: dict[str, bytes] = {"first": bytes(100), "large": bytes(2000), "last": b"x"}
    packed = await _packed(*(ArchiveEntry(name, content) for name, content in contents.items()))
    monkeypatch.undo()
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == contents
    assert [entry.extract_version for entry in archive.infolist()] == [20, 45, 45]
    assert b"PK\x06\x06" in packed, "the record that ends a ZIP64"


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
async def test_who_leaves_in_the_middle_of_a_file_ends_the_packing_and_nothing_is_read_on() -> None:
    read, ended = [], []

    def pieces() -> Iterable[bytes]:
        for number in range(10):
            read.append(number)
            yield bytes(PART)

    async def entries() -> AsyncGenerator[ArchiveEntry, None]:
        try:
            yield ArchiveEntry("large", pieces())
        finally:
            ended.append(True)

    parts = ZipPacking().packed(entries())
    assert len(await anext(parts)) > PART
    await parts.aclose()
    assert (read, ended) == ([0], [True])


async def _peak(count: int, size: int) -> int:
    """The most memory that packing so many files of this size takes, in bytes."""

    async def entries() -> AsyncGenerator[ArchiveEntry, None]:
        for number in range(count):
            yield ArchiveEntry(f"images/{number:05d}.png", bytes(size))

    tracemalloc.start()
    try:
        async for _ in ZipPacking().packed(entries()):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_memory_does_not_grow_with_the_images_but_for_a_line_in_the_zip_s_own_contents() -> None:
    few, many = await _peak(20, 1 << 20), await _peak(520, 1 << 20)
    assert many - few < (500 << 20) / 100, "of what more was packed, not a hundredth is kept"


async def test_a_page_of_an_export_costs_a_few_statements_however_many_images_it_has(service: GraphQLService) -> None:
    for seed in range(6):
        await service.image(seed=seed)
    counts = []
    for where in ({"seed": 3}, {}):
        url = (await exported(service, filter=where))["export"]["url"]
        with service.statements() as sent:
            await service.client.get(url)
        counts.append(len(sent))
    assert counts[0] == counts[1] < 10
