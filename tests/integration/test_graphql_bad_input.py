"""Every request of the library and the explorer, asked wrongly in every way: each says what is wrong and where, with a
code, and what there was before is there after."""

import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from graph.ids import global_id
from tests.integration.graphql_service import GraphQLService, graphql_service

SCOPES = (Scope.READ, Scope.GENERATE, Scope.LIBRARY)
KINDS = ("session", "collection", "entry", "tag", "image", "generation")
LIBRARY = """{
  sessions { nodes { id name } }
  collections { nodes { id name description images { nodes { id note image { id } } } } }
  tags(first: 100) { nodes { id name } }
  imageHistory(first: 100) { nodes { id starred tags { id } } }
  generations(first: 100) { nodes { id status done total } }
}"""
Case = tuple[dict[str, Any], str, str]
"""An input, where "hers.KIND" and "his.KIND" stand for ids, and its error: the code, and the place within the input."""

UNKNOWN = {kind: global_id(kind, "0" * 32) for kind in ("Image", "Session", "Collection", "CollectedImage", "Tag")}
MANY = ["hers.image"] * 101


def wrong_ids(kind: str, type_name: str, at: str = "id", /, **more: Any) -> list[Case]:
    """Rubbish, one that nothing has, one of something else, and another owner's."""
    other = "hers.image" if kind != "image" else "hers.tag"
    return [
        ({at: "rubbish", **more}, "INVALID", at),
        ({at: "", **more}, "INVALID", at),
        ({at: UNKNOWN[type_name], **more}, "NOT_FOUND", at),
        ({at: other, **more}, "NOT_FOUND", at),
        ({at: f"his.{kind}", **more}, "NOT_FOUND", at),
    ]


def wrong_session(**more: Any) -> list[Case]:
    return [
        ({"sessionId": "", **more}, "INVALID", "sessionId"),
        ({"sessionId": "rubbish", **more}, "NOT_FOUND", "sessionId"),
        ({"sessionId": "his.session", **more}, "NOT_FOUND", "sessionId"),
    ]


SEEDS: dict[str, Any] = {"seeds": [1]}
STRIP: dict[str, Any] = {"face": {"seed": 1}, "emotion": "SAD"}
GRID: dict[str, Any] = {"face": {"seed": 1}, "emotions": ["SAD"], "strengths": [1]}
PSIS: dict[str, Any] = {"seeds": [1], "truncationPsis": [0.5]}
MIX: dict[str, Any] = {"rows": [1], "columns": [2], "layers": {"first": 0, "count": 2}}
MORPH: dict[str, Any] = {"stops": [{"seed": 1}, {"seed": 2}], "frames": 4}
COLLECT: dict[str, Any] = {"collectionId": "hers.collection"}

