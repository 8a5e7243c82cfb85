"""Every document in docs/examples does what its first lines say, over the real schema."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from domain.tokens import TokenRequest
from tests.integration.animating import animating
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import listening
from tests.integration.uploading import upload

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


def document(name: str) -> str:
    return (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def rendered(service: GraphQLService, name: str, **variables: Any) -> list[dict[str, Any]]:
    """The images of the document's one mutation, which waits for them; they are in the order of their index."""
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(service.data(document(name), variables))
        while not asked.done():
            await service.render()
            await asyncio.sleep(0.02)
    (payload,) = asked.result().values()
    assert payload["userErrors"] == []
    assert payload["generation"]["status"] == "SUCCEEDED"
    images: list[dict[str, Any]] = payload["generation"]["images"]["nodes"]
    assert [image["index"] for image in images] == list(range(len(images)))
    return images


def strengths(image: dict[str, Any]) -> dict[str, float]:
    return {edit["emotion"]: edit["strength"] for edit in image["emotions"]}


async def test_generate_faces(service: GraphQLService) -> None:
    assert [image["seed"] for image in await rendered(service, "generate-faces")] == [7, 8, 9, 10, 11, 12]


async def test_emotion_strip(service: GraphQLService) -> None:
    steps = [strengths(image).get("HAPPY", 0) for image in await rendered(service, "emotion-strip")]
    assert steps == [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]


async def test_emotion_strip_of_an_image(service: GraphQLService) -> None:
    source = await service.image(seed=5, emotions=[{"emotion": "SAD", "strength": 0.5}])
    images = await rendered(service, "emotion-strip-of-an-image", imageId=source["id"])
    assert [strengths(image).get("SURPRISED", 0) for image in images] == [0, 0.25, 0.5, 0.75, 1]
    assert {(strengths(image)["SAD"], image["source"]["id"]) for image in images} == {(0.5, source["id"])}


async def test_emotion_grid(service: GraphQLService) -> None:
    for index, image in enumerate(await rendered(service, "emotion-grid")):
        assert strengths(image) == {("HAPPY", "SAD", "ANGRY")[index // 4]: (0.25, 0.5, 0.75, 1)[index % 4]}


async def test_truncation_grid(service: GraphQLService) -> None:
    images = await rendered(service, "truncation-grid")
    given = [(seed, psi) for seed in (1, 22, 333) for psi in (0, 0.25, 0.5, 0.75, 1)]
    assert [(image["seed"], image["truncationPsi"]) for image in images] == given


async def test_mix_styles(service: GraphQLService) -> None:
    images = await rendered(service, "mix-styles")
    mixed = [(image["seed"], image["mixes"]) for image in images[:6]]
    assert mixed == [(row, [{"seed": column, "first": 0, "count": 4}]) for row in (1, 22) for column in (3, 44, 555)]
    assert [(image["seed"], image["mixes"]) for image in images[6:]] == [(seed, []) for seed in (1, 22, 3, 44, 555)]


async def test_morph(service: GraphQLService) -> None:
    async with animating(service):
        images = await rendered(service, "morph")
    assert [image["seed"] for image in images if image["morph"] is None] == [1, 22, 333]
    assert len(images) == 72


async def test_morph_emotion(service: GraphQLService) -> None:
    async with animating(service):
        images = await rendered(service, "morph-emotion")
    steps = [strengths(image).get("HAPPY", 0) for image in images]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1], len(steps)) == (0, 1, 24)
    assert {image["seed"] for image in images} == {42}


async def accepted(service: GraphQLService, count: int) -> str:
    query = "mutation($n: Int!) { generateFaces(input: {range: {first: 0, count: $n}}) { generation { id } } }"
    payload = (await service.data(query, {"n": count}))["generateFaces"]
    generation_id: str = payload["generation"]["id"]
    return generation_id


async def test_follow_a_generation(service: GraphQLService) -> None:
    service.engines.pace = 0.5
    generation_id = await accepted(service, 4)
    seen: list[str] = []
    follow = document("follow-a-generation")
    async with listening(service.app) as server, server.stream(follow, {"id": generation_id}) as response:
        async for line in response.aiter_lines():
            if line.startswith("data:") and len(line) > 7:
                seen.append(line)
                if len(seen) == 1:
                    await service.render()
    assert '"status":"QUEUED","done":0,"total":4,"queuePosition":1,"estimatedSeconds":2.0' in seen[0]
    assert '"status":"SUCCEEDED","done":4,"total":4,"queuePosition":null,"estimatedSeconds":null' in seen[-1]


async def test_cancel_a_generation(service: GraphQLService) -> None:
    generation_id = await accepted(service, 4)
    payload = (await service.data(document("cancel-a-generation"), {"id": generation_id}))["cancelGeneration"]
    assert payload == {
        "generation": {"status": "CANCELED", "done": 0, "total": 4, "images": {"nodes": []}},
        "userErrors": [],
    }


async def test_audit_log(service: GraphQLService) -> None:
    await service.tokens.create(TokenRequest("ann", frozenset({Scope.READ})))
    (entry,) = (await service.data(document("audit-log"), {"owner": "command-line"}))["auditLog"]["nodes"]
    assert (entry["action"], entry["outcome"]) == ("tokens create", "DONE")


async def test_export_images(service: GraphQLService) -> None:
    await service.image(seed=1, emotions=[{"emotion": "HAPPY", "strength": 0.5}])
    await service.image(seed=2)
    payload = (await service.data(document("export-images")))["exportImages"]
    assert (payload["export"]["total"], payload["userErrors"]) == (1, [])
    assert (await service.client.get(payload["export"]["url"])).content.startswith(b"PK")


async def test_download_an_image_and_recipe_from_file(service: GraphQLService) -> None:
    image = await service.image(seed=3)
    addresses = (await service.data(document("download-an-image"), {"id": image["id"]}))["image"]
    for kind in ("png", "webp", "jpeg"):
        file = (await service.client.get(addresses[kind])).content
        operations = {"query": document("recipe-from-file"), "variables": {"file": None}}
        response = await upload(service, file, operations=operations, places={"0": ["variables.file"]})
        found = response.json()["data"]["recipeFromFile"]["restored"]
        assert (found["face"]["seed"], found["faceIsExact"], found["image"]["id"]) == (3, True, image["id"])


async def test_verify_an_image(service: GraphQLService) -> None:
    image = await service.image(seed=1)
    payload = (await service.data(document("verify-an-image"), {"id": image["id"]}))["verifyImage"]
    assert (payload["verification"]["file"], payload["verification"]["identical"]) == ("INTACT", True)


def test_every_document_of_the_folder_is_run_here_or_beside() -> None:
    beside = [Path(__file__).with_name(f"test_{what}_examples.py") for what in ("library", "study")]
    here = "".join(file.read_text(encoding="utf-8") for file in (Path(__file__), *beside))
    unused = [path.name for path in sorted(FOLDER.glob("*.graphql")) if f'"{path.stem}"' not in here]
    assert unused == []
