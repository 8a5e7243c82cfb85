"""What the service shows of itself, to browsers and to strangers, and what can be switched off."""

import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from graphql import get_introspection_query
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from domain.access import Scope
from graph.build import Openness
from graph.rates import Rates
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service
from tests.integration.listening import TRANSPORT_WS, events, listening, received, subscribe

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


def warns(headers: Mapping[str, str]) -> bool:
    """Whether browsers are told to guess no type, frame nothing, run nothing and tell nobody where they were."""
    return (
        headers["x-content-type-options"] == "nosniff"
        and headers["x-frame-options"] == "DENY"
        and headers["referrer-policy"] == "no-referrer"
        and "default-src 'none'" in headers["content-security-policy"]
        and "frame-ancestors 'none'" in headers["content-security-policy"]
    )


@pytest.mark.parametrize("path", ["/graphql", "/", "/livez", "/nowhere", "/static/nothing", "/graphiql/playground.js"])
async def test_every_answer_tells_browsers_to_guess_frame_and_tell_nothing(service: GraphQLService, path: str) -> None:
    assert warns((await service.client.get(path)).headers)


async def test_so_do_pictures_downloads_refusals_and_internal_errors(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann = await service.of("ann", Scope.READ, Scope.GENERATE)
        image = await ann.image(seed=1)
        query = "query($id: ID!) { image(id: $id) { thumbnailUrl downloadUrl(format: WEBP) } }"
        addresses = (await ann.data(query, {"id": image["id"]}))["image"]
        export = "mutation { exportImages(input: {filter: {}}) { export { url } } }"
        archive = (await ann.data(export))["exportImages"]["export"]["url"]
        given = {200: [image["url"], *addresses.values(), archive, "/readyz"]}
        given |= {401: ["/graphql", "/metrics", "/download/exports/0.zip"], 404: ["/pictures/0/images/0.png", "/x"]}
        for status, paths in given.items():
            for path in paths:
                response = await service.client.get(path)
                assert (response.status_code, warns(response.headers)) == (status, True), path
        for response, status in (
            (await service.client.put("/graphql"), 405),
            (await ann.post("{", Accept="image/png"), 406),
            (await ann.post("{", Content_Type="text/plain"), 415),
            (await ann.post("#" * (1 << 20)), 413),
            (await ann.post("{", Accept="application/graphql-response+json"), 400),
            (await ann.post("subscription { generationCompleted { id } }"), 400),
        ):
            assert (response.status_code, warns(response.headers)) == (status, True)
        async with service.database.engines[1].begin() as connection:
            await connection.execute(text("ALTER TABLE tokens RENAME TO others"))
        headers = {"Authorization": f"Bearer {ann.bearer}"}
        for path in ("/graphql?query={service{name}}", "/metrics", "/download/exports/0.zip"):
            response = await service.client.get(path, headers=headers)
            assert (response.status_code, warns(response.headers)) == (500, True), path
            assert response.json()["errors"][0]["message"] == "internal error"


@pytest.mark.parametrize(
    ("status", "path", "host", "origin"),
    [
        (403, "/graphql", "localhost", "https://other.example"),
        (403, "/graphql", "other.example", None),
        (403, "/nowhere", "localhost", None),
        (429, "/graphql", "localhost", None),
    ],
)
async def test_so_does_what_keeps_a_socket_out(
    tmp_path: Path, status: int, path: str, host: str, origin: str | None
) -> None:
    rates = Rates(a_minute=6, loopback=True)
    async with (
        graphql_service(tmp_path, openness=Openness(any_name=False), rates=rates) as service,
        listening(service.app) as server,
    ):
        if status == 429:
            rates.take("127.0.0.1")
        with pytest.raises(InvalidStatus) as refused:
            await connect(
                f"ws://{host}:{server.port}{path}",
                host="127.0.0.1",
                origin=None if origin is None else Origin(origin),
                subprotocols=[TRANSPORT_WS],
            )
        answered = refused.value.response
        assert (answered.status_code, warns(answered.headers)) == (status, True)


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


async def test_what_is_switched_off_is_so_for_sockets_and_streams_too(tmp_path: Path) -> None:
    asked = ["subscription { __schema { types { name } } }", "subscription { generationComplete { id } }"]
    async with graphql_service(tmp_path, openness=SILENT) as service, listening(service.app) as server:
        for query in (*asked, "{ __schema { types { name } } }", *(query for query, _ in MISSPELT[:3])):
            async with server.socket() as socket:
                await subscribe(socket, query)
                answer = await received(socket)
            assert answer["type"] == "error"
            assert answer["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
            assert "Did you mean" not in str(answer)
        for query in asked:
            async with server.stream(query) as stream:
                assert warns(stream.headers)
                found = [data async for _, data in events(stream)]
            assert "GRAPHQL_VALIDATION_FAILED" in str(found)
            assert "Did you mean" not in str(found)


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


@pytest.mark.parametrize(
    ("named", "origin", "may"),
    [
        ((), None, True),
        ((), "http://127.0.0.1:{port}", True),
        ((), "http://127.0.0.1:1", False),
        ((), "null", False),
        ((APP,), APP, True),
        ((APP,), "http://app.example", False),
        ((APP,), f"{APP}:8443", False),
        ((APP,), f"{APP}.evil.example", False),
        ((APP,), "null", False),
        (("*",), "https://other.example", True),
    ],
)
async def test_a_socket_is_opened_to_programs_its_own_pages_and_those_that_are_named(
    tmp_path: Path, named: tuple[str, ...], origin: str | None, may: bool
) -> None:
    async with (
        graphql_service(tmp_path, openness=Openness(origins=named)) as service,
        listening(service.app) as server,
    ):
        says = None if origin is None else Origin(origin.format(port=server.port))
        opening = connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=[TRANSPORT_WS], origin=says)
        if may:
            async with opening:
                pass
        else:
            with pytest.raises(InvalidStatus, match="403"):
                await opening


@pytest.mark.parametrize(
    ("named", "origin", "told"), [((APP,), APP, APP), ((APP,), f"{APP}.evil.example", None), (("*",), APP, "*")]
)
async def test_pages_that_are_named_may_read_refusals_pictures_and_downloads_too(
    tmp_path: Path, named: tuple[str, ...], origin: str, told: str | None
) -> None:
    async with graphql_service(tmp_path, openness=Openness(origins=named)) as service:
        image = await service.image(seed=1)
        download = f"/download/images/{image['id']}.webp"
        for path, status in ((image["url"], 200), (download, 200), ("/nowhere", 404), ("/graphql", 400)):
            response = await service.client.get(path, headers={"Origin": origin})
            assert (response.status_code, response.headers.get("access-control-allow-origin")) == (status, told), path
            assert "access-control-allow-credentials" not in response.headers


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
