"""What belongs to one token's owner does not exist for another's, whichever way it is asked for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.access import STUDIES, Caller, Scope
from domain.requests import FaceRequest
from domain.services.accepting import Acceptance
from domain.services.faces import Faces
from graph.ids import global_id
from tests.fakes.catalogue import CATALOGUE
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import events, listening, received, subscribe

ALL_BUT_ADMIN = (Scope.READ, Scope.GENERATE, Scope.LIBRARY, Scope.RESEARCH)
MINE = "{ imageHistory { nodes { id } totalCount } generations { nodes { id } totalCount } }"
NODE = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
IMAGE = "query($id: ID!) { image(id: $id) { id } }"
GENERATION = "query($id: ID!) { generation(id: $id) { id } }"
CANCEL = "mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { id } userErrors { code } } }"
COMPLETED = "subscription { generationCompleted { id } }"
UPDATED = "subscription($id: ID!) { generationUpdated(id: $id) { id } }"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


@pytest.fixture
async def ann(service: GraphQLService) -> GraphQLService:
    return await service.of("ann", *ALL_BUT_ADMIN)


@pytest.fixture
async def ben(service: GraphQLService) -> GraphQLService:
    return await service.of("ben", *ALL_BUT_ADMIN)


async def counts(asking: GraphQLService) -> tuple[int, int]:
    data = await asking.data(MINE)
    assert len(data["imageHistory"]["nodes"]) == data["imageHistory"]["totalCount"]
    return data["imageHistory"]["totalCount"], data["generations"]["totalCount"]


async def generation_of(asking: GraphQLService, image_id: str) -> str:
    query = "query($id: ID!) { image(id: $id) { generation { id } } }"
    generation: str = (await asking.data(query, {"id": image_id}))["image"]["generation"]["id"]
    return generation


async def test_two_tokens_of_one_owner_see_the_same(service: GraphQLService, ann: GraphQLService) -> None:
    await ann.image(seed=1)
    again = await service.of("ann", Scope.READ)
    assert await counts(again) == await counts(ann) == (1, 1)


async def test_lists_show_ones_own_and_everybody_s_to_an_administrator(
    service: GraphQLService, ann: GraphQLService, ben: GraphQLService
) -> None:
    await ann.image(seed=1)
    await ben.image(seed=1)
    await ben.image(seed=2)
    admin = await service.of("root", Scope.ADMIN)
    assert [await counts(asking) for asking in (ann, ben, admin)] == [(1, 1), (2, 2), (3, 3)]


async def test_no_way_of_asking_finds_what_is_another_s(ann: GraphQLService, ben: GraphQLService) -> None:
    image = await ann.image(seed=1)
    generation = await generation_of(ann, image["id"])
    for found in (image["id"], generation):
        data = await ben.data(NODE, {"id": found})
        assert data == {"node": None, "nodes": [None]}
        assert (await ann.data(NODE, {"id": found}))["node"] == {"id": found}
    assert await ben.data(IMAGE, {"id": image["id"]}) == {"image": None}
    assert await ben.data(GENERATION, {"id": generation}) == {"generation": None}
    assert [error["code"] for error in (await ben.apply(image["id"]))["userErrors"]] == ["NOT_FOUND"]
    assert await counts(ben) == (0, 0)


async def test_nobody_cancels_what_is_another_s(ann: GraphQLService, ben: GraphQLService) -> None:
    generation = (await ann.generate(seed=1))["generation"]["id"]
    refused = (await ben.data(CANCEL, {"id": generation}))["cancelGeneration"]
    assert refused == {"generation": None, "userErrors": [{"code": "NOT_FOUND"}]}
    status = "query($id: ID!) { generation(id: $id) { status } }"
    assert (await ann.data(status, {"id": generation}))["generation"]["status"] == "QUEUED"
    assert (await ann.data(CANCEL, {"id": generation}))["cancelGeneration"]["userErrors"] == []


async def test_an_idempotency_key_is_its_owner_s(ann: GraphQLService, ben: GraphQLService) -> None:
    first = (await ann.generate(seed=1, idempotencyKey="k"))["generation"]["id"]
    other = (await ben.generate(seed=2, idempotencyKey="k"))["generation"]["id"]
    again = (await ann.generate(seed=1, idempotencyKey="k"))["generation"]["id"]
    assert first == again != other


async def test_subscribers_hear_of_their_own_only_over_sockets_and_streams(
    service: GraphQLService, ann: GraphQLService, ben: GraphQLService
) -> None:
    async with (
        listening(service.app) as server,
        server.socket(ben.bearer) as socket,
        server.stream(COMPLETED, bearer=ben.bearer) as stream,
    ):
        await subscribe(socket, COMPLETED)
        await asyncio.sleep(0.3)
        image = await ann.image(seed=1)
        others = await generation_of(ann, image["id"])
        mine = await generation_of(ben, (await ben.image(seed=2))["id"])
        assert (await received(socket))["payload"]["data"] == {"generationCompleted": {"id": mine}}
        async for kind, data in events(stream):
            assert (kind, data["data"]) == ("next", {"generationCompleted": {"id": mine}})
            break
        await subscribe(socket, UPDATED, {"id": others}, name="2")
        message = await received(socket)
        assert (message["id"], message["type"]) == ("2", "error")
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"
        service.wake_ups.close()


async def test_the_same_face_of_two_owners_is_one_file_and_two_entries(
    ann: GraphQLService, ben: GraphQLService
) -> None:
    one, two = await ann.image(seed=7), await ben.image(seed=7)
    assert one["sha256"] == two["sha256"]
    assert one["id"] != two["id"]


async def test_what_studies_made_is_looked_up_by_researchers_and_listed_by_nobody_but_administrators(
    service: GraphQLService,
) -> None:
    faces = Faces(Acceptance(service.database.units, service.engines, service.wake_ups), CATALOGUE)
    generation = await faces.generate(Caller(STUDIES, frozenset()), FaceRequest(seed=3))
    await service.render()
    found: dict[Scope, Any] = {}
    for scope in (Scope.READ, Scope.RESEARCH, Scope.ADMIN):
        asking = await service.of("cat", scope, Scope.READ)
        data = await asking.data(NODE, {"id": global_id("Generation", generation.id)})
        found[scope] = (data["node"] is not None, (await counts(asking))[0])
    assert found == {Scope.READ: (False, 0), Scope.RESEARCH: (True, 0), Scope.ADMIN: (True, 1)}
