"""Deleting: rows and files go together, what somebody keeps stays, and a request sent again does no harm."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import STUDIES, Caller, Scope
from domain.requests import FaceRequest
from domain.services.accepting import Acceptance
from domain.services.faces import Faces
from graph.ids import global_id
from tests.fakes.catalogue import CATALOGUE
from tests.fixtures.invariants import check_invariants
from tests.integration.graphql_service import GraphQLService, graphql_service

DELETE = "mutation($id: ID!) { deleteImage(input: {id: $id}) { deletedId userErrors { code field message } } }"
DELETE_MANY = """
mutation($ids: [ID!]!) {
  deleteImages(input: {imageIds: $ids}) {
    results { index deletedId userErrors { code field } } userErrors { code field }
  }
}
"""
DELETE_SESSION = """
mutation($id: ID!) { deleteSession(input: {id: $id}) { deletedId userErrors { code field message } } }
"""
CREATE_SESSION = 'mutation { createSession(input: {name: "Monday"}) { session { id } } }'
KEEP = """
mutation($image: ID!, $collection: ID!) {
  collectImage(input: {imageId: $image, collectionId: $collection}) { collectedImage { id } }
}
"""
UNKNOWN = "SW1hZ2U6MDA="
HAPPY = [{"emotion": "HAPPY", "strength": 1}]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


def files(tmp_path: Path) -> int:
    return sum(path.is_file() for path in (tmp_path / "static").rglob("*.*"))


async def delete(service: GraphQLService, image: str) -> dict[str, Any]:
    payload: dict[str, Any] = (await service.data(DELETE, {"id": image}))["deleteImage"]
    return payload


async def collected(service: GraphQLService, image: str, name: str = "Favourites") -> str:
    query = "mutation($n: String!) { createCollection(input: {name: $n}) { collection { id } } }"
    collection = (await service.data(query, {"n": name}))["createCollection"]["collection"]["id"]
    kept = await service.data(KEEP, {"image": image, "collection": collection})
    entry: str = kept["collectImage"]["collectedImage"]["id"]
    return entry


async def begun(service: GraphQLService) -> str:
    session: str = (await service.data(CREATE_SESSION))["createSession"]["session"]["id"]
    return session


async def test_a_deleted_image_is_gone_with_its_files_and_deleting_it_again_changes_nothing(
    service: GraphQLService, tmp_path: Path
) -> None:
    image, other = await service.image(seed=1), await service.image(seed=2)
    assert files(tmp_path) == 4
    assert (await service.client.get(image["url"])).status_code == 200
    for _ in range(2):
        assert await delete(service, image["id"]) == {"deletedId": image["id"], "userErrors": []}
    assert files(tmp_path) == 2
    assert (await service.client.get(image["url"])).status_code == 404
    assert (await service.client.get(other["url"])).status_code == 200
    found = await service.data("query($id: ID!) { image(id: $id) { id } imageHistory { nodes { id } } }", image)
    assert found == {"image": None, "imageHistory": {"nodes": [{"id": other["id"]}]}}
    await check_invariants(service.database, deleted=1)


async def test_a_generation_still_says_what_it_made(service: GraphQLService) -> None:
    faces = "mutation { generateFaces(input: {seeds: [1, 2, 3]}) { generation { id } } }"
    many = (await service.data(faces))["generateFaces"]["generation"]["id"]
    await service.render()
    one = (await service.generate(seed=4))["generation"]["id"]
    await service.render()
    query = """
    query($many: ID!, $one: ID!) {
      many: generation(id: $many) { status done total images { totalCount nodes { id index } } }
      one: generation(id: $one) { status done total image { id } images { totalCount } }
    }
    """
    ids = {"many": many, "one": one}
    before = await service.data(query, ids)
    for image in (before["many"]["images"]["nodes"][1], before["one"]["image"]):
        await delete(service, image["id"])
    after = await service.data(query, ids)
    rest = [image for image in before["many"]["images"]["nodes"] if image["index"] != 1]
    assert after["many"] == {**before["many"], "images": {"totalCount": 2, "nodes": rest}}
    assert after["one"] == {"status": "SUCCEEDED", "done": 1, "total": 1, "image": None, "images": {"totalCount": 0}}
    await check_invariants(service.database, deleted=2)


async def test_what_was_edited_from_a_deleted_image_lives_on_without_a_source(service: GraphQLService) -> None:
    source = await service.image(seed=1)
    edited = await service.edited(source["id"], emotions=HAPPY)
    waiting = (await service.apply(source["id"], emotions=[{"emotion": "SAD", "strength": 1}]))["generation"]["id"]
    await delete(service, source["id"])
    await service.render()
    query = "query($i: ID!, $g: ID!) { image(id: $i) { source { id } } generation(id: $g) { image { source { id } } } }"
    found = await service.data(query, {"i": edited["id"], "g": waiting})
    assert found == {"image": {"source": None}, "generation": {"image": {"source": None}}}


async def test_a_file_goes_with_the_last_image_of_its_recipe_and_is_rendered_anew(
    service: GraphQLService, tmp_path: Path
) -> None:
    first, second = await service.image(seed=1), await service.image(seed=1)
    assert (first["url"], files(tmp_path)) == (second["url"], 2)
    await delete(service, first["id"])
    assert (await service.client.get(second["url"])).status_code == 200
    await delete(service, second["id"])
    assert files(tmp_path) == 0
    assert service.engines.renders_by_seed[1] == 1
    third = await service.image(seed=1)
    assert service.engines.renders_by_seed[1] == 2
    assert (third["url"], files(tmp_path)) == (first["url"], 2)


async def test_an_image_that_is_kept_stays_until_it_is_not(service: GraphQLService, tmp_path: Path) -> None:
    image = await service.image(seed=1)
    entries = [await collected(service, image["id"], name) for name in ("Favourites", "Smiles")]
    payload = await delete(service, image["id"])
    (error,) = payload["userErrors"]
    assert (payload["deletedId"], error["code"], error["field"]) == (None, "CONFLICT", ["input", "id"])
    assert "'Favourites', 'Smiles'" in error["message"]
    assert files(tmp_path) == 2
    for entry in entries:
        await service.data("mutation($e: ID!) { removeCollectedImage(input: {id: $e}) { deletedId } }", {"e": entry})
    assert (await delete(service, image["id"]))["deletedId"] == image["id"]


@pytest.mark.parametrize(("wrong", "code"), [(UNKNOWN, "NOT_FOUND"), ("VGFnOjAw", "NOT_FOUND"), ("rubbish", "INVALID")])
async def test_what_never_was_an_image_is_not_deleted(service: GraphQLService, wrong: str, code: str) -> None:
    payload = await delete(service, wrong)
    assert payload["deletedId"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, ["input", "id"])]


async def test_each_of_several_images_is_deleted_or_answered_for(service: GraphQLService, tmp_path: Path) -> None:
    images = [(await service.image(seed=seed))["id"] for seed in range(4)]
    await collected(service, images[1])
    await delete(service, images[3])
    ids = [images[0], images[1], UNKNOWN, "rubbish", images[0], images[3], images[2]]
    payload = (await service.data(DELETE_MANY, {"ids": ids}))["deleteImages"]
    assert payload["userErrors"] == []
    assert [result["index"] for result in payload["results"]] == list(range(7))
    gone = [result["deletedId"] for result in payload["results"]]
    assert gone == [images[0], None, None, None, images[0], images[3], images[2]]
    errors = {result["index"]: result["userErrors"] for result in payload["results"] if result["userErrors"]}
    assert errors == {
        place: [{"code": code, "field": ["input", "imageIds", str(place)]}]
        for place, code in ((1, "CONFLICT"), (2, "NOT_FOUND"), (3, "INVALID"))
    }
    assert files(tmp_path) == 2


@pytest.mark.parametrize("count", [0, 101])
async def test_no_images_or_too_many_are_refused_as_a_whole(service: GraphQLService, count: int) -> None:
    image = await service.image(seed=1)
    payload = (await service.data(DELETE_MANY, {"ids": [image["id"]] * count}))["deleteImages"]
    assert payload == {"results": [], "userErrors": [{"code": "INVALID", "field": ["input", "imageIds"]}]}
    assert (await service.data("{ imageHistory { totalCount } }"))["imageHistory"]["totalCount"] == 1


async def test_a_session_goes_with_its_images_and_what_it_still_makes(service: GraphQLService, tmp_path: Path) -> None:
    session, elsewhere = await begun(service), await service.image(seed=9)
    made = [await service.image(seed=seed, sessionId=session) for seed in range(3)]
    waiting = (await service.generate(seed=8, sessionId=session))["generation"]["id"]
    for _ in range(2):
        payload = (await service.data(DELETE_SESSION, {"id": session}))["deleteSession"]
        assert payload == {"deletedId": session, "userErrors": []}
    await service.render()
    query = """
    query($s: ID!, $g: ID!, $i: ID!) {
      session(id: $s) { id } sessions { totalCount } generation(id: $g) { status session { id } } image(id: $i) { id }
      imageHistory { nodes { id } }
    }
    """
    found = await service.data(query, {"s": session, "g": waiting, "i": made[0]["id"]})
    assert found == {
        "session": None,
        "sessions": {"totalCount": 0},
        "generation": {"status": "CANCELED", "session": None},
        "image": None,
        "imageHistory": {"nodes": [{"id": elsewhere["id"]}]},
    }
    assert files(tmp_path) == 2
    refused = (await service.generate(seed=1, sessionId=session))["userErrors"]
    assert [(error["code"], error["field"]) for error in refused] == [("NOT_FOUND", ["input", "sessionId"])]
    await check_invariants(service.database, deleted=3)


async def test_a_session_stays_while_one_of_its_images_is_kept(service: GraphQLService) -> None:
    session = await begun(service)
    images = [await service.image(seed=seed, sessionId=session) for seed in range(2)]
    waiting = (await service.generate(seed=8, sessionId=session))["generation"]["id"]
    await collected(service, images[1]["id"])
    payload = (await service.data(DELETE_SESSION, {"id": session}))["deleteSession"]
    (error,) = payload["userErrors"]
    assert (payload["deletedId"], error["code"], error["field"]) == (None, "CONFLICT", ["input", "id"])
    assert "'Favourites'" in error["message"]
    query = "query($s: ID!, $g: ID!) { session(id: $s) { images { totalCount } } generation(id: $g) { status } }"
    found = await service.data(query, {"s": session, "g": waiting})
    assert found == {"session": {"images": {"totalCount": 2}}, "generation": {"status": "QUEUED"}}


@pytest.mark.parametrize(
    ("wrong", "code"), [("U2Vzc2lvbjowMA==", "NOT_FOUND"), (UNKNOWN, "NOT_FOUND"), ("x", "INVALID")]
)
async def test_what_never_was_a_session_is_not_deleted(service: GraphQLService, wrong: str, code: str) -> None:
    payload = (await service.data(DELETE_SESSION, {"id": wrong}))["deleteSession"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, ["input", "id"])]


async def of_a_study(service: GraphQLService) -> str:
    faces = Faces(Acceptance(service.database.units, service.engines, service.wake_ups), CATALOGUE)
    generation = await faces.generate(Caller(STUDIES, frozenset()), FaceRequest(seed=2))
    await service.render()
    async with service.database.units.reading() as unit:
        return global_id("Image", (await unit.images.first_of([generation.id]))[generation.id].id)


async def test_nobody_deletes_what_is_anothers_or_a_studys(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        scopes = (Scope.LIBRARY, Scope.READ, Scope.GENERATE, Scope.RESEARCH)
        ann, ben = await service.of("ann", *scopes), await service.of("ben", *scopes)
        boss = await service.of("boss", Scope.ADMIN)
        image, session, shown = await ann.image(seed=1), await begun(ann), await of_a_study(service)
        assert (await delete(ben, image["id"]))["userErrors"][0]["code"] == "NOT_FOUND"
        payload = (await ben.data(DELETE_SESSION, {"id": session}))["deleteSession"]
        assert payload["userErrors"][0]["code"] == "NOT_FOUND"
        for caller in (ben, boss):
            assert (await delete(caller, shown))["userErrors"][0]["code"] == "CONFLICT"
        assert (await delete(ann, image["id"]))["deletedId"] == image["id"]
        assert (await delete(ben, image["id"]))["userErrors"][0]["code"] == "NOT_FOUND"
