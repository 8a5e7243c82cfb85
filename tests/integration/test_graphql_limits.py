"""No request keeps the service from the others: what is too much is refused at once, what takes too long is ended."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import graph.operations
from graph.limits import BOUNDS, MAX_COST
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import listening, received, subscribe
from tests.unit.test_graph_limits import BOMB, TOO_MUCH

STALL_S = 0.2
BUSY = [
    *TOO_MUCH.values(),
    "{ " + " ".join(f"nothing{i}" for i in range(900)) + " }",
    "{ image(" + " ".join("id: 1" for _ in range(490)) + ") { id } }",
    "query(" + " ".join(f"$a{i}: Int" for i in range(390)) + ") { service { name } }",
    "{ service { " + "name " * 120 + "} }",
    "{ " + "service { devices { name } } " * 75 + "}",
    " ".join(f"query q{i} {{ ...F }}" for i in range(150)) + " fragment F on Query { service { name version } }",
    "{ image(id: 1) { " + "...F " * 200 + "} } fragment F on Image { id url }",
    "{ service { " + "name " * 1900 + "} }",
    "{" * 5000,
    '{ node(id: "' + "x" * 9900 + '") { id } }',
    "{ nodes(ids: [" + "1 " * 1900 + "]) { id } }",
    "#" * 9900,
]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


def code(answer: dict[str, Any]) -> str:
    found: str = answer["errors"][0]["extensions"]["code"]
    return found


async def test_an_answer_says_what_it_cost_and_what_it_may_cost(service: GraphQLService) -> None:
    answer = await service.ask("{ imageHistory(first: 7) { nodes { id } } }")
    assert answer["extensions"] == {"cost": {"requested": 15, "maximum": MAX_COST}}


@pytest.mark.parametrize("bound", [bound.name for bound in BOUNDS])
async def test_what_asks_for_too_much_is_refused(service: GraphQLService, bound: str) -> None:
    response = await service.post(TOO_MUCH[bound], Accept="application/graphql-response+json")
    assert (response.status_code, code(response.json())) == (400, "LIMIT_EXCEEDED")


async def test_a_document_of_too_many_tokens_is_refused(service: GraphQLService) -> None:
    assert "2000 tokens" in (await service.ask("{ service { " + "name " * 2000 + "} }"))["errors"][0]["message"]


async def test_eight_hundred_bytes_of_nested_fragments_are_answered_at_once(service: GraphQLService) -> None:
    began = time.process_time()
    assert code(await service.ask(BOMB)) == "LIMIT_EXCEEDED"
    assert time.process_time() - began < STALL_S


@pytest.mark.parametrize("query", BUSY, ids=lambda query: f"{query[:30]}…{len(query)}")
async def test_no_request_of_ten_kilobytes_stalls_the_others(service: GraphQLService, query: str) -> None:
    """In processor time: on a machine that is busy otherwise the clock on the wall says little."""
    assert len(query) <= 10_000
    began = time.process_time()
    response = await service.post(query)
    assert time.process_time() - began < STALL_S
    assert response.status_code == 200


async def test_an_operation_that_takes_too_long_is_ended(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.operations, "OPERATION_S", 0.2)
    waiting = "mutation { generateFace(input: {seed: 1, waitMs: 20000}) { generation { id } } }"
    async with asyncio.timeout(10):
        answer = await service.ask(waiting)
    assert (answer["data"], code(answer)) == (None, "TIMEOUT")
    assert (await service.data("{ generations { totalCount } }"))["generations"]["totalCount"] == 1


async def test_limits_and_the_time_hold_over_sockets_too(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.operations, "OPERATION_S", 0.2)
    async with listening(service.app) as server, server.socket() as socket:
        await subscribe(socket, BOMB)
        message = await received(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "LIMIT_EXCEEDED")
        await subscribe(socket, "mutation { generateFace(input: {waitMs: 20000}) { generation { id } } }")
        message = await received(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TIMEOUT")
        await subscribe(socket, "subscription { generationCompleted { id } }", name="following")
        await asyncio.sleep(0.4)
        await service.image(seed=1)
        assert (await received(socket))["type"] == "next"
        service.wake_ups.close()
