"""Who did what: every change that somebody asks for is written down, and nothing of what they sent."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain.access import Caller, Scope
from domain.auditing import AuditEntry, AuditFilter
from domain.services.auditing import Audit, all_entries
from graph.ids import parse_global_id
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service
from tests.integration.listening import listening, subscribe
from tests.integration.root_documents import root_documents

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
CHANGES = {name: document for name, document in root_documents().items() if name.startswith("Mutation.")}
EVERYTHING = (Scope.READ, Scope.GENERATE, Scope.LIBRARY)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


async def entries(service: GraphQLService, **where: Any) -> list[AuditEntry]:
    """Without those of the command line, which made the tokens."""
    found = [entry async for entry in all_entries(service.database.units, AuditFilter(**where))]
    return [entry for entry in found if entry.owner != "command-line"]


def told(found: list[AuditEntry]) -> list[tuple[str, str, str]]:
    return [(entry.owner, entry.action, entry.outcome) for entry in found]


async def test_a_change_is_written_down_with_who_asked_and_what_came_of_it(service: GraphQLService) -> None:
    ann = await service.of("ann", *EVERYTHING)
    made = (await ann.generate(seed=1))["generation"]["id"]
    cancel = "mutation($id: ID!) { cancelGeneration(input: {id: $id}) { userErrors { code } } }"
    await ann.data(cancel, {"id": made})
    found = await entries(service)
    assert told(found) == [("ann", "generateFace", "DONE"), ("ann", "cancelGeneration", "DONE")]
    assert {entry.subject for entry in found} == {":".join(parse_global_id(made, ()))}
    (token,) = await service.tokens.all()
    assert {entry.token_id for entry in found} == {token.id}


async def test_what_was_refused_is_written_down_with_its_code(service: GraphQLService) -> None:
    ann, reader = await service.of("ann", *EVERYTHING), await service.of("ben", Scope.READ)
    await ann.generate(seed=1, network="nonsense")
    await reader.generate(seed=1)
    await ann.apply("SW1hZ2U6MDA=")
    assert told(await entries(service)) == [
        ("ann", "generateFace", "NOT_FOUND"),
        ("ben", "generateFace", "FORBIDDEN"),
        ("ann", "applyEmotion", "NOT_FOUND"),
    ]
    assert [entry.subject for entry in await entries(service)] == [None, None, "Image:00"]


async def test_no_mutation_goes_unwritten(service: GraphQLService) -> None:
    """Whether it was allowed or not: whoever adds one to the schema finds it here."""
    admin, reader = await service.of("root", Scope.ADMIN), await service.of("ben", Scope.READ)
    tokens = {token.owner: token.id for token in await service.tokens.all()}
    for asking, owner in ((admin, "root"), (reader, "ben")):
        for document in CHANGES.values():
            await asking.ask(*document)
        written = await entries(service, owner=owner)
        assert [f"Mutation.{entry.action}" for entry in written] == list(CHANGES)
        assert {entry.token_id for entry in written} == {tokens[owner]}
    refused = [entry for entry in await entries(service, owner="ben") if entry.outcome == "FORBIDDEN"]
    assert len(refused) > len(CHANGES) / 2


async def test_an_id_that_no_thing_can_have_is_not_written_down(service: GraphQLService) -> None:
    ann = await service.of("ann", *EVERYTHING)
    for key in ("x" * 6000, "a\nb", "hunter2", "\u0000"):
        await ann.apply(base64.b64encode(f"Image:{key}".encode()).decode())
    written = await entries(service)
    assert [entry.action for entry in written] == ["applyEmotion"] * 4
    assert {entry.subject for entry in written} == {None}


async def test_questions_are_not_written_down(service: GraphQLService) -> None:
    ann = await service.of("ann", *EVERYTHING)
    await ann.data("{ service { name } imageHistory { totalCount } }")
    await ann.ask("{ nonsense }")
    await ann.ask("mutation { nonsense }")
    assert await entries(service) == []


async def test_nothing_that_was_sent_is_written_down(service: GraphQLService) -> None:
    secret = "hunter2"
    ann = await service.of("ann", *EVERYTHING)
    await ann.generate(seed=1, network=secret, idempotencyKey=secret)
    await ann.ask('mutation { applyEmotion(input: {imageId: "hunter2"}) { userErrors { code } } }')
    await ann.ask(GENERATE, {"input": {"seed": secret}})
    written = str(await entries(service))
    assert secret not in written
    assert str(ann.bearer).rpartition("_")[2] not in written


async def test_a_change_whose_client_has_left_before_the_answer_is_written_down(service: GraphQLService) -> None:
    ann = await service.of("ann", *EVERYTHING)
    async with listening(service.app) as server:
        async with server.socket(ann.bearer) as socket:
            await subscribe(socket, GENERATE, {"input": {"seed": 1, "waitMs": 30000}})
            while not (await ann.data("{ generations { totalCount } }"))["generations"]["totalCount"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await socket.send(json.dumps({"id": "1", "type": "complete"}))
            await asyncio.sleep(0.3)
        assert told(await entries(service)) == [("ann", "generateFace", "INTERRUPTED")]


async def test_what_participants_do_is_not_written_down(service: GraphQLService) -> None:
    audit = Audit(service.database.units, timedelta(days=1))
    await audit.note(Caller("studies", frozenset(), study_session_id="s"), "submitAnswer", None, "DONE")
    assert await entries(service) == []


async def test_where_access_is_off_nothing_is_written_down(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        await service.generate(seed=1)
        assert await entries(service) == []


async def test_entries_are_kept_for_as_long_as_was_set_and_no_longer(service: GraphQLService) -> None:
    now = datetime.now(UTC)
    ann = Caller("ann", frozenset())
    for age_days, action in ((3, "long ago"), (1, "lately")):
        past = Audit(service.database.units, timedelta(days=10), now=lambda days=age_days: now - timedelta(days=days))  # type: ignore[misc]
        await past.note(ann, action, None, "DONE")
    await Audit(service.database.units, timedelta(days=2)).note(ann, "now", None, "DONE")
    assert [entry.action for entry in await entries(service)] == ["lately", "now"]


async def test_what_was_done_is_answered_even_if_it_cannot_be_written_down(
    service: GraphQLService, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await service.of("ann", *EVERYTHING)
    await ann.data("{ service { name } }")
    async with service.database.engines[1].begin() as connection:
        await connection.execute(text("DROP TABLE audit"))
    assert (await ann.generate(seed=1))["generation"]["status"] == "QUEUED"
    (record,) = [record for record in caplog.records if "audit" in record.__dict__]
    assert record.__dict__["audit"].startswith("ann ")
    assert "generateFace Generation:" in record.__dict__["audit"]


async def test_administrators_read_it_in_pages(service: GraphQLService) -> None:
    admin, ann = await service.of("root", Scope.ADMIN), await service.of("ann", *EVERYTHING)
    for seed in range(3):
        await ann.generate(seed=seed)
    await admin.generate(seed=9)
    query = (FOLDER / "audit-log.graphql").read_text()
    everything = (await admin.data(query))["auditLog"]
    assert [node["owner"] for node in everything["nodes"]] == ["root", "ann", "ann", "ann", *["command-line"] * 2]
    anns = (await admin.data(query, {"owner": "ann"}))["auditLog"]
    assert (anns["totalCount"], anns["pageInfo"]["hasNextPage"]) == (3, False)
    assert {node["outcome"] for node in anns["nodes"]} == {"DONE"}
    paged = "query($after: String) { auditLog(first: 4, after: $after) { nodes { at } pageInfo { endCursor } } }"
    first = (await admin.data(paged))["auditLog"]
    rest = (await admin.data(paged, {"after": first["pageInfo"]["endCursor"]}))["auditLog"]
    times = [node["at"] for page in (first, rest) for node in page["nodes"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 6
    refused = await ann.ask(query)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_owner_that_no_database_could_hold_is_refused(service: GraphQLService) -> None:
    admin = await service.of("root", Scope.ADMIN)
    answer = await admin.ask('{ auditLog(filter: {owner: "\\u0000"}) { totalCount } }')
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "field": ["filter", "owner"]}
