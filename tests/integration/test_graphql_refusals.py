"""Whatever is wrong with a request is said clearly, with a code; it is no 500, and nothing is stored."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.graphql_service import GraphQLService, graphql_service

STORED = "{ generations { totalCount } }"
EDIT = {"emotion": "HAPPY", "strength": 1}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def nothing_is_stored(service: GraphQLService) -> bool:
    stored: int = (await service.data(STORED))["generations"]["totalCount"]
    return stored == 0


@pytest.mark.parametrize("seed", ["-1", "4294967296", "1.5", '"x"', '"1e3"', "true", "[1]", "1e400", "9" * 6000])
async def test_a_literal_that_is_no_seed(service: GraphQLService, seed: str) -> None:
    answer = await service.ask(f"mutation {{ generateFace(input: {{seed: {seed}}}) {{ generation {{ id }} }} }}")
    (error,) = answer["errors"]
    assert "a seed is an integer from 0 to 4294967295" in error["message"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert await nothing_is_stored(service)


@pytest.mark.parametrize("seed", [-1, 4294967296, 1.5, "x", "1e3", True, [1], 10**100])
async def test_a_variable_that_is_no_seed(service: GraphQLService, seed: Any) -> None:
    query = "mutation($seed: Seed) { generateFace(input: {seed: $seed}) { generation { id } } }"
    (error,) = (await service.ask(query, {"seed": seed}))["errors"]
    assert "a seed is an integer from 0 to 4294967295" in error["message"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert await nothing_is_stored(service)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"truncationPsi": 2.1}, "INVALID", "truncationPsi"),
        ({"truncationCutoff": 7}, "INVALID", "truncationCutoff"),
        ({"label": 0}, "INVALID", "label"),
        ({"network": "nobody"}, "NOT_FOUND", "network"),
        ({"emotions": [EDIT, {**EDIT, "strength": 5.5}]}, "INVALID", "emotions.1"),
        ({"emotions": [{"emotion": "SAD", "strength": -5.1}]}, "INVALID", "emotions.0.strength"),
        ({"emotions": [EDIT, EDIT]}, "INVALID", "emotions.1"),
        (
            {"emotions": [EDIT], "directions": [{"direction": "neutral->happy", "strength": 0}]},
            "INVALID",
            "directions.0",
        ),
        ({"directions": [{"direction": "neutral->bored", "strength": 1}]}, "INVALID", "directions.0.direction"),
        ({"directions": [{"direction": str(n), "strength": 1} for n in range(65)]}, "INVALID", "directions"),
        ({"sessionId": "U2Vzc2lvbjox"}, "NOT_FOUND", "sessionId"),
        ({"waitMs": 30001}, "INVALID", "waitMs"),
        ({"waitMs": -1}, "INVALID", "waitMs"),
        ({"idempotencyKey": ""}, "INVALID", "idempotencyKey"),
        ({"idempotencyKey": "\ud800"}, "INVALID", "idempotencyKey"),
    ],
)
async def test_what_the_user_can_mend_is_a_user_error_with_its_place(
    service: GraphQLService, values: dict[str, Any], code: str, field: str
) -> None:
    payload = await service.generate(**values)
    (error,) = payload["userErrors"]
    assert payload["generation"] is None
    assert (error["code"], error["field"]) == (code, ["input", *field.split(".")])
    assert error["message"]
    assert await nothing_is_stored(service)


@pytest.mark.parametrize("strength", ["1e400", "-1e400"])
async def test_an_infinite_strength_as_a_literal(service: GraphQLService, strength: str) -> None:
    answer = await service.data(
        f"mutation {{ generateFace(input: {{emotions: [{{emotion: HAPPY, strength: {strength}}}]}})"
        " { generation { id } userErrors { code field } } }"
    )
    assert answer["generateFace"] == {
        "generation": None,
        "userErrors": [{"code": "INVALID", "field": ["input", "emotions", "0", "strength"]}],
    }


@pytest.mark.parametrize("number", ["1e400", "-1e400", '"1"', "true", "null"])
async def test_a_strength_that_is_no_number_as_a_variable(service: GraphQLService, number: str) -> None:
    edits = "emotions: [{emotion: HAPPY, strength: $s}]"
    query = f"mutation($s: Float!) {{ generateFace(input: {{{edits}}}) {{ userErrors {{ code }} }} }}"
    body = f'{{"query": {json.dumps(query)}, "variables": {{"s": {number}}}}}'
    response = await service.client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await nothing_is_stored(service)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("first: 0", "first"),
        ("first: 101", "first"),
        ("last: 0", "last"),
        ("first: 1, last: 1", "first"),
        ('after: "rubbish"', "after"),
        ('before: "bnVsbA"', "before"),
        ('filter: {sessionId: "U2Vzc2lvbjox"}', "filter"),
    ],
)
@pytest.mark.parametrize("where", ["imageHistory", "generations"])
async def test_a_bad_page_is_refused(service: GraphQLService, where: str, arguments: str, field: str) -> None:
    answer = await service.ask(f"{{ {where}({arguments}) {{ totalCount }} }}")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] in ("INVALID", "NOT_FOUND")
    assert error["extensions"]["field"][0] == field
    assert error["path"] == [where]


async def test_a_bad_page_within_an_image_is_refused(service: GraphQLService) -> None:
    image = await service.image(seed=1)
    answer = await service.ask(
        "query($id: ID!) { image(id: $id) { edits(first: 101) { totalCount } } }", {"id": image["id"]}
    )
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["image", "edits"], "INVALID")


async def test_a_cursor_of_another_list_is_refused(service: GraphQLService) -> None:
    await service.image(seed=1)
    cursor = (await service.data("{ generations { pageInfo { endCursor } } }"))["generations"]["pageInfo"]["endCursor"]
    answer = await service.ask("query($c: String) { imageHistory(after: $c) { totalCount } }", {"c": cursor})
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["after"]}


@pytest.mark.parametrize("forged", ["\ud800", "\u0000", 5, None])
async def test_a_forged_cursor_is_refused(service: GraphQLService, forged: object) -> None:
    text = json.dumps(["images-created_at-desc", 1, forged])
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    answer = await service.ask("query($c: String) { imageHistory(after: $c) { totalCount } }", {"c": cursor})
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["after"]}


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_the_first_and_the_last_instant_are_filters_like_others(service: GraphQLService, instant: str) -> None:
    query = "query($i: DateTime) { imageHistory(filter: {createdAfter: $i, createdBefore: $i}) { totalCount } }"
    assert await service.data(query, {"i": instant}) == {"imageHistory": {"totalCount": 0}}


DAMAGED = ["rubbish", "", base64.b64encode(b"Sitting:1").decode(), base64.b64encode(b"Image:\x00").decode()]
OTHERS = base64.b64encode(b"Network:00").decode()
UNKNOWN = base64.b64encode(b"Image:00").decode()


@pytest.mark.parametrize(
    ("image_id", "code"), [*((text, "INVALID") for text in DAMAGED), (OTHERS, "NOT_FOUND"), (UNKNOWN, "NOT_FOUND")]
)
async def test_an_id_that_is_no_images_cannot_be_edited(service: GraphQLService, image_id: str, code: str) -> None:
    payload = await service.apply(image_id)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, ["input", "imageId"])]


@pytest.mark.parametrize("damaged", DAMAGED)
@pytest.mark.parametrize("field", ["node", "image", "generation"])
async def test_a_damaged_id_is_an_error_of_a_query(service: GraphQLService, field: str, damaged: str) -> None:
    answer = await service.ask(f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": damaged})
    assert answer["data"] == {field: None}
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["id"]}


async def test_what_does_not_exist_is_null(service: GraphQLService) -> None:
    query = f'{{ node(id: "{UNKNOWN}") {{ id }} image(id: "{OTHERS}") {{ id }} generation(id: "{UNKNOWN}") {{ id }} }}'
    assert await service.data(query) == {"node": None, "image": None, "generation": None}


async def test_too_many_nodes_are_refused(service: GraphQLService) -> None:
    answer = await service.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [UNKNOWN] * 101})
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["ids"]}


async def test_a_generation_that_does_not_exist_cannot_be_canceled(service: GraphQLService) -> None:
    query = "mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { id } userErrors { code field } } }"
    for damaged, code in ((UNKNOWN, "NOT_FOUND"), ("rubbish", "INVALID")):
        answer = await service.data(query, {"id": damaged})
        assert answer["cancelGeneration"]["userErrors"] == [{"code": code, "field": ["input", "id"]}]


async def test_directions_of_an_unknown_network_are_an_error(service: GraphQLService) -> None:
    answer = await service.ask('{ directions(network: "nobody") { name } }')
    assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["network"]}


@pytest.mark.parametrize("network", ["a\u0000b", "\ud800"])
async def test_a_name_that_no_database_takes_is_refused(service: GraphQLService, network: str) -> None:
    answer = await service.ask(
        "query($n: String) { imageHistory(filter: {network: $n}) { totalCount } }", {"n": network}
    )
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["filter", "network"]}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ service { name }", "GRAPHQL_PARSE_FAILED"),
        ("query($id: ID!) { image(id: $id) { id } }", "BAD_USER_INPUT"),
        ("{ a: service { name } a: networks { name } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_an_operation_that_cannot_be_run_says_where_it_is_wrong(
    service: GraphQLService, query: str, code: str
) -> None:
    answer = await service.ask(query)
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": code}
    assert error["locations"]


async def test_what_nobody_foresaw_is_masked_and_logged_once(
    service: GraphQLService, caplog: pytest.LogCaptureFixture
) -> None:
    image = await service.image(seed=424242)
    await service.database.close()
    await asyncio.to_thread(Path(str(service.database.units.reading_engine.url.database)).unlink)
    with caplog.at_level(logging.WARNING):
        answer = await service.ask("query($id: ID!) { image(id: $id) { url } }", {"id": image["id"]})
    (error,) = answer["errors"]
    assert error["message"] == "internal error"
    assert error["extensions"]["code"] == "INTERNAL"
    records = [record for record in caplog.records if record.name == "graph.errors"]
    assert [record.request_id for record in records] == [error["extensions"]["requestId"]]  # type: ignore[attr-defined]
    assert "query(" not in caplog.text