CASES: Mapping[str, list[Case]] = {
    "createSession": [
        ({"name": ""}, "INVALID", "name"),
        ({"name": " \t"}, "INVALID", "name"),
        ({"name": "x" * 201}, "INVALID", "name"),
        ({"name": "\u202e"}, "INVALID", "name"),
    ],
    "renameSession": [
        *wrong_ids("session", "Session", name="x"),
        ({"id": "hers.session", "name": ""}, "INVALID", "name"),
        ({"id": "hers.session", "name": "a\nb"}, "INVALID", "name"),
    ],
    "deleteSession": wrong_ids("session", "Session"),
    "createCollection": [
        ({"name": ""}, "INVALID", "name"),
        ({"name": "x" * 201}, "INVALID", "name"),
        ({"name": "x", "description": "x" * 2001}, "INVALID", "description"),
    ],
    "updateCollection": [
        *wrong_ids("collection", "Collection", name="x"),
        ({"id": "hers.collection", "name": ""}, "INVALID", "name"),
        ({"id": "hers.collection", "name": "new", "description": "\0"}, "INVALID", "description"),
    ],
    "deleteCollection": wrong_ids("collection", "Collection"),
    "collectImage": [
        *wrong_ids("image", "Image", "imageId", **COLLECT),
        *wrong_ids("collection", "Collection", "collectionId", imageId="hers.image"),
        ({**COLLECT, "imageId": "hers.image", "note": "x" * 2001}, "INVALID", "note"),
        ({**COLLECT, "imageId": "hers.image", "tagIds": ["his.tag"]}, "NOT_FOUND", "tagIds.0"),
        ({**COLLECT, "imageId": "hers.image", "tagIds": ["hers.tag", "rubbish"]}, "INVALID", "tagIds.1"),
    ],
    "collectImages": [
        *wrong_ids("collection", "Collection", "collectionId", imageIds=["hers.image"]),
        ({**COLLECT, "imageIds": []}, "INVALID", "imageIds"),
        ({**COLLECT, "imageIds": MANY}, "INVALID", "imageIds"),
        ({**COLLECT, "imageIds": ["hers.image"], "note": "\ud800"}, "INVALID", "note"),
        ({**COLLECT, "imageIds": ["hers.image"], "tagIds": ["his.tag"]}, "NOT_FOUND", "tagIds.0"),
        ({**COLLECT, "imageIds": ["hers.image"], "tagIds": [UNKNOWN["Tag"]]}, "NOT_FOUND", "tagIds.0"),
    ],
    "updateCollectedImage": [
        *wrong_ids("entry", "CollectedImage", note="x"),
        ({"id": "hers.entry", "note": "x" * 2001}, "INVALID", "note"),
    ],
    "removeCollectedImage": wrong_ids("entry", "CollectedImage"),
    "createTag": [
        ({"name": ""}, "INVALID", "name"),
        ({"name": "x" * 51}, "INVALID", "name"),
        ({"name": "FEMALE"}, "CONFLICT", "name"),
        ({"name": "TAG of ann"}, "CONFLICT", "name"),
    ],
    "renameTag": [
        *wrong_ids("tag", "Tag", name="x"),
        ({"id": "built_in.tag", "name": "x"}, "CONFLICT", "id"),
        ({"id": "hers.tag", "name": "Male"}, "CONFLICT", "name"),
        ({"id": "hers.tag", "name": " "}, "INVALID", "name"),
    ],
    "deleteTag": [*wrong_ids("tag", "Tag"), ({"id": "built_in.tag"}, "CONFLICT", "id")],
    "tagImages": [
        ({"imageIds": [], "add": ["hers.tag"]}, "INVALID", "imageIds"),
        ({"imageIds": MANY, "add": ["hers.tag"]}, "INVALID", "imageIds"),
        ({"imageIds": ["hers.image"], "add": ["hers.tag", "his.tag"]}, "NOT_FOUND", "add.1"),
        ({"imageIds": ["hers.image"], "add": ["hers.tag"], "remove": ["his.tag"]}, "NOT_FOUND", "remove.0"),
        ({"imageIds": ["hers.image"], "add": ["hers.tag"], "remove": ["hers.image"]}, "NOT_FOUND", "remove.0"),
        ({"imageIds": ["hers.image"], "add": [global_id("Tag", f"{n:x}") for n in range(51)]}, "INVALID", "add"),
    ],
    "starImages": [
        ({"imageIds": []}, "INVALID", "imageIds"),
        ({"imageIds": MANY}, "INVALID", "imageIds"),
    ],
    "deleteImage": wrong_ids("image", "Image"),
    "deleteImages": [
        ({"imageIds": []}, "INVALID", "imageIds"),
        ({"imageIds": MANY}, "INVALID", "imageIds"),
    ],
    "generateFaces": [
        ({}, "INVALID", "seeds"),
        ({"seeds": []}, "INVALID", "seeds"),
        ({"seeds": list(range(257))}, "INVALID", "seeds"),
        ({"seeds": [1], "range": {"first": 1, "count": 1}}, "INVALID", "seeds"),
        ({"range": {"first": 9, "count": 0}}, "INVALID", "range.count"),
        ({"range": {"first": 9, "count": -3}}, "INVALID", "range.count"),
        ({"range": {"first": 9, "count": 2**31 - 1}}, "INVALID", "range.count"),
        ({**SEEDS, "truncationPsi": -2.1}, "INVALID", "truncationPsi"),
        ({**SEEDS, "directions": [{"direction": "nothing", "strength": 1}]}, "INVALID", "directions.0.direction"),
        ({**SEEDS, "idempotencyKey": "x" * 201}, "INVALID", "idempotencyKey"),
        ({**SEEDS, "waitMs": -1}, "INVALID", "waitMs"),
        *wrong_session(**SEEDS),
    ],
    "emotionStrip": [
        *wrong_ids("image", "Image", "imageId", emotion="SAD"),
        ({**STRIP, "steps": 1}, "INVALID", "steps"),
        ({**STRIP, "steps": 0}, "INVALID", "steps"),
        ({**STRIP, "steps": -(2**31)}, "INVALID", "steps"),
        ({**STRIP, "steps": 102}, "INVALID", "steps"),
        ({**STRIP, "from": 1, "to": 1}, "INVALID", "to"),
        ({**STRIP, "from": -0.0, "to": 0}, "INVALID", "to"),
        ({**STRIP, "from": 0, "to": -5.01}, "INVALID", "to"),
        ({**STRIP, "direction": "neutral->sad"}, "INVALID", "emotion"),
        ({"face": {"seed": 1}, "direction": "nothing"}, "INVALID", "direction"),
        (
            {"face": {"emotions": [{"emotion": "SAD", "strength": 9}]}, "emotion": "SAD"},
            "INVALID",
            "face.emotions.0.strength",
        ),
        *wrong_session(**STRIP),
    ],
    "emotionGrid": [
        *wrong_ids("image", "Image", "imageId", emotions=["SAD"], strengths=[1]),
        ({**GRID, "imageId": "hers.image"}, "INVALID", "imageId"),
        ({**GRID, "emotions": ["SAD", "SAD"]}, "INVALID", "emotions.1"),
        ({**GRID, "directions": ["neutral->sad"]}, "INVALID", "directions.0"),
        ({**GRID, "strengths": [1, 5.5]}, "INVALID", "strengths.1"),
        ({**GRID, "strengths": [0.01 * n for n in range(257)]}, "INVALID", "strengths"),
        ({**GRID, "emotions": ["SAD", "HAPPY"], "strengths": [0.01 * n for n in range(129)]}, "INVALID", "strengths"),
        *wrong_session(**GRID),
    ],
    "truncationGrid": [
        ({**PSIS, "seeds": []}, "INVALID", "seeds"),
        ({**PSIS, "seeds": [1] * 257}, "INVALID", "seeds"),
        ({**PSIS, "truncationPsis": [0.5] * 257}, "INVALID", "truncationPsis"),
        ({"seeds": list(range(16)), "truncationPsis": [0.5] * 17}, "INVALID", "truncationPsis"),
        ({**PSIS, "truncationCutoff": -1}, "INVALID", "truncationCutoff"),
        ({**PSIS, "network": "nobody"}, "NOT_FOUND", "network"),
        *wrong_session(**PSIS),
    ],
    "mixStyles": [
        ({**MIX, "columns": []}, "INVALID", "columns"),
        ({**MIX, "rows": list(range(16)), "columns": list(range(17))}, "INVALID", "columns"),
        ({**MIX, "rows": list(range(15)), "columns": list(range(16)), "withParents": True}, "INVALID", "columns"),
        ({**MIX, "layers": {"first": 6, "count": 1}}, "INVALID", "layers.first"),
        ({**MIX, "layers": {"first": -1, "count": 1}}, "INVALID", "layers.first"),
        ({**MIX, "layers": {"first": 0, "count": 0}}, "INVALID", "layers.count"),
        ({**MIX, "layers": {"first": 0, "count": 7}}, "INVALID", "layers.count"),
        ({**MIX, "network": "nobody"}, "NOT_FOUND", "network"),
        *wrong_session(**MIX),
    ],
    "morph": [
        ({**MORPH, "stops": []}, "INVALID", "stops"),
        ({**MORPH, "stops": [{"seed": 1}]}, "INVALID", "stops"),
        ({"stops": [{"seed": n} for n in range(17)], "frames": 40}, "INVALID", "stops"),
        ({**MORPH, "stops": [{"seed": 1}, {"seed": 1, "imageId": "hers.image"}]}, "INVALID", "stops.1"),
        ({**MORPH, "stops": [{"imageId": "hers.image"}, {"imageId": "his.image"}]}, "NOT_FOUND", "stops.1.imageId"),
        ({**MORPH, "stops": [{"seed": 1}, {"imageId": "hers.tag"}]}, "NOT_FOUND", "stops.1.imageId"),
        ({**MORPH, "fps": 0}, "INVALID", "fps"),
        ({**MORPH, "fps": -1}, "INVALID", "fps"),
        ({**MORPH, "fps": 2**31 - 1, "format": "MP4"}, "INVALID", "fps"),
        ({**MORPH, "frames": 1}, "INVALID", "frames"),
        ({"stops": [{"seed": n} for n in range(5)], "frames": 4}, "INVALID", "frames"),
        ({"stops": MORPH["stops"], "seconds": -1}, "INVALID", "seconds"),
        ({"stops": MORPH["stops"], "seconds": 1e300}, "INVALID", "seconds"),
        *wrong_session(**MORPH),
    ],
    "applyEmotion": wrong_ids("image", "Image", "imageId"),
    "verifyImage": wrong_ids("image", "Image", "imageId"),
    "exportImages": [
        ({}, "INVALID", ""),
        ({"imageIds": []}, "INVALID", "imageIds"),
        ({"imageIds": [global_id("Image", f"{n:x}") for n in range(1001)]}, "INVALID", "imageIds"),
        ({"imageIds": ["hers.image", "his.image"]}, "NOT_FOUND", "imageIds.1"),
        ({"imageIds": ["hers.image", "hers.tag"]}, "NOT_FOUND", "imageIds.1"),
        ({"filter": {"starred": True, "seed": 9}}, "INVALID", "filter"),
        ({"filter": {"sessionId": "his.session"}}, "NOT_FOUND", "filter.sessionId"),
        ({"filter": {"network": "nobody"}}, "NOT_FOUND", "filter.network"),
        (
            {"filter": {"createdAfter": "2026-02-01T00:00:00Z", "createdBefore": "2026-01-01T00:00:00Z"}},
            "INVALID",
            "filter.createdBefore",
        ),
    ],
    "cancelGeneration": [
        ({"id": "rubbish"}, "INVALID", "id"),
        ({"id": global_id("Generation", "0" * 32)}, "NOT_FOUND", "id"),
        ({"id": "hers.image"}, "NOT_FOUND", "id"),
        ({"id": "his.generation"}, "NOT_FOUND", "id"),
    ],
}


