"""Taking one picture along: its format, its name, its recipe, and who may."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from domain.access import Scope
from domain.copies import CopyForm
from infrastructure.recipe_reading import recipe_in
from tests.integration.graphql_service import GraphQLService, graphql_service

HAPPY = {"emotion": "HAPPY", "strength": 0.8}
DOWNLOAD = """
query($id: ID!, $format: PictureFormat!, $quality: Int) {
  image(id: $id) { url sha256 recipe downloadUrl(format: $format, quality: $quality) }
}
"""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def asked(service: GraphQLService, image_id: str, kind: str = "PNG", quality: int | None = None) -> Any:
    variables = {"id": image_id, "format": kind, "quality": quality}
    return (await service.data(DOWNLOAD, variables))["image"]


async def taken(
    service: GraphQLService, image_id: str, kind: str = "PNG", quality: int | None = None
) -> httpx.Response:
    return await service.client.get((await asked(service, image_id, kind, quality))["downloadUrl"])


@pytest.mark.parametrize(
    ("kind", "quality", "media_type", "ending"),
    [
        ("PNG", None, "image/png", "png"),
        ("WEBP", None, "image/webp", "webp"),
        ("WEBP", 50, "image/webp", "webp"),
        ("JPEG", None, "image/jpeg", "jpg"),
        ("JPEG", 30, "image/jpeg", "jpg"),
    ],
)
async def test_a_picture_is_taken_along_under_a_sensible_name_with_its_recipe(
    service: GraphQLService, kind: str, quality: int | None, media_type: str, ending: str
) -> None:
    image = await service.image(seed=42, emotions=[HAPPY, {"emotion": "SAD", "strength": -0.25}])
    response = await taken(service, image["id"], kind, quality)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    name = f"seed42_psi0.5_happy0.8_sad-0.25.{ending}"
    assert f'attachment; filename="{name}"' in response.headers["content-disposition"]
    assert response.headers["cache-control"] == "private, no-cache"
    with Image.open(io.BytesIO(response.content)) as opened:
        assert (opened.format, opened.size) == (kind, (16, 16))
        opened.load()
    assert recipe_in(io.BytesIO(response.content)).to_json() == (await asked(service, image["id"]))["recipe"]


async def test_the_png_is_the_stored_file_and_a_webp_has_its_pixels(service: GraphQLService) -> None:
    image = await service.image(seed=1)
    stored = (await service.client.get(image["url"])).content
    assert (await taken(service, image["id"])).content == stored
    copy = (await taken(service, image["id"], "WEBP")).content
    with Image.open(io.BytesIO(stored)) as one, Image.open(io.BytesIO(copy)) as other:
        assert one.tobytes() == other.tobytes()


async def test_who_has_it_already_is_told_so_without_a_conversion(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = await service.image(seed=1)
    address = (await asked(service, image["id"], "WEBP"))["downloadUrl"]
    tag = (await service.client.get(address)).headers["etag"]
    monkeypatch.setattr("infrastructure.copying.converted", None)
    again = await service.client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_pictures_are_converted_off_the_event_loop_and_no_more_than_a_few_wait(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infrastructure import copying

    go_on, threads = threading.Event(), []

    def slow(png: bytes, recipe: Any, form: CopyForm, name: str) -> bytes:
        threads.append(threading.current_thread().name)
        go_on.wait(60)
        return b"converted"

    monkeypatch.setattr(copying, "converted", slow)
    image = await service.image(seed=1)
    address = (await asked(service, image["id"], "JPEG"))["downloadUrl"]
    asked_for = [asyncio.create_task(service.client.get(address)) for _ in range(copying.MOST + 1)]
    done, waiting = await asyncio.wait(asked_for, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    assert (await service.client.get("/livez")).status_code == 200
    go_on.set()
    (refused,) = [answered.result() for answered in done]
    assert {(await answer).content for answer in waiting} == {b"converted"}
    assert all(name.startswith("copy") for name in threads)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.json()["errors"][0]["extensions"]["code"] == "QUEUE_FULL"
    assert (await service.client.get(address)).content == b"converted"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("images/SW1hZ2U6MDA=.png", 404, "NOT_FOUND"),
        ("images/R2VuZXJhdGlvbjowMA==.png", 404, "NOT_FOUND"),
        ("images/nonsense.png", 400, "INVALID"),
        ("images/.png", 400, "INVALID"),
        ("images/SW1hZ2U6MDA=.gif", 404, "NOT_FOUND"),
        ("images/SW1hZ2U6MDA=", 400, "INVALID"),
        ("images/SW1hZ2U6MDA=.png?quality=90", 400, "INVALID"),
        ("images/SW1hZ2U6MDA=.jpg?quality=0", 400, "INVALID"),
        ("images/SW1hZ2U6MDA=.jpg?quality=101", 400, "INVALID"),
        ("images/SW1hZ2U6MDA=.jpg?quality=-1", 400, "INVALID"),
        ("images/SW1hZ2U6MDA=.jpg?quality=" + "9" * 5000, 400, "INVALID"),
        ("unsigned/images/SW1hZ2U6MDA=.png", 404, "NOT_FOUND"),
    ],
)
async def test_what_is_not_there_or_not_sensible_is_refused_with_a_reason(
    service: GraphQLService, path: str, status: int, code: str
) -> None:
    response = await service.client.get(f"/download/{path}")
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (status, code)
    assert error["message"]


async def test_a_quality_that_makes_no_sense_has_no_address(service: GraphQLService) -> None:
    image = await service.image(seed=1)
    for kind, quality in (("PNG", 90), ("JPEG", 0), ("WEBP", 101)):
        answer = await service.ask(DOWNLOAD, {"id": image["id"], "format": kind, "quality": quality})
        assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["quality"]}


@pytest.mark.parametrize("fault", ["missing", "damaged"])
async def test_a_file_that_is_lost_is_not_given_away(service: GraphQLService, tmp_path: Path, fault: str) -> None:
    image = await service.image(seed=1)
    path = tmp_path / image["url"].removeprefix("/")
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    for kind in ("PNG", "WEBP"):
        response = await taken(service, image["id"], kind)
        assert response.status_code == 404
        assert fault in response.json()["errors"][0]["message"]


async def test_a_picture_is_given_to_its_owner_or_at_a_signed_address_and_to_nobody_else(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann = await service.of("ann", Scope.READ, Scope.GENERATE)
        bob, maker = await service.of("bob", Scope.READ), await service.of("ann", Scope.GENERATE)
        image = await ann.image(seed=1)
        plain = f"/download/images/{image['id']}.png"
        signed = (await asked(ann, image["id"], "JPEG", 50))["downloadUrl"]

        async def status(address: str, asking: GraphQLService | None = None) -> int:
            headers = {"Authorization": f"Bearer {asking.bearer}"} if asking else {}
            return (await service.client.get(address, headers=headers)).status_code

        assert [await status(plain, asking) for asking in (ann, bob, maker, None)] == [200, 404, 403, 401]
        assert await status(signed) == 200
        assert await status(signed.replace("quality=50", "quality=51")) == 404
        other = await ann.image(seed=2)
        assert await status(signed.replace(image["id"], other["id"])) == 404
        end, _, rest = signed.removeprefix("/download/").partition(".")
        assert await status(f"/download/{int(end) + 900}.{rest}") == 404
