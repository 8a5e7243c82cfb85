"""Who is let in over HTTP: 401 and nothing else without a token that has force, whatever is asked."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from starlette.routing import WebSocketRoute

from domain.access import Scope
from domain.tokens import TokenRequest
from tests.integration.graphql_service import GraphQLService, graphql_service

NAME = "{ service { name } }"
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


def refused(response: httpx.Response) -> str:
    """The challenge of a 401 that is as it should be."""
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert "data" not in body
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]
    challenge: str = response.headers["www-authenticate"]
    return challenge


async def test_without_a_token_everything_is_a_401_that_says_how_to_ask(service: GraphQLService) -> None:
    for query in (NAME, "{ __typename }", "{", "mutation { x }"):
        assert refused(await service.post(query)) == 'Bearer realm="manganace"'
    assert refused(await service.client.get("/graphql", params={"query": NAME})) == 'Bearer realm="manganace"'
    for accept in ("application/graphql-response+json", "text/event-stream"):
        refused(await service.post(NAME, Accept=accept))
    refused(await service.client.post("/graphql", content="nonsense"))


async def test_a_token_without_force_is_told_apart_from_none(service: GraphQLService) -> None:
    asking = await service.of("ann", Scope.READ)
    assert asking.bearer is not None
    (token,) = await service.tokens.all()
    await service.tokens.revoke(token.id)
    for bearer in (asking.bearer, await expired(service), "nonsense", f"mng_{'0' * 12}_{'0' * 64}"):
        response = await service.post(NAME, Authorization=f"Bearer {bearer}")
        assert refused(response) == 'Bearer realm="manganace", error="invalid_token"'
        assert bearer not in response.text
        for path in ("/metrics", "/download/exports/0.zip"):
            refused(await service.client.get(path, headers={"Authorization": f"Bearer {bearer}"}))


async def expired(service: GraphQLService) -> str:
    """A token that had force until just now."""
    ends = datetime.now(UTC) + timedelta(seconds=0.2)
    _, bearer = await service.tokens.create(TokenRequest("ann", frozenset({Scope.ADMIN}), ends))
    assert (await service.post(NAME, Authorization=f"Bearer {bearer}")).status_code == 200
    await asyncio.sleep(0.3)
    return bearer


async def test_a_token_with_force_lets_in_by_post_and_get_however_the_scheme_is_spelt(service: GraphQLService) -> None:
    asking = await service.of("ann", Scope.READ)
    for scheme in ("Bearer", "bearer", "BEARER "):
        headers = {"Authorization": f"{scheme} {asking.bearer}"}
        response = await service.client.get("/graphql", params={"query": NAME}, headers=headers)
        assert response.json()["data"] == {"service": {"name": "Manganace"}}
    assert await asking.data(NAME)
    for header in (f"Basic {asking.bearer}", f"Bearer{asking.bearer}", str(asking.bearer), f"Bearer {asking.bearer} x"):
        refused(await service.post(NAME, Authorization=header))


async def test_a_revoked_token_is_refused_from_the_next_request_on(service: GraphQLService) -> None:
    asking = await service.of("ann", Scope.READ)
    assert await asking.data(NAME)
    (token,) = await service.tokens.all()
    await service.tokens.revoke(token.id)
    refused(await asking.post(NAME))


async def test_a_request_that_waits_when_its_token_is_revoked_is_answered(service: GraphQLService) -> None:
    asking = await service.of("ann", Scope.READ, Scope.GENERATE)
    (token,) = await service.tokens.all()
    waiting = asyncio.create_task(asking.generate(seed=1, waitMs=20000))
    async with asyncio.timeout(20):
        while not (await asking.data("{ generations { totalCount } }"))["generations"]["totalCount"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await service.tokens.revoke(token.id)
    refused(await asking.post(NAME))
    await service.render()
    assert (await waiting)["generation"]["status"] == "SUCCEEDED"


async def test_the_other_faults_of_a_request_are_what_they_are_without_access(service: GraphQLService) -> None:
    assert (await service.client.put("/graphql")).status_code == 405
    assert (await service.post(NAME, Accept="image/png")).status_code == 406
    asking = await service.of("ann", Scope.READ)
    assert (await asking.post("{")).json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_the_page_is_anybody_s_and_has_a_field_for_a_token(service: GraphQLService, tmp_path: Path) -> None:
    page = await service.client.get("/graphql", headers=BROWSER)
    assert page.status_code == 200
    assert '<form id="access">' in page.text
    refused(await service.client.get("/graphql", params={"query": NAME}, headers=BROWSER))
    (tmp_path / "open").mkdir()
    async with graphql_service(tmp_path / "open") as open_to_all:
        assert '<form id="access" hidden>' in (await open_to_all.client.get("/graphql", headers=BROWSER)).text


async def test_the_page_keeps_a_token_in_its_tab_only(service: GraphQLService) -> None:
    script = (await service.client.get("/graphiql/playground.js")).text
    assert "sessionStorage.setItem(TOKEN" in script
    assert "localStorage.setItem" not in script
    assert "shouldPersistHeaders: false" in script


async def test_probes_are_open_and_metrics_an_administrator_s(service: GraphQLService) -> None:
    for path in ("/livez", "/readyz"):
        assert (await service.client.get(path)).status_code == 200
    refused(await service.client.get("/metrics"))
    for scope, status in ((Scope.READ, 403), (Scope.RESEARCH, 403), (Scope.ADMIN, 200)):
        asking = await service.of("ann", scope)
        response = await service.client.get("/metrics", headers={"Authorization": f"Bearer {asking.bearer}"})
        assert response.status_code == status
        assert ("faces 1" in response.text) is (status == 200)
        assert status == 200 or response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_where_access_is_off_a_token_says_whose_things_are_made_and_any_other_text_says_nothing(
    tmp_path: Path,
) -> None:
    async with graphql_service(tmp_path) as service:
        ann = await service.of("ann", Scope.READ, Scope.GENERATE)
        image = await ann.image(seed=1)
        await service.image(seed=2)
        count = "{ imageHistory { totalCount } }"
        assert (await ann.data(count))["imageHistory"]["totalCount"] == 1
        assert (await service.data(count))["imageHistory"]["totalCount"] == 2
        answer = await service.post(count, Authorization="Bearer of-somebody-else")
        assert answer.json()["data"]["imageHistory"]["totalCount"] == 2
        assert (await service.client.get("/metrics")).status_code == 200
        assert (await service.client.get(image["url"])).status_code == 200


async def test_refused_tokens_are_in_the_log_without_themselves(
    service: GraphQLService, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "graph"):
        await service.post(NAME, Authorization="Bearer hunter2")
        await service.post(NAME)
    (record,) = [record for record in caplog.records if record.name.startswith("graph")]
    assert record.getMessage() == "a token was refused"
    assert record.__dict__["client"] == "127.0.0.1"
    assert "hunter2" not in str(record.__dict__)


async def test_a_page_of_another_origin_may_send_the_header(tmp_path: Path) -> None:
    from graph.build import Openness

    origin = "https://app.example"
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with graphql_service(tmp_path, access=True, openness=Openness(origins=(origin,))) as service:
        allowed = await service.client.options("/graphql", headers=preflight)
        assert allowed.status_code == 200
        assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
        answer = await service.post(NAME, Origin=origin)
        refused(answer)
        assert answer.headers["access-control-allow-origin"] == origin


OPEN_TO_ALL = ("/", "/livez", "/readyz", "/graphiql", "/graphiql/vendor")


async def test_no_route_but_the_open_ones_answers_who_has_no_token(service: GraphQLService) -> None:
    """Whatever is added: its own test has to say what it shows to whom."""
    for route in service.app.routes:
        path: str = route.path  # type: ignore[attr-defined]
        if path in OPEN_TO_ALL or isinstance(route, WebSocketRoute):
            continue
        asked = re.sub(r"\{[^}]+\}", "0", path)
        for address in (asked, f"{asked}/0"):
            response = await service.client.get(address)
            assert response.status_code in (307, 400, 401, 403, 404), address


async def test_a_database_that_does_not_answer_is_an_internal_error_and_lets_nobody_in(
    service: GraphQLService, caplog: pytest.LogCaptureFixture
) -> None:
    asking = await service.of("ann", Scope.READ)
    async with service.database.engines[1].begin() as connection:
        await connection.execute(text("ALTER TABLE tokens RENAME TO others"))
    response = await asking.post(NAME)
    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "tokens" not in response.text
    assert str(asking.bearer) not in caplog.text
