"""Finding images again through the front door: by tags, collections, stars and notes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from tests.integration.graphql_service import GraphQLService, graphql_service

HISTORY = """
query($filter: ImageFilter, $order: ImageOrder) {
  imageHistory(filter: $filter, orderBy: $order) { totalCount totalCountIsExact nodes { seed } }
}
"""
TAG = """
mutation($images: [ID!]!, $tags: [ID!]!) {
  tagImages(input: {imageIds: $images, add: $tags}) { results { userErrors { code } } userErrors { code } }
}
"""
COLLECT = """
mutation($c: ID!, $i: ID!, $note: String) {
  collectImage(input: {collectionId: $c, imageId: $i, note: $note}) { userErrors { code } }
}
"""
CREATE_TAG = "mutation($n: String!) { createTag(input: {name: $n}) { tag { id } } }"
CREATE_COLLECTION = 'mutation { createCollection(input: {name: "Favourites"}) { collection { id } } }'
STAR = "mutation($i: ID!) { starImages(input: {imageIds: [$i]}) { userErrors { code } } }"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def found(service: GraphQLService, **chosen: Any) -> list[int]:
    page = (await service.data(HISTORY, {"filter": chosen}))["imageHistory"]
    assert (page["totalCount"], page["totalCountIsExact"]) == (len(page["nodes"]), True)
    return [node["seed"] for node in page["nodes"]]


async def tag(service: GraphQLService, name: str) -> str:
    tag_id: str = (await service.data(CREATE_TAG, {"n": name}))["createTag"]["tag"]["id"]
    return tag_id


async def collection(service: GraphQLService) -> str:
    key: str = (await service.data(CREATE_COLLECTION))["createCollection"]["collection"]["id"]
    return key


async def test_images_are_found_by_all_or_any_of_their_tags(service: GraphQLService) -> None:
    images = [(await service.image(seed=seed))["id"] for seed in range(4)]
    old, glad = await tag(service, "old"), await tag(service, "glad")
    await service.data(TAG, {"images": images[:2], "tags": [old]})
    await service.data(TAG, {"images": images[1:3], "tags": [glad]})
    assert await found(service, tags={"allOf": [old]}) == [1, 0]
    assert await found(service, tags={"allOf": [old, glad]}) == [1]
    assert await found(service, tags={"anyOf": [old, glad]}) == [2, 1, 0]
    assert await found(service, tags={"allOf": [glad], "anyOf": [old]}) == [1]
    assert await found(service, tags={"anyOf": [old, glad]}, seed=0) == [0]
    assert await found(service, tags={}) == [3, 2, 1, 0]


async def test_images_are_found_by_collection_note_and_star(service: GraphQLService) -> None:
    images = [(await service.image(seed=seed))["id"] for seed in range(4)]
    one, two = await collection(service), await collection(service)
    for where, image, note in (
        (one, 0, "A broad SMILE"),
        (one, 1, "Straße"),
        (two, 1, "smiling, 100%"),
        (two, 2, None),
    ):
        await service.data(COLLECT, {"c": where, "i": images[image], "note": note})
    await service.data(STAR, {"i": images[3]})
    assert await found(service, collectionId=one) == [1, 0]
    assert await found(service, text="smil") == [1, 0]
    assert await found(service, text=" Broad smile ") == [0]
    assert await found(service, text="STRASSE") == [1]
    assert await found(service, text="%") == [1]
    assert await found(service, text="smil", collectionId=two) == [1]
    assert await found(service, text="smil", collectionId=one) == [0]
    assert await found(service, starred=True) == [3]
    assert await found(service, starred=False) == [2, 1, 0]


@pytest.mark.parametrize(
    ("chosen", "code", "field"),
    [
        ({"collectionId": "Q29sbGVjdGlvbjowMA=="}, "NOT_FOUND", ["filter", "collectionId"]),
        ({"collectionId": "rubbish"}, "INVALID", ["filter", "collectionId"]),
        ({"tags": {"allOf": ["VGFnOjAw"]}}, "NOT_FOUND", ["filter", "tags", "allOf", "0"]),
        ({"tags": {"anyOf": ["VGFnOjAw"]}}, "NOT_FOUND", ["filter", "tags", "anyOf", "0"]),
        ({"tags": {"anyOf": ["SW1hZ2U6MDA="]}}, "NOT_FOUND", ["filter", "tags", "anyOf", "0"]),
        ({"tags": {"allOf": []}}, "INVALID", ["filter", "tags", "allOf"]),
        ({"tags": {"anyOf": ["VGFnOjAw"] * 21}}, "INVALID", ["filter", "tags", "anyOf"]),
        ({"text": ""}, "INVALID", ["filter", "text"]),
        ({"text": "x" * 201}, "INVALID", ["filter", "text"]),
        ({"text": "\0"}, "INVALID", ["filter", "text"]),
    ],
)
async def test_a_filter_by_what_does_not_exist_is_refused(
    service: GraphQLService, chosen: dict[str, Any], code: str, field: list[str]
) -> None:
    (error,) = (await service.ask(HISTORY, {"filter": chosen}))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, field)


async def test_nobody_filters_by_what_is_anothers(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        scopes = (Scope.LIBRARY, Scope.READ, Scope.GENERATE)
        ann, ben = await service.of("ann", *scopes), await service.of("ben", *scopes)
        image, hers, where = (await ann.image(seed=1))["id"], await tag(ann, "hers"), await collection(ann)
        await ann.data(TAG, {"images": [image], "tags": [hers]})
        await ann.data(COLLECT, {"c": where, "i": image, "note": "secret"})
        for chosen in ({"tags": {"anyOf": [hers]}}, {"collectionId": where}):
            (error,) = (await ben.ask(HISTORY, {"filter": chosen}))["errors"]
            assert error["extensions"]["code"] == "NOT_FOUND"
        assert await found(ben, text="secret") == []
        assert await found(ann, text="secret", tags={"allOf": [hers]}, collectionId=where) == [1]


async def test_a_count_says_when_it_is_not_the_whole(service: GraphQLService, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("infrastructure.database.images", "graph.schema.paging"):
        monkeypatch.setattr(f"{module}.MAX_COUNT", 2)
    for seed, total, exact in ((1, 1, True), (2, 2, True), (3, 2, False), (4, 2, False)):
        await service.image(seed=seed)
        with service.statements() as sent:
            page = (await service.data(HISTORY))["imageHistory"]
        assert (page["totalCount"], page["totalCountIsExact"]) == (total, exact)
        assert sum("count" in statement.lower() for statement in sent) == 1


async def test_a_page_of_100_images_with_all_that_is_in_order_costs_less_than_10_statements(
    service: GraphQLService,
) -> None:
    create = 'mutation { createSession(input: {name: "Monday"}) { session { id } } }'
    session = (await service.data(create))["createSession"]["session"]["id"]
    source = await service.image(seed=0)
    for strength in range(1, 101):
        edit = [{"emotion": "SAD", "strength": strength / 50}]
        await service.apply(source["id"], emotions=edit, sessionId=session)
    await service.render()
    query = "query($s: ID!) { imageHistory(first: 100, filter: {sessionId: $s}) { nodes { id } } }"
    images = [node["id"] for node in (await service.data(query, {"s": session}))["imageHistory"]["nodes"]]
    tags, where = [await tag(service, name) for name in ("old", "glad")], await collection(service)
    await service.data(TAG, {"images": images, "tags": tags})
    for image in images[::10]:
        await service.data(COLLECT, {"c": where, "i": image, "note": "x"})
    query = """
    query($n: Int, $t: [ID!]) {
      imageHistory(first: $n, filter: {tags: {allOf: $t}}) {
        totalCount
        nodes {
          url starred network { name } directions { direction { name } strength } emotions { emotion }
          tags { name } source { id url } session { name } collected(first: 2) { nodes { note } }
        }
      }
    }
    """
    costs = {}
    for first in (2, 100):
        with service.statements() as sent:
            page = (await service.data(query, {"n": first, "t": tags}))["imageHistory"]
        assert (len(page["nodes"]), page["totalCount"]) == (first, 100)
        costs[first] = len(sent)
    assert costs[100] == costs[2] < 10, costs