@dataclass(frozen=True)
class World:
    """Two owners, each with one of everything, and a built-in tag."""

    ann: GraphQLService
    ben: GraphQLService
    ids: Mapping[str, str]

    def named(self, value: Any) -> Any:
        """With ids in place of what stands for them."""
        match value:
            case str():
                return self.ids.get(value, value)
            case dict():
                return {name: self.named(inner) for name, inner in value.items()}
            case list():
                return [self.named(inner) for inner in value]
        return value

    async def everything(self) -> list[Any]:
        return [await owner.data(LIBRARY) for owner in (self.ann, self.ben)]

    async def ask(self, mutation: str, given: Mapping[str, Any], results: str = "") -> dict[str, Any]:
        name = mutation[0].upper() + mutation[1:]
        query = f"""mutation($input: {name}Input!) {{
          {mutation}(input: $input) {{ __typename {results} userErrors {{ code message field }} }}
        }}"""
        payload: dict[str, Any] = (await self.ann.data(query, {"input": self.named(given)}))[mutation]
        return payload


async def with_everything(owner: GraphQLService, name: str) -> dict[str, str]:
    """Made, and their ids by kind."""

    async def made(document: str, **variables: str) -> str:
        (payload,) = (await owner.data(document, variables)).values()
        (thing,) = payload.values()
        key: str = thing["id"]
        return key

    image = (await owner.image(seed=1))["id"]
    session = await made("mutation($n: String!) { createSession(input: {name: $n}) { session { id } } }", n=name)
    collection = await made(
        "mutation($n: String!) { createCollection(input: {name: $n}) { collection { id } } }", n=name
    )
    entry = await made(
        "mutation($c: ID!, $i: ID!) { collectImage(input: {collectionId: $c, imageId: $i}) { collectedImage { id } } }",
        c=collection,
        i=image,
    )
    tag = await made("mutation($n: String!) { createTag(input: {name: $n}) { tag { id } } }", n=f"tag of {name}")
    waiting = (await owner.generate(seed=2, sessionId=session))["generation"]["id"]
    ids = (session, collection, entry, tag, image, waiting)
    return dict(zip(KINDS, ids, strict=True))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with graphql_service(tmp_path, access=True) as service:
        ann, ben = await service.of("ann", *SCOPES), await service.of("ben", *SCOPES)
        tags = (await ann.data("{ tags { nodes { id name } } }"))["tags"]["nodes"]
        ids = {"built_in.tag": tags[0]["id"]}
        for whose, owner, name in (("hers", ann, "ann"), ("his", ben, "ben")):
            ids |= {f"{whose}.{kind}": key for kind, key in (await with_everything(owner, name)).items()}
        yield World(ann, ben, ids)


