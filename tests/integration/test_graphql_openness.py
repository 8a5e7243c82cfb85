"""What the service shows of itself, to browsers and to strangers, and what can be switched off."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from graphql import get_introspection_query
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from graph.build import Openness
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service
from tests.integration.listening import TRANSPORT_WS, listening

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
SILENT = Openness(graphiql=False, introspection=False, suggestions=False)
APP = "https://app.example"
MISSPELT = [
    ("{ servic { name } }", {}),
    ("{ node(id: 1) { ... on Imag { id } } }", {}),
    ("{ image(idd: 1) { id } }", {}),
    (GENERATE, {"input": {"noise": "CONSTT"}}),
    (GENERATE, {"input": {"sede": 1}}),
]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


@pytest.mark.parametrize("path", ["/graphql", "/", "/livez", "/nowhere", "/static/nothing", "/graphiql/playground.js"])
async def test_every_answer_tells_browsers_to_guess_frame_and_tell_nothing(service: GraphQLService, path: str) -> None:
    headers = (await service.client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_the_page_runs_scripts_of_this_service_only_and_holds_none_itself(service: GraphQLService) -> None:
    response = await service.client.get("/graphql", headers=BROWSER)
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    scripts = response.text.split("<script")[1:]
    assert scripts
    assert all(" src=" in script.split(">")[0] and script.split(">")[1].startswith("</script") for script in scripts)
    assert " on" not in response.text.split("<body>")[1].split("noscript")[0]


async def test_the_page_shows_pictures_of_the_public_address(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, public_url="https://faces.example/lab") as service:
        policy = (await service.client.get("/graphql", headers=BROWSER)).headers["content-security-policy"]
    assert "img-src 'self' data: https://faces.example;" in policy


async def test_introspection_can_be_switched_off(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, openness=SILENT) as service:
        for query in (get_introspection_query(), '{ __type(name: "Image") { name } }'):
            answer = await service.ask(query)
            assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
            assert "data" not in answer
        assert await service.data("{ __typename service { __typename } }")


@pytest.mark.parametrize(("query", "variables"), MISSPELT)
async def test_suggestions_can_be_switched_off(tmp_path: Path, query: str, variables: dict[str, object]) -> None:
    for openness, suggests in ((Openness(), True), (SILENT, False)):
        (tmp_path / str(suggests)).mkdir()
        async with graphql_service(tmp_path / str(suggests), openness=openness) as service:
            message = (await service.ask(query, variables))["errors"][0]["message"]
            assert ("Did you mean" in message) is suggests


async def test_pages_of_other_origins_may_ask_where_they_are_named(tmp_path: Path) -> None:
    preflight = {
        "Origin": APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    async with graphql_service(tmp_path, openness=Openness(origins=(APP,))) as service:
        allowed = await service.client.options("/graphql", headers=preflight)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, APP)
        answered = await service.post("{ service { name } }", Origin=APP)
        assert answered.headers["access-control-allow-origin"] == APP
        refused = await service.client.options("/graphql", headers={**preflight, "Origin": "https://other.example"})
        assert refused.status_code == 400
        async with listening(service.app) as server:
            address = f"ws://127.0.0.1:{server.port}/graphql"
            async with connect(address, subprotocols=[TRANSPORT_WS], origin=Origin(APP)):
                pass
            with pytest.raises(InvalidStatus, match="403"):
                await connect(address, subprotocols=[TRANSPORT_WS], origin=Origin("https://other.example"))


async def test_without_origins_nothing_is_said_about_them(service: GraphQLService) -> None:
    response = await service.client.options(
        "/graphql", headers={"Origin": APP, "Access-Control-Request-Method": "POST"}
    )
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    answered = await service.post("{ service { name } }", Origin=APP)
    assert "access-control-allow-origin" not in answered.headers


async def test_no_document_and_no_variable_gets_into_the_logs(
    service: GraphQLService, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2"
    with caplog.at_level(logging.DEBUG):
        for query in (
            "{ " + secret,
            f"{{ {secret} }}",
            f'{{ image(id: "{secret}") {{ id }} }}',
            f'{{ directions(network: "{secret}") {{ id }} }}',
        ):
            assert "errors" in await service.ask(query)
        assert "errors" in await service.ask(GENERATE, {"input": {"seed": secret}})
        await service.generate(network=secret, idempotencyKey=secret)
        await service.client.post("/graphql", content=secret)
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "aiosqlite"))]
    assert not [record for record in ours if secret in record.getMessage() or secret in str(record.exc_info)]
