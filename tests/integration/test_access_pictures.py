"""Where access is on, pictures have addresses that were signed for them and that end; no other leads to them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.access import Scope
from graph.signing import LEAST_S, STEP_S, AddressSigner
from graph.urls import PictureUrls
from tests.integration.graphql_service import KEY, GraphQLService, graphql_service

PATH = "images/ab/ab.png"
EVERYTHING = (Scope.READ, Scope.GENERATE)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


class Clock:
    def __init__(self, now: float = 1_800_000_000.5) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def thumbnail(asking: GraphQLService, image_id: str) -> str:
    query = "query($id: ID!) { image(id: $id) { thumbnailUrl } }"
    address: str = (await asking.data(query, {"id": image_id}))["image"]["thumbnailUrl"]
    return address


async def test_addresses_need_no_token_and_are_for_no_shared_cache(service: GraphQLService) -> None:
    asking = await service.of("ann", *EVERYTHING)
    image = await asking.image(seed=1)
    for address in (image["url"], await thumbnail(asking, image["id"])):
        assert re.fullmatch(r"/pictures/\d+\.[\w-]+/(images|thumbnails)/[0-9a-f]{2}/[0-9a-f]{64}\.(png|webp)", address)
        response = await service.client.get(address)
        assert response.status_code == 200
        private, age, immutable = response.headers["cache-control"].split(", ")
        assert (private, immutable) == ("private", "immutable")
        assert 0 < int(age.removeprefix("max-age=")) <= LEAST_S + STEP_S
        again = await service.client.get(address, headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304
        assert again.headers["cache-control"].startswith("private")
        part = await service.client.get(address, headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, response.content[:4])


async def test_nothing_unsigned_is_served(service: GraphQLService) -> None:
    asking = await service.of("root", Scope.ADMIN)
    image = await asking.image(seed=1)
    _, _, segment, path = image["url"].split("/", 3)
    end, signature = segment.split(".")
    headers = {"Authorization": f"Bearer {asking.bearer}"}
    for address in (
        f"/static/{path}",
        f"/pictures/{path}",
        f"/pictures//{path}",
        f"/pictures/{end}/{path}",
        f"/pictures/{end}./{path}",
        f"/pictures/.{signature}/{path}",
        f"/pictures/{int(end) + STEP_S}.{signature}/{path}",
        f"/pictures/{end}.{signature[:-1]}{'A' if signature[-1] != 'A' else 'E'}/{path}",
        f"/pictures/{end}.{signature}/{path.replace('images', 'thumbnails')}",
        f"/pictures/{end}.{signature}/../../{path}",
        f"/pictures/{'9' * 40}.{signature}/{path}",
        f"/pictures/-1.{signature}/{path}",
        f"/pictures/²{end}.{signature}/{path}",
    ):
        assert (await service.client.get(address, headers=headers)).status_code == 404, address


async def test_an_address_for_one_file_leads_to_no_other(service: GraphQLService) -> None:
    asking = await service.of("ann", *EVERYTHING)
    one, two = await asking.image(seed=1), await asking.image(seed=2)
    segment = one["url"].split("/")[2]
    crossed = "/".join(["", "pictures", segment, *two["url"].split("/")[3:]])
    assert (await service.client.get(crossed)).status_code == 404


async def test_a_signature_is_no_way_to_files_that_are_no_pictures(service: GraphQLService, tmp_path: Path) -> None:
    (tmp_path / "static" / "README.md").write_text("not for all")
    for path in ("README.md", "../test.sqlite3", "images/../README.md"):
        address = PictureUrls(None, AddressSigner(KEY)).address(path)
        assert (await service.client.get(address)).status_code == 404


async def test_an_address_that_has_ended_says_so(service: GraphQLService) -> None:
    image = await (await service.of("ann", *EVERYTHING)).image(seed=1)
    path = image["url"].split("/", 3)[3]
    old = PictureUrls(None, AddressSigner(KEY, Clock(1_700_000_000))).address(path)
    response = await service.client.get(old)
    assert response.status_code == 403
    assert "ask for the picture again" in response.text


async def test_an_address_outlives_the_token_that_asked_for_it(service: GraphQLService) -> None:
    ann = await service.of("ann", *EVERYTHING)
    image = await ann.image(seed=1)
    (token,) = await service.tokens.all()
    await service.tokens.revoke(token.id)
    assert (await ann.post("{ service { name } }")).status_code == 401
    assert (await service.client.get(image["url"])).status_code == 200


async def test_where_access_is_off_addresses_stay_as_they_are_for_ever(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        image = await service.image(seed=1)
        assert re.fullmatch(r"/static/images/[0-9a-f]{2}/[0-9a-f]{64}\.png", image["url"])
        response = await service.client.get(image["url"])
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_file_has_one_address_for_a_quarter_of_an_hour_that_serves_for_an_hour_at_least() -> None:
    clock = Clock(1_800_000_000.0)
    signer = AddressSigner(b"k" * 32, clock)
    seen = set()
    for second in range(STEP_S):
        clock.now = 1_800_000_000.0 + second
        segment = signer.sign(PATH)
        seen.add(segment)
        left_s = signer.left_s(PATH, segment)
        assert left_s is not None
        assert LEAST_S <= left_s < LEAST_S + STEP_S
    assert len(seen) == 2, "the end moves once"
    clock.now += LEAST_S + STEP_S
    assert [signer.left_s(PATH, segment) for segment in seen if (signer.left_s(PATH, segment) or 0) > 0] == []


def test_another_key_s_addresses_are_nobody_s() -> None:
    segment = AddressSigner(b"k" * 32).sign(PATH)
    assert AddressSigner(b"x" * 32).left_s(PATH, segment) is None
    assert AddressSigner(b"k" * 32).left_s(PATH, f"{segment}x") is None


def test_the_public_address_comes_before_signed_addresses_too() -> None:
    urls = PictureUrls("https://faces.example/lab", AddressSigner(KEY))
    assert urls.address(PATH).startswith("https://faces.example/lab/pictures/")
