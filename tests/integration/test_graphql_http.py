"""GraphQL over HTTP at the level of requests, and the routes beside it."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from graph.build import Openness
from tests.integration.graphql_service import GraphQLService, graphql_service

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Content-Type": "application/json"}
MODERN = "application/graphql-response+json"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    "body",
    [
        b"42",
        b"null",
        b'"x"',
        b"true",
        b"{",
        b"",
        b"[]",
        b'[{"query": "{ service { name } }"}]',
        b"{}",
        b'{"query": 5}',
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": "{ service { name } }", "variables": []}',
        b'{"query": "{ service { name } }", "operationName": 5}',
        b'{"query": "query A { service { name } }", "operationName": "B"}',
        b'{"query": "{ service { name } }", "variables": {"a": NaN}}',
        b'{"query": "{ service { name } }", "variables": {"a": ' + b"9" * 6000 + b"}}",
        b"[" * 100_000,
        b"\xff\xfe",
        b"\x1f\x8b\x08\x00",
    ],
)
async def test_a_body_that_is_no_request_is_a_400_that_says_so_in_json(service: GraphQLService, body: bytes) -> None:
    response = await service.client.post("/graphql", content=body, headers=JSON)
    assert response.status_code == 400, response.text
    (error,) = response.json()["errors"]
    assert error["message"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}


NESTED = b"[" * 900 + b"]" * 900
INPUT = b'{"query": "mutation M($input: GenerateFaceInput!) { generateFace(input: $input) { userErrors { code } } }", '


@pytest.mark.parametrize(
    "body",
    [
        INPUT + b'"variables": {"input": ' + NESTED + b"}}",
        INPUT + b'"variables": {"input": {"emotions": ' + NESTED + b"}}}",
        INPUT + b'"variables": {"input": {"emotions": [' + b"{}," * 2000 + b"{}]}}}",
        INPUT + b'"variables": {"input": {"seed": ' + b"9" * 4000 + b"}}}",
        INPUT + b'"variables": {"input": {"truncationPsi": 1e999}}}',
        INPUT + b'"variables": {"input": {"idempotencyKey": "\\ud800"}}}',
        INPUT + b'"variables": {"input": {"network": "\\u0000"}}}',
        b'{"query": "{ nodes(ids: ' + b"[" * 300 + b"1" + b"]" * 300 + b') { id } }"}',
        b'{"query": "{ image(id: \\"\\ud800\\") { id } }"}',
        b'{"query": "{ image(id: ' + b"9" * 6000 + b') { id } }"}',
        b'{"query": "{ imageHistory(first: ' + b"9" * 6000 + b') { totalCount } }"}',
        b'{"query": "{ service { \\u0000 } }"}',
        b'{"query": "query($a: ' + b"[" * 300 + b"Int" + b"]" * 300 + b') { service { name } }"}',
    ],
    ids=range(13),
)
async def test_no_value_is_an_internal_error(
    service: GraphQLService, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    response = await service.client.post("/graphql", content=body, headers=JSON)
    assert response.status_code == 200
    answer = response.json()
    found = [error["extensions"]["code"] for error in answer.get("errors", ())]
    found += [error["code"] for error in (answer.get("data") or {}).get("generateFace", {}).get("userErrors", ())]
    assert found
    assert "INTERNAL" not in found
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_more_than_a_mebibyte_is_a_413(service: GraphQLService, chunked: bool) -> None:
    body = b'{"query": "' + b"#" * (1 << 20) + b'"}'

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1 << 16):
            yield body[start : start + (1 << 16)]

    response = await service.client.post("/graphql", content=parts() if chunked else body, headers=JSON)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (413, "BAD_REQUEST")
    almost = await service.post("{ service { name } } #" + "#" * ((1 << 20) - 200))
    assert almost.json()["data"] == {"service": {"name": "Manganace"}}


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/json;q=0", "text/*;q=0, application/xml"])
async def test_who_accepts_nothing_that_there_is_gets_a_406(service: GraphQLService, accept: str) -> None:
    response = await service.post("{ service { name } }", Accept=accept)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (406, "BAD_REQUEST")
    assert "application/graphql-response+json" in response.json()["errors"][0]["message"]


async def test_a_subscription_is_streamed_only_where_event_streams_are_liked_best(service: GraphQLService) -> None:
    query = 'subscription { generationUpdated(id: "R2VuZXJhdGlvbjowMA==") { id } }'
    streamed = await service.post(query, Accept="application/json;q=0.5, text/event-stream")
    assert streamed.headers["content-type"].startswith("text/event-stream")
    refused = await service.post(query, Accept="application/json, text/event-stream")
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
async def test_a_body_of_another_type_is_a_415(service: GraphQLService, content_type: str) -> None:
    response = await service.client.post("/graphql", content=b"{}", headers={"Content-Type": content_type})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_another_method_is_a_405_that_names_those_allowed(service: GraphQLService, method: str) -> None:
    response = await service.client.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    assert response.json()["errors"]


async def test_a_query_may_be_sent_by_get_and_nothing_else(service: GraphQLService) -> None:
    answered = await service.client.get("/graphql", params={"query": "{ service { name } }"})
    assert answered.json()["data"] == {"service": {"name": "Manganace"}}
    mutation = "mutation { generateFace(input: {}) { generation { id } } }"
    refused = await service.client.get("/graphql", params={"query": mutation})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert (await service.data("{ generations { totalCount } }"))["generations"]["totalCount"] == 0


async def test_the_newer_media_type_has_a_status_for_what_was_not_begun(service: GraphQLService) -> None:
    begun = {"{ service { name } }": 200, "{ nonsense }": 400, "{": 400, '{ node(id: "x") { id } }': 200}
    for query, status in begun.items():
        response = await service.post(query, Accept=MODERN)
        assert (response.status_code, response.headers["content-type"]) == (status, MODERN)
        assert ("data" in response.json()) == (status == 200)


async def test_introspection_works_as_graphiql_sends_it(service: GraphQLService) -> None:
    from graphql import IntrospectionQuery, build_client_schema, get_introspection_query

    answer = await service.data(get_introspection_query())
    assert build_client_schema(cast(IntrospectionQuery, answer)).query_type


async def test_the_page_and_all_it_names_come_from_here(service: GraphQLService) -> None:
    response = await service.client.get("/graphql", headers=BROWSER)
    assert response.headers["content-type"].startswith("text/html")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(addresses) >= 9
    for address in addresses:
        if address == "data:,":
            continue
        assert not re.match(r"[a-z]+:|//", address), f"{address} is somewhere else"
        asset = await service.client.get(f"/{address}")
        assert asset.status_code == 200, address
        assert asset.headers["content-type"].partition(";")[0] in ("text/css", "text/javascript")
    assert not re.search(r"https?://|@import", response.text)


async def test_our_own_scripts_and_styles_name_no_other_host(service: GraphQLService) -> None:
    for name in ("playground.js", "examples.js", "playground.css"):
        text = (await service.client.get(f"/graphiql/{name}")).text
        assert not re.search(r"https?://|@import|url\(", text)


async def test_the_page_s_examples_are_valid(service: GraphQLService) -> None:
    from graphql import build_schema, parse, validate

    from graph.build import export_sdl

    text = (await service.client.get("/graphiql/examples.js")).text
    examples = re.findall(r"query: `(.*?)`", text, re.DOTALL)
    assert len(examples) == 4
    schema = build_schema(export_sdl())
    assert [validate(schema, parse(example)) for example in examples] == [[], [], [], []]


async def test_who_does_not_ask_for_html_gets_none(service: GraphQLService) -> None:
    for headers in ({"Accept": "*/*"}, {"Accept": "application/json"}):
        response = await service.client.get("/graphql", headers=headers)
        assert (response.status_code, response.headers["content-type"]) == (400, "application/json")


async def test_graphiql_can_be_switched_off(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, openness=Openness(graphiql=False)) as service:
        assert (await service.client.get("/graphql", headers=BROWSER)).status_code == 400
        assert (await service.client.get("/graphiql/playground.js")).status_code == 404


async def test_the_front_page_leads_to_graphiql(service: GraphQLService) -> None:
    response = await service.client.get("/", headers=BROWSER)
    assert (response.status_code, response.headers["location"]) == (307, "graphql")


async def test_pictures_may_be_kept_for_ever_fetched_in_parts_and_asked_for_again(service: GraphQLService) -> None:
    query = "query($id: ID!) { image(id: $id) { url thumbnailUrl sha256 } }"
    image = (await service.data(query, {"id": (await service.image(seed=1))["id"]}))["image"]
    whole = await service.client.get(image["url"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = await service.client.get(image["url"], headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
    again = await service.client.get(image["url"], headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, whole.headers["cache-control"])
    small = await service.client.get(image["thumbnailUrl"])
    assert (small.status_code, small.headers["content-type"]) == (200, "image/webp")


@pytest.mark.parametrize(
    "path",
    [
        "secret.txt",
        "../test.sqlite3",
        "images/../../test.sqlite3",
        "images/%2e%2e/%2e%2e/test.sqlite3",
        "images",
        "images/aa/",
        f"images/ab/{'a' * 64}.png",
        f"images/aa/{'a' * 64}.png",
        f"images/aa/{'a' * 64}.svg",
        f"images/aa/{'A' * 64}.png",
        f"thumbnails/aa/{'a' * 64}.png",
    ],
)
async def test_nothing_but_pictures_is_served(service: GraphQLService, tmp_path: Path, path: str) -> None:
    (tmp_path / "static" / "secret.txt").write_text("secret")
    assert (await service.client.get(f"/static/{path}")).status_code == 404


async def test_probes_tell_alive_from_ready(service: GraphQLService) -> None:
    assert (await service.client.get("/livez")).status_code == 200
    ready = await service.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "storage": True})
    service.state["ready"] = False
    assert (await service.client.get("/readyz")).status_code == 503
    assert (await service.client.get("/livez")).status_code == 200
    assert (await service.data("{ service { ready } }"))["service"] == {"ready": False}
    metrics = await service.client.get("/metrics")
    assert (metrics.text, metrics.headers["content-type"]) == ("faces 1\n", "text/plain; charset=utf-8")


async def test_a_fault_of_the_http_layer_itself_is_masked_too(
    service: GraphQLService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph.http import GraphQLApp

    async def broken(*_: object) -> None:
        raise ValueError("password=hunter2")

    monkeypatch.setattr(GraphQLApp, "get_sub_response", broken)
    with caplog.at_level(logging.ERROR):
        response = await service.post("{ service { name } }")
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["message"] == "internal error"
    (record,) = [record for record in caplog.records if record.name == "graph.masking"]
    assert record.request_id == error["extensions"]["requestId"]  # type: ignore[attr-defined]
