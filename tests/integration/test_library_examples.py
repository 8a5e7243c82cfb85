"""What people did with the first version, step by step, with the documents of docs/examples and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.graphql_service import GraphQLService, graphql_service

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


class Newcomer:
    """Copies documents into GraphiQL, and ids from one answer into the next document."""

    def __init__(self, service: GraphQLService) -> None:
        self.service = service

    async def run(self, document_name: str, /, **variables: Any) -> Any:
        """The answer of the document's one field; faces are rendered while it waits for them."""
        document = (FOLDER / f"{document_name}.graphql").read_text(encoding="utf-8")
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(self.service.data(document, variables))
            while not asked.done():
                await self.service.render()
                await asyncio.sleep(0.01)
        (answer,) = asked.result().values()
        assert answer.get("userErrors", []) == []
        return answer

    async def face(self, **variables: Any) -> str:
        """Step 1."""
        image: str = (await self.run("face-from-a-seed", **variables))["generation"]["image"]["id"]
        return image


@pytest.fixture
async def newcomer(tmp_path: Path) -> AsyncIterator[Newcomer]:
    async with graphql_service(tmp_path) as service:
        yield Newcomer(service)


async def test_a_face_from_a_seed(newcomer: Newcomer) -> None:
    image = (await newcomer.run("face-from-a-seed"))["generation"]["image"]
    assert image["seed"] == 42
    assert (await newcomer.service.client.get(image["url"])).status_code == 200


async def test_mixed_emotions(newcomer: Newcomer) -> None:
    face = await newcomer.face()
    image = (await newcomer.run("mixed-emotions", image=face))["generation"]["image"]
    assert image["source"]["id"] == face
    assert image["emotions"] == [{"emotion": "HAPPY", "strength": 0.6}, {"emotion": "SURPRISED", "strength": 0.4}]


async def test_everything_is_tracked(newcomer: Newcomer) -> None:
    face = await newcomer.face(seed=7)
    mixed = (await newcomer.run("mixed-emotions", image=face))["generation"]["image"]["id"]
    history = await newcomer.run("everything-tracked")
    assert ([node["id"] for node in history["nodes"]], history["totalCount"]) == ([mixed, face], 2)
    newest = history["nodes"][0]
    assert newest["source"] == {"id": face}
    assert [edit["strength"] for edit in newest["directions"]] == [0.6, 0.4]
    assert newest["recipe"]["seed"] == newest["seed"] == 7


async def test_collections(newcomer: Newcomer) -> None:
    faces = [await newcomer.face(seed=seed) for seed in range(3)]
    collection = (await newcomer.run("make-a-collection"))["collection"]["id"]
    kept = await newcomer.run("collect-an-image", collection=collection, image=faces[0])
    assert kept["collectedImage"]["note"] == "A convincing smile"
    several = await newcomer.run("collect-images", collection=collection, images=faces[1:])
    assert [result["userErrors"] for result in several["results"]] == [[], []]
    (shown,) = (await newcomer.run("collections"))["nodes"]
    assert {entry["image"]["id"] for entry in shown["images"]["nodes"]} == set(faces)


async def test_tags_and_stars(newcomer: Newcomer) -> None:
    plain, collection = await newcomer.face(), (await newcomer.run("make-a-collection"))["collection"]["id"]
    happy = (await newcomer.run("mixed-emotions", image=plain))["generation"]["image"]["id"]
    smiling = (await newcomer.run("make-a-tag"))["tag"]["id"]
    tags = {tag["name"]: tag["id"] for tag in (await newcomer.run("tags"))["nodes"]}
    assert tags["smiling"] == smiling
    chosen = [smiling, tags["female"]]
    results = (await newcomer.run("tag-images", images=[plain, happy], tags=chosen))["results"]
    assert [tag["name"] for tag in results[1]["image"]["tags"]] == ["female", "smiling"]
    starred = (await newcomer.run("star-images", images=[happy]))["results"]
    assert starred == [{"index": 0, "image": {"starred": True}, "userErrors": []}]
    await newcomer.run("collect-an-image", collection=collection, image=happy)
    for wanted in ({"tags": chosen}, {"tags": chosen, "text": "convincing"}, {"text": "smile"}, {}):
        found = await newcomer.run("find-images", **wanted)
        assert ([node["id"] for node in found["nodes"]], found["totalCount"]) == ([happy], 1)
    assert (await newcomer.run("find-images", text="frown"))["nodes"] == []


async def test_separate_sessions(newcomer: Newcomer) -> None:
    monday = (await newcomer.run("begin-a-session"))["session"]["id"]
    tuesday = (await newcomer.run("begin-a-session", name="Tuesday"))["session"]["id"]
    first, second = await newcomer.face(seed=1, session=monday), await newcomer.face(seed=2, session=tuesday)
    mixed = (await newcomer.run("mixed-emotions", image=second, session=tuesday))["generation"]["image"]["id"]
    shown = {
        node["name"]: [image["id"] for image in node["images"]["nodes"]]
        for node in (await newcomer.run("sessions"))["nodes"]
    }
    assert shown == {"Tuesday": [mixed, second], "Monday morning": [first]}
    assert (await newcomer.run("delete-a-session", session=tuesday))["deletedId"] == tuesday
    assert [node["id"] for node in (await newcomer.run("everything-tracked"))["nodes"]] == [first]


async def test_deleting_what_is_not_kept(newcomer: Newcomer) -> None:
    kept, other = await newcomer.face(seed=1), await newcomer.face(seed=2)
    collection = (await newcomer.run("make-a-collection"))["collection"]["id"]
    await newcomer.run("collect-an-image", collection=collection, image=kept)
    results = (await newcomer.run("delete-images", images=[kept, other]))["results"]
    assert results[0]["userErrors"][0]["code"] == "CONFLICT"
    assert results[1]["deletedId"] == other


async def test_an_image_that_was_taken_out_of_its_collection_goes_with_its_session(newcomer: Newcomer) -> None:
    session = (await newcomer.run("begin-a-session"))["session"]["id"]
    face = await newcomer.face(session=session)
    collection = (await newcomer.run("make-a-collection"))["collection"]["id"]
    kept = await newcomer.run("collect-an-image", collection=collection, image=face)
    with pytest.raises(AssertionError, match="take them out first"):
        await newcomer.run("delete-a-session", session=session)
    collected = kept["collectedImage"]["id"]
    assert (await newcomer.run("take-an-image-out", collected=collected))["deletedId"] == collected
    assert (await newcomer.run("delete-a-session", session=session))["deletedId"] == session
    assert (await newcomer.run("everything-tracked"))["nodes"] == []
