"""Whatever is wrong with a request gets a clear error, never a 500, and leaves nothing behind."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.server import RunningService

COUNT = "{ generations { totalCount } imageHistory { totalCount } }"
EDIT = {"emotion": "HAPPY", "strength": 0.5}


def codes(answer: dict[str, Any]) -> list[str]:
    """User errors' codes, or those of top-level errors."""
    if "errors" in answer:
        return [error["extensions"]["code"] for error in answer["errors"]]
    payload = next(iter(answer["data"].values()))
    assert payload["generation"] is None
    return [error["code"] for error in payload["userErrors"]]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ("seed: -1", "BAD_USER_INPUT"),
        ("seed: 4294967296", "BAD_USER_INPUT"),
        ("seed: 1.5", "BAD_USER_INPUT"),
        ('seed: "x"', "BAD_USER_INPUT"),
        ("seed: true", "BAD_USER_INPUT"),
        ("emotions: [{emotion: HAPPY, strength: 1e400}]", "INVALID"),
        ("emotions: [{emotion: HAPPY, strength: 5.1}]", "INVALID"),
        ("emotions: [{emotion: HAPPY, strength: 1}, {emotion: HAPPY, strength: 2}]", "INVALID"),
        (
            'emotions: [{emotion: HAPPY, strength: 1}], directions: [{direction: "neutral->happy", strength: 0}]',
            "INVALID",
        ),
        ('directions: [{direction: "neutral->bored", strength: 1}]', "INVALID"),
        ("truncationPsi: 2.5", "INVALID"),
        ("truncationPsi: 1e999", "INVALID"),
        ("truncationCutoff: 9", "INVALID"),
        ("truncationCutoff: -1", "INVALID"),
        ("label: 1", "INVALID"),
        ('network: "nobody"', "NOT_FOUND"),
        ('sessionId: "nothing"', "NOT_FOUND"),
        ("waitMs: 30001", "INVALID"),
        ("waitMs: -1", "INVALID"),
        ('idempotencyKey: ""', "INVALID"),
        ("colour: 1", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_a_bad_face_is_refused_and_nothing_is_stored(service: RunningService, values: str, code: str) -> None:
    before = service.data(COUNT)
    query = f"mutation {{ generateFace(input: {{{values}}}) {{ generation {{ id }} userErrors {{ code message }} }} }}"
    response = httpx.post(f"{service.url}/graphql", json={"query": query}, timeout=30)
    assert response.status_code in (200, 400)
    answer = response.json()
    found = codes(answer)
    if code == "BAD_USER_INPUT":
        assert found in (["BAD_USER_INPUT"], ["GRAPHQL_VALIDATION_FAILED"])
    else:
        assert found == [code]
    assert service.data(COUNT) == before


def test_a_65th_edit_is_refused_with_the_bound(service: RunningService) -> None:
    edits = [{"direction": f"d{index}", "strength": 1} for index in range(65)]
    refused = service.generate(seed=1, directions=edits)
    assert [error["code"] for error in refused["userErrors"]] == ["INVALID"]
    assert "64" in refused["userErrors"][0]["message"]


def test_nan_as_a_variable_is_refused(service: RunningService) -> None:
    body = json.dumps(
        {
            "query": "mutation M($s: Float!) { generateFace(input: {emotions: [{emotion: HAPPY, strength: $s}]})"
            " { userErrors { code } } }",
            "variables": {"s": float("nan")},
        }
    )
    response = httpx.post(
        f"{service.url}/graphql", content=body, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert response.status_code in (200, 400)
    assert response.json()["errors"]


def test_the_error_says_where_it_is_in_the_input(service: RunningService) -> None:
    refused = service.generate(seed=1, emotions=[EDIT, {"emotion": "SAD", "strength": 9}])
    assert refused["userErrors"][0]["field"] == ["input", "emotions", "1", "strength"]


@pytest.mark.parametrize(
    "arguments", ["first: 0", "first: 101", "last: 0", "first: 1, last: 1", 'after: "rubbish"', 'before: "e30"']
)
def test_a_bad_page_is_refused(service: RunningService, arguments: str) -> None:
    answer = service.ask(f"{{ imageHistory({arguments}) {{ totalCount }} }}")
    assert codes(answer) == ["INVALID"]


def test_a_cursor_of_another_order_is_refused(service: RunningService) -> None:
    service.generate(seed=1)
    cursor = service.data("{ imageHistory(first: 1) { edges { cursor } } }")["imageHistory"]["edges"][0]["cursor"]
    answer = service.ask(
        "query Q($after: String) { imageHistory(after: $after, orderBy: {field: SEED, direction: ASC})"
        " { totalCount } }",
        {"after": cursor},
    )
    assert codes(answer) == ["INVALID"]


@pytest.mark.parametrize("image_id", ["rubbish", "R2VuZXJhdGlvbjo5OQ==", "SW1hZ2U6OTk="])
def test_an_image_that_does_not_exist_cannot_be_edited(service: RunningService, image_id: str) -> None:
    refused = service.apply(image_id, emotions=[EDIT])
    assert refused["userErrors"][0]["code"] in ("NOT_FOUND", "INVALID")
    assert refused["userErrors"][0]["field"] == ["input", "imageId"]


def test_what_does_not_exist_is_null(service: RunningService) -> None:
    assert service.data('{ node(id: "SW1hZ2U6OTk=") { id } image(id: "SW1hZ2U6OTk=") { id } }') == {
        "node": None,
        "image": None,
    }


@pytest.mark.parametrize("body", ["42", "null", '"x"', "[]", "{", '{"query": 5}', "{}"])
def test_a_body_that_is_no_request_is_a_400_in_json(service: RunningService, body: str) -> None:
    response = httpx.post(f"{service.url}/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "path", ["/static/images/../../manganace.sqlite3", "/static/README.md", "/static/images/ab/x.png"]
)
def test_only_pictures_are_served(service: RunningService, path: str) -> None:
    assert service.file(path).status_code == 404