@pytest.mark.parametrize("mutation", CASES)
async def test_a_request_that_is_wrong_says_what_and_where_and_changes_nothing(world: World, mutation: str) -> None:
    before = await world.everything()
    answered = []
    for given, _, _ in CASES[mutation]:
        errors = (await world.ask(mutation, given))["userErrors"]
        assert all(error["message"] for error in errors)
        answered.append((given, [(error["code"], ".".join(error["field"] or [])) for error in errors]))
    expected = [(given, [(code, f"input.{at}".rstrip("."))]) for given, code, at in CASES[mutation]]
    assert answered == expected
    assert await world.everything() == before


BULK = {
    "collectImages": (COLLECT, "results { index collectedImage { image { id } } userErrors { code field } }"),
    "tagImages": ({"add": ["hers.tag"]}, "results { index image { id } userErrors { code field } }"),
    "starImages": ({"starred": True}, "results { index image { id } userErrors { code field } }"),
    "deleteImages": ({}, "results { index deletedId userErrors { code field } }"),
}


@pytest.mark.parametrize("mutation", BULK)
async def test_each_of_many_images_is_answered_for_and_nobody_else_s_is_touched(world: World, mutation: str) -> None:
    more, results = BULK[mutation]
    others = await world.ben.data(LIBRARY)
    fresh = (await world.ann.image(seed=5))["id"]
    wrong = [
        ("rubbish", "INVALID"),
        (UNKNOWN["Image"], "NOT_FOUND"),
        ("hers.tag", "NOT_FOUND"),
        ("his.image", "NOT_FOUND"),
    ]
    payload = await world.ask(mutation, {"imageIds": [fresh, fresh, *(one for one, _ in wrong)], **more}, results)
    assert payload["userErrors"] == []
    done, refused = payload["results"][:2], payload["results"][2:]
    assert [(one["userErrors"], fresh in str(one)) for one in done] == [([], True)] * 2
    assert [one["userErrors"] for one in refused] == [
        [{"code": code, "field": ["input", "imageIds", str(place)]}] for place, (_, code) in enumerate(wrong, 2)
    ]
    assert await world.ben.data(LIBRARY) == others


