"""Sessions: each sitting's images apart from those of the others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import listening, received, subscribe

CREATE = """
mutation($name: String!) {
  createSession(input: {name: $name}) { session { id name createdAt } userErrors { code field message } }
}
"""
RENAME = """
mutation($id: ID!, $name: String!) {
  renameSession(input: {id: $id, name: $name}) { session { id name } userErrors { code field } }
}
"""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def begun(service: GraphQLService, name: str = "Monday") -> str:
    payload = (await service.data(CREATE, {"name": name}))["createSession"]
    assert payload["userErrors"] == []
    session_id: str = payload["session"]["id"]
    return session_id


async def test_sessions_are_listed_newest_first_and_found_by_their_ids(service: GraphQLService) -> None:
    ids = [await begun(service, name) for name in ("Monday", "Tuesday", "Tuesday")]
    query = """
    query($after: String, $id: ID!) {
      sessions(first: 2, after: $after) { nodes { id name } totalCount pageInfo { hasNextPage endCursor } }
      session(id: $id) { name } node(id: $id) { __typename ... on Session { name } }
    }
    """
    first = await service.data(query, {"id": ids[0]})
    assert [node["id"] for node in first["sessions"]["nodes"]] == [ids[2], ids[1]]
    assert first["sessions"]["totalCount"] == 3
    assert (first["session"]["name"], first["node"]) == ("Monday", {"__typename": "Session", "name": "Monday"})
    after = first["sessions"]["pageInfo"]["endCursor"]
    second = await service.data(query, {"id": ids[0], "after": after})
    assert second["sessions"]["nodes"] == [{"id": ids[0], "name": "Monday"}]
    assert not second["sessions"]["pageInfo"]["hasNextPage"]


async def test_a_session_is_renamed(service: GraphQLService) -> None:
    session = await begun(service)
    renamed = await service.data(RENAME, {"id": session, "name": "  Tuesday "})
    assert renamed["renameSession"] == {"session": {"id": session, "name": "Tuesday"}, "userErrors": []}
    assert (await service.data("query($id: ID!) { session(id: $id) { name } }", {"id": session}))["session"] == {
        "name": "Tuesday"
    }


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", "\0", "\ud800"])
async def test_a_name_that_is_none_is_refused(service: GraphQLService, name: str) -> None:
    for mutation, variables in (
        (CREATE, {"name": name}),
        (RENAME, {"id": await begun(service), "name": name}),
    ):
        (payload,) = (await service.data(mutation, variables)).values()
        assert payload["session"] is None
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID", ["input", "name"])]
    names = (await service.data("{ sessions { nodes { name } } }"))["sessions"]["nodes"]
    assert names == [{"name": "Monday"}]


@pytest.mark.parametrize(("wrong", "code"), [("U2Vzc2lvbjox", "NOT_FOUND"), ("rubbish", "INVALID")])
async def test_a_session_that_does_not_exist_is_not_renamed(service: GraphQLService, wrong: str, code: str) -> None:
    renamed = (await service.data(RENAME, {"id": wrong, "name": "x"}))["renameSession"]
    assert renamed == {"session": None, "userErrors": [{"code": code, "field": ["input", "id"]}]}


async def test_what_is_made_in_a_session_is_found_by_it(service: GraphQLService) -> None:
    monday, tuesday = await begun(service, "Monday"), await begun(service, "Tuesday")
    plain = await service.image(seed=1, sessionId=monday)
    await service.edited(plain["id"], emotions=[{"emotion": "HAPPY", "strength": 1}], sessionId=tuesday)
    await service.image(seed=2)
    strip = "mutation($s: ID!) { generateFaces(input: {seeds: [8, 9], sessionId: $s}) { userErrors { message } } }"
    await service.data(strip, {"s": tuesday})
    await service.render()
    query = """
    query($id: ID!) {
      session(id: $id) { images { totalCount nodes { seed session { name } generation { session { name } } } } }
      imageHistory(filter: {sessionId: $id}) { totalCount nodes { seed } }
      generations(filter: {sessionId: $id}) { totalCount }
    }
    """
    found = await service.data(query, {"id": tuesday})
    named = {"session": {"name": "Tuesday"}}
    assert found["session"]["images"] == {
        "totalCount": 3,
        "nodes": [{"seed": seed, **named, "generation": named} for seed in (9, 8, 1)],
    }
    assert found["imageHistory"] == {"totalCount": 3, "nodes": [{"seed": 9}, {"seed": 8}, {"seed": 1}]}
    assert found["generations"] == {"totalCount": 2}


async def test_completions_of_one_session_tell_of_no_other(service: GraphQLService) -> None:
    monday, tuesday = await begun(service, "Monday"), await begun(service, "Tuesday")
    query = "subscription($s: ID!) { generationCompleted(sessionId: $s) { image { seed } } }"
    async with listening(service.app) as server, server.socket() as socket:
        await subscribe(socket, query, {"s": tuesday})
        async with asyncio.timeout(10):
            while not service.wake_ups.listeners:  # noqa: ASYNC110 - they tell nobody
                await asyncio.sleep(0.01)
        for seed, session in ((1, monday), (2, None), (3, tuesday)):
            await service.image(seed=seed, sessionId=session)
        message = await received(socket)
    assert message["payload"]["data"]["generationCompleted"] == {"image": {"seed": 3}}


@pytest.mark.parametrize("wrong", ["U2Vzc2lvbjox", "rubbish", "SW1hZ2U6MDA="])
async def test_nothing_is_made_in_a_session_that_does_not_exist(service: GraphQLService, wrong: str) -> None:
    source = await service.image(seed=1)
    for payload in (
        await service.generate(seed=2, sessionId=wrong),
        await service.apply(source["id"], sessionId=wrong),
    ):
        assert payload["generation"] is None
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
            ("NOT_FOUND", ["input", "sessionId"])
        ]
    assert (await service.data("{ generations { totalCount } }"))["generations"]["totalCount"] == 1


async def test_the_sessions_of_others_do_not_exist(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann = await service.of("ann", Scope.LIBRARY, Scope.READ, Scope.GENERATE)
        ben = await service.of("ben", Scope.LIBRARY, Scope.READ, Scope.GENERATE)
        session = await begun(ann, "Ann's")
        query = "query($id: ID!) { session(id: $id) { name } node(id: $id) { id } sessions { totalCount } }"
        assert await ben.data(query, {"id": session}) == {"session": None, "node": None, "sessions": {"totalCount": 0}}
        assert (await ann.data(query, {"id": session}))["sessions"] == {"totalCount": 1}
        renamed = (await ben.data(RENAME, {"id": session, "name": "Ben's"}))["renameSession"]
        assert renamed["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", "id"]}]
        refused = (await ben.generate(seed=1, sessionId=session))["userErrors"]
        assert [(error["code"], error["field"]) for error in refused] == [("NOT_FOUND", ["input", "sessionId"])]
        answer = await ben.ask(
            "query($s: ID!) { imageHistory(filter: {sessionId: $s}) { totalCount } }", {"s": session}
        )
        assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["filter", "sessionId"]}
        assert (await ann.generate(seed=1, sessionId=session))["userErrors"] == []


async def test_a_page_of_sessions_with_their_images_costs_a_constant_number_of_statements(
    service: GraphQLService,
) -> None:
    for number in range(12):
        session = await begun(service)
        await service.generate(seed=number, sessionId=session)
    await service.render()
    query = "query($n: Int) { sessions(first: $n) { nodes { images(first: 3) { totalCount nodes { url } } } } }"
    costs: dict[int, Any] = {}
    for first in (2, 12):
        with service.statements() as sent:
            nodes = (await service.data(query, {"n": first}))["sessions"]["nodes"]
        assert [len(node["images"]["nodes"]) for node in nodes] == [1] * first
        costs[first] = len(sent)
    assert costs[2] == costs[12] == 3
