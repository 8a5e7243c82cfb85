"""Every caller with every verb, through the front door: who lacks the scope gets FORBIDDEN, and nothing is done."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull
from strawberry.schema.config import StrawberryConfig

from domain.access import STUDIES, Caller, Scope
from graph.guarding import guard
from graph.operations import Schema
from graph.resolvers.query import Query
from graph.schema.scalars import SCALARS
from graph.scopes import LET_IN, NEEDS, PARTICIPANT
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import Listening, listening, received, subscribe
from tests.integration.root_documents import payloads, root_documents

DOCUMENTS = root_documents()
ASKED = [name for name in DOCUMENTS if not name.startswith("Subscription.")]
FOLLOWED = [name for name in DOCUMENTS if name.startswith("Subscription.")]
REFUSED_BEFORE = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST", "INTERNAL", "UNAUTHENTICATED"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


@pytest.fixture
async def server(service: GraphQLService) -> AsyncIterator[Listening]:
    async with listening(service.app) as started:
        yield started
        service.wake_ups.close()


def may(scope: Scope, name: str) -> bool:
    return NEEDS[name] in (LET_IN, scope) or (scope is Scope.ADMIN and NEEDS[name] is not PARTICIPANT)


def codes(answer: dict[str, Any]) -> set[str]:
    """Of top-level errors and of user errors."""
    top = {error["extensions"]["code"] for error in answer.get("errors", ())}
    fields = [value for value in (answer.get("data") or {}).values() if isinstance(value, dict)]
    return top | {error["code"] for value in fields for error in value.get("userErrors", ())}


def test_every_root_field_says_what_it_needs() -> None:
    assert DOCUMENTS.keys() == NEEDS.keys()


def test_a_schema_with_a_root_field_that_says_nothing_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
    with pytest.raises(LookupError, match="generateFace"):
        guard(schema)
    monkeypatch.delitem(NEEDS, "Query.image")
    with pytest.raises(LookupError, match=r"Query\.image"):
        guard(schema)


def test_every_mutation_can_answer_with_a_user_error_and_nothing_else() -> None:
    for name, payload in payloads().items():
        assert "userErrors" in payload.fields, name
        for field in payload.fields.values():
            inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else None
            assert inner is None or isinstance(inner, GraphQLList), f"{name}: {field}"


async def test_nothing_is_answered_without_its_scope_and_everything_with_it(service: GraphQLService) -> None:
    for scope in Scope:
        asking = await service.of("ann", scope)
        for name in ASKED:
            found = codes(await asking.ask(*DOCUMENTS[name]))
            assert not found & REFUSED_BEFORE, (name, found)
            assert ("FORBIDDEN" not in found) is may(scope, name), (scope, name, found)


async def test_a_mutation_tells_of_a_missing_scope_among_its_user_errors_and_a_query_at_the_top(
    service: GraphQLService,
) -> None:
    reader, maker = await service.of("ann", Scope.READ), await service.of("ann", Scope.GENERATE)
    payload = (await reader.generate(seed=1))["userErrors"]
    assert [(error["code"], error["field"]) for error in payload] == [("FORBIDDEN", None)]
    assert "'generate'" in payload[0]["message"]
    answer = await maker.ask("{ networks { name } }")
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["networks"]
    assert (await reader.data("{ generations { totalCount } }"))["generations"]["totalCount"] == 0


async def test_sockets_ask_for_the_same_scopes(service: GraphQLService, server: Listening) -> None:
    for scope in (Scope.READ, Scope.GENERATE, Scope.ADMIN):
        asking = await service.of("ann", scope)
        async with server.socket(asking.bearer) as socket:
            for name in ASKED:
                await subscribe(socket, *DOCUMENTS[name], name=name)
                message = await received(socket)
                answer = message["payload"] if message["type"] == "next" else {"errors": message["payload"]}
                assert ("FORBIDDEN" not in codes(answer)) is may(scope, name), (scope, name, answer)
                if message["type"] == "next":
                    assert (await received(socket))["type"] == "complete"


@pytest.mark.parametrize("name", FOLLOWED)
async def test_following_takes_a_scope_too(service: GraphQLService, server: Listening, name: str) -> None:
    """Who may hears nothing yet, or that there is no such thing."""
    for scope in Scope:
        asking = await service.of("ann", scope)
        async with server.socket(asking.bearer) as socket:
            await subscribe(socket, *DOCUMENTS[name])
            try:
                message = await asyncio.wait_for(received(socket), 0.5)
            except TimeoutError:
                message = {"payload": []}
            refused = {error["extensions"]["code"] for error in message["payload"]}
            assert ("FORBIDDEN" not in refused) is may(scope, name), (scope, refused)
            assert not refused & REFUSED_BEFORE


class Link:
    """A proof of another kind: a link into a study session."""

    async def callers(self, bearers: Collection[str]) -> Mapping[str, Caller]:
        participant = Caller(STUDIES, frozenset(), study_session_id="s")
        return {bearer: participant for bearer in bearers if bearer == "link"}


async def test_a_participant_may_ask_nothing_that_takes_a_scope(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True, links=Link()) as service:
        participant = replace(service, bearer="link")
        for name in ASKED:
            found = codes(await participant.ask(*DOCUMENTS[name]))
            assert "FORBIDDEN" in found or NEEDS[name] in (LET_IN, PARTICIPANT), (name, found)


async def test_whoever_was_let_in_may_ask_what_this_is(service: GraphQLService) -> None:
    asking = await service.of("ann", Scope.RESEARCH)
    assert (await asking.data("{ __typename service { name } }"))["service"] == {"name": "Manganace"}