REFUSED_BY_GRAPHQL: list[tuple[str, dict[str, Any], str]] = [
    ("generateFaces", {"seeds": [-1]}, "a seed is an integer from 0 to 4294967295"),
    ("generateFaces", {"seeds": [2**32]}, "a seed is an integer from 0 to 4294967295"),
    ("generateFaces", {"range": {"first": -1, "count": 2}}, "a seed is an integer from 0 to 4294967295"),
    ("generateFaces", {"range": {"first": 0, "count": 2**31}}, "Int cannot represent non 32-bit signed integer"),
    ("generateFaces", {"range": {"first": 0}}, "include required field 'count'"),
    ("emotionStrip", {**STRIP, "to": "1"}, "Float cannot represent non numeric value"),
    ("emotionStrip", {**STRIP, "steps": 2.5}, "Int cannot represent non-integer value"),
    ("emotionGrid", {**GRID, "emotions": ["BORED"]}, "does not exist in 'Emotion' enum"),
    ("mixStyles", {**MIX, "rows": [None]}, "non-null type 'Seed!' not to be None"),
    ("morph", {**MORPH, "format": "AVI"}, "does not exist in 'AnimationFormat' enum"),
    ("morph", {**MORPH, "easing": "BOUNCE"}, "does not exist in 'MorphEasing' enum"),
    ("starImages", {"imageIds": ["hers.image"], "starred": "yes"}, "Boolean cannot represent a non boolean value"),
    ("createSession", {"name": 5}, "String cannot represent a non string value"),
    ("createSession", {}, "include required field 'name'"),
    ("exportImages", {"imageIds": "hers.image", "filter": {"createdAfter": "yesterday"}}, "2026-01-31T12:00:00Z"),
]


