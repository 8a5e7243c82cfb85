"""Tags and stars: put on many images at once, each answered for itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.graphql_service import GraphQLService, graphql_service

CREATE = (
    "mutation($name: String!) { createTag(input: {name: $name}) { tag { id name builtIn } userErrors { code field } } }"
)
RENAME = """
mutation($id: ID!, $name: String!) {
  renameTag(input: {id: $id, name: $name}) { tag { id name } userErrors { code field } }
}
"""
DELETE = "mutation($id: ID!) { deleteTag(input: {id: $id}) { deletedId userErrors { code field } } }"
TAG = """
mutation($images: [ID!]!, $add: [ID!]! = [], $remove: [ID!]! = []) {
  tagImages(input: {imageIds: $images, add: $add, remove: $remove}) {
    results { index image { id tags { name } } userErrors { code field } }
    userErrors { code field }
  }
}
"""
STAR = """
mutation($images: [ID!]!, $starred: Boolean! = true) {
  starImages(input: {imageIds: $images, starred: $starred}) {
    results { index image { starred } userErrors { code field } }
    userErrors { code field }
  }
}
"""
BUILT_IN = ["male", "female", "practice", "attention"]
UNKNOWN = {"Image": "SW1hZ2U6MDA=", "Tag": "VGFnOjAw"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def tag(service: GraphQLService, name: str) -> str:
    payload = (await service.data(CREATE, {"name": name}))["createTag"]
    assert payload["userErrors"] == []
    tag_id: str = payload["tag"]["id"]
    return tag_id


async def names(service: GraphQLService) -> list[str]:
    found = (await service.data("{ tags { totalCount nodes { name } } }"))["tags"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["name"] for node in found["nodes"]]


async def put(service: GraphQLService, images: list[str], **tags: list[str]) -> dict[str, Any]:
    payload: dict[str, Any] = (await service.data(TAG, {"images": images, **tags}))["tagImages"]
    return payload


async def test_the_built_in_tags_come_first_and_cannot_be_changed(service: GraphQLService) -> None:
    await tag(service, "smiling")
    found = (await service.data("{ tags { nodes { id name builtIn } } }"))["tags"]["nodes"]
    assert [(node["name"], node["builtIn"]) for node in found] == [
        *((name, True) for name in BUILT_IN),
        ("smiling", False),
    ]
    for query, more in ((RENAME, {"name": "x"}), (DELETE, {})):
        (payload,) = (await service.data(query, {"id": found[0]["id"], **more})).values()
        assert payload["userErrors"] == [{"code": "CONFLICT", "field": ["input", "id"]}]
    assert await names(service) == [*BUILT_IN, "smiling"]


@pytest.mark.parametrize("name", ["smiling", "SMILING", " Smiling ", "Male"])
async def test_a_name_is_taken_whatever_its_case(service: GraphQLService, name: str) -> None:
    await tag(service, "Smiling")
    other = await tag(service, "other")
    refused = [{"code": "CONFLICT", "field": ["input", "name"]}]
    assert (await service.data(CREATE, {"name": name}))["createTag"] == {"tag": None, "userErrors": refused}
    assert (await service.data(RENAME, {"id": other, "name": name}))["renameTag"] == {
        "tag": None,
        "userErrors": refused,
    }
    assert await names(service) == [*BUILT_IN, "Smiling", "other"]


async def test_a_tag_can_change_the_case_of_its_own_name(service: GraphQLService) -> None:
    smiling = await tag(service, "smiling")
    renamed = (await service.data(RENAME, {"id": smiling, "name": "Smiling"}))["renameTag"]
    assert renamed == {"tag": {"id": smiling, "name": "Smiling"}, "userErrors": []}


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\nb", "\0"])
async def test_a_name_that_is_none_is_refused(service: GraphQLService, name: str) -> None:
    refused = {"tag": None, "userErrors": [{"code": "INVALID", "field": ["input", "name"]}]}
    assert (await service.data(CREATE, {"name": name}))["createTag"] == refused
    assert await names(service) == BUILT_IN


async def test_each_of_several_images_is_tagged_or_answered_for(service: GraphQLService) -> None:
    one, two = (await service.image(seed=1))["id"], (await service.image(seed=2))["id"]
    smiling, old = await tag(service, "smiling"), await tag(service, "old")
    payload = await put(service, [one, UNKNOWN["Image"], "rubbish", smiling, two], add=[smiling, old])
    assert payload["userErrors"] == []
    assert [result["index"] for result in payload["results"]] == [0, 1, 2, 3, 4]
    for place, image in ((0, one), (4, two)):
        assert payload["results"][place] == {
            "index": place,
            "image": {"id": image, "tags": [{"name": "old"}, {"name": "smiling"}]},
            "userErrors": [],
        }
    for place, code in ((1, "NOT_FOUND"), (2, "INVALID"), (3, "NOT_FOUND")):
        result = payload["results"][place]
        field = ["input", "imageIds", str(place)]
        assert (result["image"], result["userErrors"]) == (None, [{"code": code, "field": field}])
    again = await put(service, [one], add=[smiling], remove=[old, smiling])
    assert again["results"][0]["image"]["tags"] == [{"name": "smiling"}]


async def test_two_changes_in_one_request_are_both_seen(service: GraphQLService) -> None:
    image, smiling = (await service.image(seed=1))["id"], await tag(service, "smiling")
    query = """
    mutation($i: ID!, $t: ID!) {
      a: tagImages(input: {imageIds: [$i], add: [$t]}) { results { image { tags { name } } } }
      b: tagImages(input: {imageIds: [$i], remove: [$t]}) { results { image { tags { name } } } }
    }
    """
    answer = await service.data(query, {"i": image, "t": smiling})
    assert answer["a"]["results"] == [{"image": {"tags": [{"name": "smiling"}]}}]
    assert answer["b"]["results"] == [{"image": {"tags": []}}]


@pytest.mark.parametrize(
    ("images", "add", "code", "field"),
    [
        ([], [], "INVALID", ["input", "imageIds"]),
        ([UNKNOWN["Image"]] * 101, [], "INVALID", ["input", "imageIds"]),
        (None, [UNKNOWN["Tag"]], "NOT_FOUND", ["input", "add", "0"]),
        (None, ["rubbish"], "INVALID", ["input", "add", "0"]),
    ],
)
async def test_a_request_that_is_wrong_as_a_whole_changes_nothing(
    service: GraphQLService, images: list[str] | None, add: list[str], code: str, field: list[str]
) -> None:
    image, smiling = (await service.image(seed=1))["id"], await tag(service, "smiling")
    chosen = [image] if images is None else images
    payload = await put(service, chosen, add=[*add, smiling])
    assert payload == {"results": [], "userErrors": [{"code": code, "field": field}]}
    found = await service.data("query($id: ID!) { image(id: $id) { tags { name } } }", {"id": image})
    assert found["image"] == {"tags": []}


async def test_an_image_has_no_more_than_fifty_tags(service: GraphQLService) -> None:
    image = (await service.image(seed=1))["id"]
    many = [await tag(service, f"tag {number}") for number in range(51)]
    await put(service, [image], add=many[:30])
    (result,) = (await put(service, [image], add=many[1:]))["results"]
    assert result["userErrors"] == [{"code": "CONFLICT", "field": ["input", "imageIds", "0"]}]
    (result,) = (await put(service, [image], add=many[1:], remove=many[:1]))["results"]
    assert len(result["image"]["tags"]) == 50


async def test_a_deleted_tag_is_off_its_images_and_deleting_it_again_changes_nothing(service: GraphQLService) -> None:
    image, smiling = (await service.image(seed=1))["id"], await tag(service, "smiling")
    await put(service, [image], add=[smiling])
    for _ in range(2):
        deleted = (await service.data(DELETE, {"id": smiling}))["deleteTag"]
        assert deleted == {"deletedId": smiling, "userErrors": []}
    assert await names(service) == BUILT_IN
    found = await service.data(
        "query($i: ID!, $t: ID!) { image(id: $i) { tags { name } } node(id: $t) { id } }",
        {
            "i": image,
            "t": smiling,
        },
    )
    assert found == {"image": {"tags": []}, "node": None}


@pytest.mark.parametrize(
    ("wrong", "code"), [(UNKNOWN["Tag"], "NOT_FOUND"), (UNKNOWN["Image"], "NOT_FOUND"), ("x", "INVALID")]
)
async def test_what_never_was_a_tag_is_not_deleted(service: GraphQLService, wrong: str, code: str) -> None:
    deleted = (await service.data(DELETE, {"id": wrong}))["deleteTag"]
    assert deleted == {"deletedId": None, "userErrors": [{"code": code, "field": ["input", "id"]}]}


async def test_stars_come_and_go_as_often_as_asked(service: GraphQLService) -> None:
    image = (await service.image(seed=1))["id"]
    for starred in (True, True, False, False):
        payload = (await service.data(STAR, {"images": [image, "rubbish"], "starred": starred}))["starImages"]
        assert payload["results"][0]["image"] == {"starred": starred}
        assert payload["results"][1]["userErrors"] == [{"code": "INVALID", "field": ["input", "imageIds", "1"]}]


async def test_a_tag_knows_its_images(service: GraphQLService) -> None:
    images = [(await service.image(seed=seed))["id"] for seed in range(3)]
    smiling = await tag(service, "smiling")
    await put(service, images[:2], add=[smiling])
    query = """
    query($id: ID!) {
      tag(id: $id) { images { totalCount nodes { seed } } }
      node(id: $id) { ... on Tag { name } }
    }
    """
    found = await service.data(query, {"id": smiling})
    assert found["tag"]["images"] == {"totalCount": 2, "nodes": [{"seed": 1}, {"seed": 0}]}
    assert found["node"] == {"name": "smiling"}
