"""Verifying an image: rendered again beside the ledger, compared with the file that is kept."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.access import Scope
from domain.errors import EnginesStopped
from tests.fakes.engines import failing
from tests.integration.graphql_service import GraphQLService, graphql_service

VERIFY = """
mutation($id: ID!) {
  verifyImage(input: {imageId: $id}) {
    verification { file identical largestDifference differingShare device }
    userErrors { code field }
  }
}
"""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def verified(service: GraphQLService, image_id: str) -> dict[str, Any]:
    payload: dict[str, Any] = (await service.data(VERIFY, {"id": image_id}))["verifyImage"]
    return payload


async def test_the_same_picture_is_identical_and_the_ledger_hears_nothing_of_it(service: GraphQLService) -> None:
    image = await service.image(seed=1)
    found = (await verified(service, image["id"]))["verification"]
    assert found == {
        "file": "INTACT",
        "identical": True,
        "largestDifference": 0,
        "differingShare": 0.0,
        "device": "fake:0",
    }
    assert service.engines.renders_by_seed[1] == 2
    counted = "{ imageHistory { totalCount } generations { totalCount } service { queueLength } }"
    assert await service.data(counted) == {
        "imageHistory": {"totalCount": 1},
        "generations": {"totalCount": 1},
        "service": {"queueLength": 0},
    }


async def test_a_difference_is_told_by_its_size_and_its_share(service: GraphQLService, tmp_path: Path) -> None:
    image = await service.image(seed=1)
    path = tmp_path / image["url"].removeprefix("/")
    with Image.open(path) as opened:
        pixels = np.array(opened)
    pixels[0, 0, 0] ^= 2
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    path.write_bytes(file.getvalue())
    found = (await verified(service, image["id"]))["verification"]
    assert (found["file"], found["identical"], found["largestDifference"]) == ("DAMAGED", False, 2)
    assert found["differingShare"] == pytest.approx(1 / (16 * 16 * 3))


@pytest.mark.parametrize("content", [None, b"", b"nonsense", "cut", "other size"])
async def test_what_cannot_be_compared_is_said_to_be_lost(
    service: GraphQLService, tmp_path: Path, content: Any
) -> None:
    image = await service.image(seed=1)
    path = tmp_path / image["url"].removeprefix("/")
    if content is None:
        path.unlink()
    elif content == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif content == "other size":
        Image.new("RGB", (17, 16)).save(path, "PNG")
    else:
        path.write_bytes(content)
    found = (await verified(service, image["id"]))["verification"]
    assert (found["file"], found["identical"]) == ("MISSING" if content is None else "DAMAGED", None)


async def test_who_may_not_or_cannot_is_told_why(service: GraphQLService, monkeypatch: pytest.MonkeyPatch) -> None:
    image = await service.image(seed=1)

    async def fault(image_id: str) -> tuple[str, list[str] | None]:
        (error,) = (await verified(service, image_id))["userErrors"]
        return error["code"], error["field"]

    assert await fault("SW1hZ2U6MDA=") == ("NOT_FOUND", ["input", "imageId"])
    assert await fault("nonsense") == ("INVALID", ["input", "imageId"])
    service.engines.fail_seed(1, failing(final=True), EnginesStopped())
    assert await fault(image["id"]) == ("CONFLICT", ["input", "imageId"])
    assert await fault(image["id"]) == ("ENGINE_UNAVAILABLE", None)
    service.engines.fail_seed(1)
    service.engines.hold()
    monkeypatch.setattr("domain.services.verifying.TIMEOUT_S", 0.05)
    assert await fault(image["id"]) == ("ENGINE_UNAVAILABLE", None)
    assert service.engines.in_hand == []
    monkeypatch.setattr("domain.services.verifying.MOST", 0)
    assert await fault(image["id"]) == ("QUEUE_FULL", None)
    service.engines.reason = "none"
    assert await fault(image["id"]) == ("ENGINE_UNAVAILABLE", None)


async def test_another_owner_s_image_does_not_exist(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann, bob = [await service.of(name, Scope.READ, Scope.GENERATE) for name in ("ann", "bob")]
        image = await ann.image(seed=1)
        assert (await verified(ann, image["id"]))["verification"]["identical"] is True
        assert (await verified(bob, image["id"]))["userErrors"][0]["code"] == "NOT_FOUND"
