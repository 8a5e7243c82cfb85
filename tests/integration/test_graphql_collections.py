"""Collections: images that are kept together, with notes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from tests.integration.graphql_service import GraphQLService, graphql_service

CREATE = """
mutation($name: String!, $description: String! = "") {
  createCollection(input: {name: $name, description: $description}) {
    collection { id name description } userErrors { code field }
  }
}
"""
UPDATE = """
mutation($input: UpdateCollectionInput!) {
  updateCollection(input: $input) { collection { name description } userErrors { code field } }
}
"""
DELETE = "mutation($id: ID!) { deleteCollection(input: {id: $id}) { deletedId userErrors { code field } } }"
COLLECT = """
mutation($input: CollectImageInput!) {
  collectImage(input: $input) {
    collectedImage { id note tags { name } image { seed } collection { name } } userErrors { code field }
  }
}
"""
COLLECT_MANY = """
mutation($input: CollectImagesInput!) {
  collectImages(input: $input) {
    results { index collectedImage { id note image { seed } } userErrors { code field } } userErrors { code field }
  }
}
"""
NOTE = """
mutation($id: ID!, $note: String!) {
  updateCollectedImage(input: {id: $id, note: $note}) { collectedImage { note } userErrors { code field } }
}
"""
REMOVE = "mutation($id: ID!) { removeCollectedImage(input: {id: $id}) { deletedId userErrors { code field } } }"
ENTRIES = """
query($id: ID!, $after: String) {
  collection(id: $id) {
    images(first: 2, after: $after) { totalCount nodes { note image { seed } } pageInfo { hasNextPage endCursor } }
  }
}
"""
UNKNOWN = {
    "Image": "SW1hZ2U6MDA=",
    "Collection": "Q29sbGVjdGlvbjowMA==",
    "CollectedImage": "Q29sbGVjdGVkSW1hZ2U6MDA=",
    "Tag": "VGFnOjAw",
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def made(service: GraphQLService, name: str = "Favourites") -> str:
    payload = (await service.data(CREATE, {"name": name}))["createCollection"]
    assert payload["userErrors"] == []
    collection_id: str = payload["collection"]["id"]
    return collection_id


async def collect(service: GraphQLService, collection: str, image: str, **more: Any) -> dict[str, Any]:
    values = {"collectionId": collection, "imageId": image, **more}
    payload: dict[str, Any] = (await service.data(COLLECT, {"input": values}))["collectImage"]
    return payload


async def test_collections_are_made_changed_and_listed_newest_first(service: GraphQLService) -> None:
    first, second = await made(service, "One"), await made(service, "Two")
    changes = [
        ({"name": "Uno"}, {"name": "Uno", "description": ""}),
        ({"description": "of\nmany"}, {"name": "Uno", "description": "of\nmany"}),
        ({"name": "One", "description": ""}, {"name": "One", "description": ""}),
        ({}, {"name": "One", "description": ""}),
    ]
    for change, expected in changes:
        payload = (await service.data(UPDATE, {"input": {"id": first, **change}}))["updateCollection"]
        assert payload == {"collection": expected, "userErrors": []}
    found = await service.data("{ collections { totalCount nodes { id name } } }")
    nodes = [{"id": second, "name": "Two"}, {"id": first, "name": "One"}]
    assert found["collections"] == {"totalCount": 2, "nodes": nodes}


async def test_an_image_is_kept_with_a_note_and_tags(service: GraphQLService) -> None:
    collection, image = await made(service), await service.image(seed=7)
    tags = {tag["name"]: tag["id"] for tag in (await service.data("{ tags { nodes { id name } } }"))["tags"]["nodes"]}
    payload = await collect(service, collection, image["id"], note=" What a smile ", tagIds=[tags["female"]])
    entry = payload["collectedImage"]
    assert payload["userErrors"] == []
    assert (entry["note"], entry["tags"]) == ("What a smile", [{"name": "female"}])
    assert (entry["image"], entry["collection"]) == ({"seed": 7}, {"name": "Favourites"})
    query = """
    query($i: ID!, $e: ID!) {
      image(id: $i) { collected { totalCount nodes { id collection { name } } } }
      node(id: $e) { ... on CollectedImage { note } }
    }
    """
    found = await service.data(query, {"i": image["id"], "e": entry["id"]})
    where = {"totalCount": 1, "nodes": [{"id": entry["id"], "collection": {"name": "Favourites"}}]}
    assert found == {"image": {"collected": where}, "node": {"note": "What a smile"}}


async def test_an_image_is_kept_once_and_a_new_note_replaces_the_old(service: GraphQLService) -> None:
    collection, image = await made(service), await service.image(seed=7)
    first = (await collect(service, collection, image["id"], note="old"))["collectedImage"]
    for note, expected in (({}, "old"), ({"note": "new"}, "new"), ({"note": ""}, "")):
        again = (await collect(service, collection, image["id"], **note))["collectedImage"]
        assert (again["id"], again["note"]) == (first["id"], expected)
    changed = (await service.data(NOTE, {"id": first["id"], "note": "newest"}))["updateCollectedImage"]
    assert changed == {"collectedImage": {"note": "newest"}, "userErrors": []}


async def test_each_of_several_images_is_kept_or_answered_for(service: GraphQLService) -> None:
    collection = await made(service)
    images = [(await service.image(seed=seed))["id"] for seed in range(3)]
    values = {"collectionId": collection, "imageIds": [images[0], UNKNOWN["Image"], "rubbish", *images], "note": "x"}
    payload = (await service.data(COLLECT_MANY, {"input": values}))["collectImages"]
    seeds = [result["collectedImage"] and result["collectedImage"]["image"]["seed"] for result in payload["results"]]
    assert seeds == [0, None, None, 0, 1, 2]
    errors = [result["userErrors"] for result in payload["results"]]
    assert errors[1] == [{"code": "NOT_FOUND", "field": ["input", "imageIds", "1"]}]
    assert errors[2] == [{"code": "INVALID", "field": ["input", "imageIds", "2"]}]
    first = (await service.data(ENTRIES, {"id": collection}))["collection"]["images"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    after = first["pageInfo"]["endCursor"]
    second = (await service.data(ENTRIES, {"id": collection, "after": after}))["collection"]["images"]
    found = {node["image"]["seed"] for node in (*first["nodes"], *second["nodes"])}
    assert (found, second["pageInfo"]["hasNextPage"]) == ({0, 1, 2}, False)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"collectionId": UNKNOWN["Collection"]}, "NOT_FOUND", ["input", "collectionId"]),
        ({"collectionId": "rubbish"}, "INVALID", ["input", "collectionId"]),
        ({"imageId": UNKNOWN["Image"]}, "NOT_FOUND", ["input", "imageId"]),
        ({"imageId": UNKNOWN["Tag"]}, "NOT_FOUND", ["input", "imageId"]),
        ({"imageId": ""}, "INVALID", ["input", "imageId"]),
        ({"note": "x" * 2001}, "INVALID", ["input", "note"]),
        ({"note": "\0"}, "INVALID", ["input", "note"]),
        ({"tagIds": [UNKNOWN["Tag"]]}, "NOT_FOUND", ["input", "tagIds", "0"]),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_nothing_is_done(
    service: GraphQLService, wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    collection, image = await made(service), await service.image(seed=7)
    values = {"collectionId": collection, "imageId": image["id"], **wrong}
    payload = (await service.data(COLLECT, {"input": values}))["collectImage"]
    assert payload == {"collectedImage": None, "userErrors": [{"code": code, "field": field}]}
    assert (await service.data(ENTRIES, {"id": collection}))["collection"]["images"]["totalCount"] == 0


async def test_taking_an_image_out_or_deleting_a_collection_leaves_the_image_and_can_be_repeated(
    service: GraphQLService,
) -> None:
    collection, other, image = await made(service), await made(service, "Others"), await service.image(seed=7)
    entry = (await collect(service, collection, image["id"]))["collectedImage"]["id"]
    await collect(service, other, image["id"])
    for _ in range(2):
        removed = (await service.data(REMOVE, {"id": entry}))["removeCollectedImage"]
        assert removed == {"deletedId": entry, "userErrors": []}
        deleted = (await service.data(DELETE, {"id": other}))["deleteCollection"]
        assert deleted == {"deletedId": other, "userErrors": []}
    query = "query($id: ID!) { image(id: $id) { collected { totalCount } } collections { nodes { name } } }"
    found = await service.data(query, {"id": image["id"]})
    assert found == {"image": {"collected": {"totalCount": 0}}, "collections": {"nodes": [{"name": "Favourites"}]}}


@pytest.mark.parametrize(
    ("query", "kind", "more"),
    [
        (REMOVE, "CollectedImage", {}),
        (DELETE, "Collection", {}),
        (NOTE, "CollectedImage", {"note": "x"}),
    ],
)
async def test_what_never_was_is_not_found(
    service: GraphQLService, query: str, kind: str, more: dict[str, str]
) -> None:
    for wrong, code in ((UNKNOWN[kind], "NOT_FOUND"), (UNKNOWN["Image"], "NOT_FOUND"), ("rubbish", "INVALID")):
        (payload,) = (await service.data(query, {"id": wrong, **more})).values()
        assert payload["userErrors"] == [{"code": code, "field": ["input", "id"]}]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x", "description": "x" * 2001}, "description"),
        ({"name": "x", "description": "\ud800"}, "description"),
    ],
)
async def test_a_bad_name_or_description_is_refused(
    service: GraphQLService, values: dict[str, str], field: str
) -> None:
    collection = await made(service)
    refused = {"collection": None, "userErrors": [{"code": "INVALID", "field": ["input", field]}]}
    assert (await service.data(CREATE, values))["createCollection"] == refused
    assert (await service.data(UPDATE, {"input": {"id": collection, **values}}))["updateCollection"] == refused
    found = await service.data("{ collections { nodes { name description } } }")
    assert found["collections"]["nodes"] == [{"name": "Favourites", "description": ""}]


async def test_a_page_of_collections_with_all_they_keep_costs_a_constant_number_of_statements(
    service: GraphQLService,
) -> None:
    images = [(await service.image(seed=seed))["id"] for seed in range(4)]
    for number in range(12):
        collection = await made(service, f"No. {number}")
        values = {"collectionId": collection, "imageIds": images}
        await service.data(COLLECT_MANY, {"input": values})
    query = """
    query($n: Int) {
      collections(first: $n) {
        nodes {
          name images(first: 3) { totalCount nodes { note tags { name } image { url collected { totalCount } } } }
        }
      }
    }
    """
    costs = {}
    for first in (2, 12):
        with service.statements() as sent:
            nodes = (await service.data(query, {"n": first}))["collections"]["nodes"]
        assert [len(node["images"]["nodes"]) for node in nodes] == [3] * first
        costs[first] = len(sent)
    assert costs[2] == costs[12] < 10


async def test_the_collections_tags_and_images_of_others_do_not_exist(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        scopes = (Scope.LIBRARY, Scope.READ, Scope.GENERATE)
        ann, ben = await service.of("ann", *scopes), await service.of("ben", *scopes)
        collection, image = await made(ann), await ann.image(seed=1)
        tag = (await ann.data('mutation { createTag(input: {name: "mine"}) { tag { id } } }'))["createTag"]["tag"]["id"]
        entry = (await collect(ann, collection, image["id"], tagIds=[tag]))["collectedImage"]["id"]
        own = await made(ben)
        nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } collections { totalCount } tags { totalCount } }"
        found = await ben.data(nodes, {"ids": [collection, entry, tag]})
        assert found == {"nodes": [None] * 3, "collections": {"totalCount": 1}, "tags": {"totalCount": 4}}
        for where, what, more, field in (
            (collection, image["id"], {}, "collectionId"),
            (own, image["id"], {}, "imageId"),
            (own, (await ben.image(seed=2))["id"], {"tagIds": [tag]}, "tagIds"),
        ):
            (error,) = (await collect(ben, where, what, **more))["userErrors"]
            assert (error["code"], error["field"][1]) == ("NOT_FOUND", field)
        for query, wrong in ((REMOVE, entry), (DELETE, collection), (NOTE, entry)):
            (payload,) = (
                await ben.data(query, {"id": wrong, "note": "x"} if query == NOTE else {"id": wrong})
            ).values()
            assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", "id"]}]
        assert (await ann.data(DELETE, {"id": collection}))["deleteCollection"]["deletedId"] == collection
        (payload,) = (await ben.data(DELETE, {"id": collection})).values()
        assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", "id"]}]


async def test_an_administrator_keeps_the_images_of_each_owner_apart(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann, boss = await service.of("ann", Scope.GENERATE, Scope.READ), await service.of("boss", Scope.ADMIN)
        image, collection = await ann.image(seed=1), await made(boss)
        refused = (await collect(boss, collection, image["id"]))["userErrors"]
        assert refused == [{"code": "CONFLICT", "field": ["input", "imageId"]}]