async def test_what_graphql_itself_refuses_says_what_would_be_right(world: World) -> None:
    before = await world.everything()
    for mutation, given, says in REFUSED_BY_GRAPHQL:
        name = mutation[0].upper() + mutation[1:]
        query = f"mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
        answer = await world.ann.ask(query, {"input": world.named(given)})
        (error,) = answer["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}, given
        assert says in error["message"], given
    assert await world.everything() == before


PAGES: list[tuple[dict[str, Any], str, str]] = [
    ({"first": -1}, "INVALID", "first"),
    ({"last": -1}, "INVALID", "last"),
    ({"first": 2**31 - 1}, "INVALID", "first"),
    ({"after": ""}, "INVALID", "after"),
    ({"after": "="}, "INVALID", "after"),
    ({"before": base64.b64encode(b"[" * 5000).decode()}, "INVALID", "before"),
    ({"after": base64.b64encode(b'["images-created_at-desc",1]').decode()}, "INVALID", "after"),
    ({"after": base64.b64encode(b'["images-created_at-desc",1e9,"%s"]' % (b"0" * 32)).decode()}, "INVALID", "after"),
    ({"filter": {"network": "nobody"}}, "NOT_FOUND", "filter.network"),
    ({"filter": {"network": ""}}, "NOT_FOUND", "filter.network"),
    ({"filter": {"sessionId": "his.session"}}, "NOT_FOUND", "filter.sessionId"),
    ({"filter": {"sessionId": ""}}, "INVALID", "filter.sessionId"),
    ({"filter": {"collectionId": "his.collection"}}, "NOT_FOUND", "filter.collectionId"),
    ({"filter": {"collectionId": "hers.tag"}}, "NOT_FOUND", "filter.collectionId"),
    ({"filter": {"tags": {"allOf": ["hers.tag", "his.tag"]}}}, "NOT_FOUND", "filter.tags.allOf.1"),
    ({"filter": {"tags": {"anyOf": ["rubbish"]}}}, "INVALID", "filter.tags.anyOf.0"),
    (
        {"filter": {"createdAfter": "2026-01-01T00:00:00.001Z", "createdBefore": "2026-01-01T01:00:00+01:00"}},
        "INVALID",
        "filter.createdBefore",
    ),
]


async def test_a_page_that_cannot_be_is_an_error_and_no_empty_list(world: World) -> None:
    sizes, cursors = "$first: Int, $last: Int", "$after: String, $before: String"
    page = "first: $first, last: $last, after: $after, before: $before"
    asked = [("imageHistory", *one) for one in PAGES]
    asked += [(name, *one) for name in ("sessions", "collections", "tags") for one in PAGES if "filter" not in one[0]]
    for name, given, code, field in asked:
        where, chosen = (", $filter: ImageFilter", ", filter: $filter") if name == "imageHistory" else ("", "")
        query = f"query({sizes}, {cursors}{where}) {{ {name}({page}{chosen}) {{ totalCount }} }}"
        (error,) = (await world.ann.ask(query, world.named(given)))["errors"]
        assert error["extensions"] == {"code": code, "field": field.split(".")}, (name, given)
        assert error["message"]
