"""No request keeps the service from the others: what is too much is refused at once, what takes too long is ended."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import graph.operations
from graph.limits import BOUNDS, MAX_COST
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service
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


async def stall(service: GraphQLService, request: dict[str, Any]) -> httpx.Response:
    """The answer, for which the processor must not have been kept longer than STALL_S.

    The document is another each time, so that none is known already.
    Processor time, and the best of three: on a machine that is busy otherwise the clock on the wall says little.
    """
    times, response = [], httpx.Response(500)
    for attempt in range(3):
        unknown = request["query"] + f"\n#{attempt}" if isinstance(request.get("query"), str) else None
        body = json.dumps(request if unknown is None else {**request, "query": unknown})
        began = time.process_time()
        response = await service.client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        times.append(time.process_time() - began)
        if times[-1] < STALL_S:
            break
    assert min(times) < STALL_S
    return response


async def test_an_answer_says_what_it_cost_and_what_it_may_cost(service: GraphQLService) -> None:
    answer = await service.ask("{ imageHistory(first: 7) { nodes { id } } }")
    assert answer["extensions"] == {"cost": {"requested": 15, "maximum": MAX_COST}}


@pytest.mark.parametrize("bound", [bound.name for bound in BOUNDS])
async def test_what_asks_for_too_much_is_refused(service: GraphQLService, bound: str) -> None:
    response = await service.post(TOO_MUCH[bound], Accept="application/graphql-response+json")
    assert (response.status_code, code(response.json())) == (400, "LIMIT_EXCEEDED")


async def test_a_document_of_too_many_tokens_is_refused(service: GraphQLService) -> None:
    assert "2000 tokens" in (await service.ask("{ service { " + "name " * 2000 + "} }"))["errors"][0]["message"]


async def test_a_mebibyte_of_variables_stalls_nobody_either(service: GraphQLService) -> None:
    edits = [{"emotion": "HAPPY", "strength": 1}] * 25_000
    answer = await stall(service, {"query": GENERATE, "variables": {"input": {"emotions": edits}}})
    assert code(answer.json()) == "LIMIT_EXCEEDED"


async def test_eight_hundred_bytes_of_nested_fragments_are_answered_at_once(service: GraphQLService) -> None:
    assert code((await stall(service, {"query": BOMB})).json()) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("query", BUSY, ids=lambda query: f"{query[:30]}…{len(query)}")
async def test_no_request_of_ten_kilobytes_stalls_the_others(service: GraphQLService, query: str) -> None:
    assert len(query) <= 10_000
    assert (await stall(service, {"query": query})).status_code == 200


async def test_an_operation_that_takes_too_long_is_ended(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.operations, "OPERATION_S", 1.0)
    waiting = "mutation { generateFace(input: {seed: 1, waitMs: 20000}) { generation { id } } }"
    async with asyncio.timeout(10):
        answer = await service.ask(waiting)
    monkeypatch.undo()
    assert (answer["data"], code(answer)) == (None, "TIMEOUT")
    assert (await service.data("{ generations { totalCount } }"))["generations"]["totalCount"] == 1


async def test_limits_and_the_time_hold_over_sockets_too(
    service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.operations, "OPERATION_S", 0.5)
    async with listening(service.app) as server, server.socket() as socket:
        await subscribe(socket, BOMB)
        message = await received(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "LIMIT_EXCEEDED")
        await subscribe(socket, "mutation { generateFace(input: {waitMs: 20000}) { generation { id } } }")
        message = await received(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TIMEOUT")
        await subscribe(socket, "subscription { generationCompleted { id } }", name="following")
        await asyncio.sleep(0.8)
        monkeypatch.undo()
        await service.image(seed=1)
        assert (await received(socket))["type"] == "next"
        service.wake_ups.close()
