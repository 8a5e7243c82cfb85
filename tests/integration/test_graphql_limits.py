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
from tests.unit.test_graph_limits import BOMB, EMPTY, FULL, MANY_TYPES, ONE_TYPE, TOO_MUCH, UNKNOWN, WITHIN_ITSELF

STALL_S = 0.2
SPREADS = " ".join(f"...a{i}" for i in range(28))
CYCLES = " ".join(f"fragment a{i} on Query {{ {SPREADS} }}" for i in range(28))
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
    FULL,
    MANY_TYPES,
    "{ " + " ".join(f"a{i}: __schema {{ types {{ name }} }}" for i in range(60)) + " }",
    ONE_TYPE,
    WITHIN_ITSELF,
    EMPTY,
    UNKNOWN,
    "{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }",
    "mutation { generateFace(input: " + "{a:" * 600 + "1" + "}" * 600 + ") { generation { id } } }",
    "query($a: " + "[" * 900 + "Int" + "]" * 900 + ") { service { name } }",
    "{ " + "... { " * 600 + "__typename" + " }" * 600 + " }",
    "mutation { generateFace(input: {seed: " + "9" * 9000 + "}) { generation { id } } }",
    '{ image(id: "' + "\\u0041" * 1600 + '") { id } }',
    '{ image(id: """' + "\n ".join(" " * i for i in range(130)) + '""") { id } }',
    "{ " + SPREADS + " } " + CYCLES,
    "{ " + " ".join("x" * 60 + str(i) for i in range(140)) + " }",
    "{ " + " ".join("imageHistor" + "y" * 30 + str(i) for i in range(190)) + " }",
    "{ " + " ".join(f"imageHistory(fisrt{i}: 1 lst: 2 befor: 3) {{ totalCount }}" for i in range(95)) + " }",
    '{ imageHistory(after: "' + "A" * 9800 + '") { totalCount } }',
]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


def code(answer: dict[str, Any]) -> str:
    found: str = answer["errors"][0]["extensions"]["code"]
    return found


async def stall(service: GraphQLService, query: str, variables: str = "{}") -> httpx.Response:
    """The answer, for which the processor must not have been kept longer than STALL_S.

    The document is another each time, so that none is known already; the variables are JSON.
    Processor time, and the best of three: on a machine that is busy otherwise the clock on the wall says little.
    """
    times, response = [], httpx.Response(500)
    for attempt in range(3):
        unknown = json.dumps(f"{query}\n#{attempt}")
        body = f'{{"query": {unknown}, "variables": {variables}}}'
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
    answer = await stall(service, GENERATE, json.dumps({"input": {"emotions": edits}}))
    assert code(answer.json()) == "LIMIT_EXCEEDED"


async def test_eight_hundred_bytes_of_nested_fragments_are_answered_at_once(service: GraphQLService) -> None:
    assert code((await stall(service, BOMB)).json()) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("query", BUSY, ids=lambda query: f"{query[:30]}…{len(query)}")
async def test_no_request_of_ten_kilobytes_stalls_the_others(service: GraphQLService, query: str) -> None:
    assert len(query) <= 10_000
    assert (await stall(service, query)).status_code == 200


NESTED = {
    "lists": '{"a": ' + "[" * 4900 + "]" * 4900 + "}",
    "objects": '{"a":' * 1600 + "1" + "}" * 1600,
    "a big number": '{"a": ' + "9" * 4300 + "}",
    "too big a number": '{"a": ' + "9" * 9800 + "}",
    "a big fraction": '{"a": 0.' + "9" * 9800 + "}",
    "a big power": '{"a": 1e' + "9" * 9800 + "}",
    "many small values": '{"a": [' + "1," * 4800 + "1]}",
    "strings of escapes": '{"a": "' + "\\u0041" * 1600 + '"}',
    "many names": '{"a": {' + ",".join(f'"seed{i}": 1' for i in range(750)) + "}}",
}
USES = {
    "Int": "query($a: Int) { imageHistory(first: $a) { totalCount } }",
    "[ID!]!": "query($a: [ID!]!) { nodes(ids: $a) { id } }",
    "GenerateFaceInput!": "mutation($a: GenerateFaceInput!) { generateFace(input: $a) { generation { id } } }",
    "StudyDesignInput!": "query($a: StudyDesignInput!) { estimateStudy(design: $a) { images } }",
}


@pytest.mark.parametrize("query", USES.values(), ids=USES)
@pytest.mark.parametrize("variables", NESTED.values(), ids=NESTED)
async def test_no_variables_of_ten_kilobytes_stall_the_others(
    service: GraphQLService, variables: str, query: str
) -> None:
    assert len(query) + len(variables) <= 10_000
    response = await stall(service, query, variables)
    assert response.status_code in (200, 400)
    assert "INTERNAL" not in response.text


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
