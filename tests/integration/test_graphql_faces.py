"""Making faces and changing them, through the front door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.generations import FinishedRender
from domain.services.ledger import Ledger
from infrastructure.wake_ups import InProcessWakeUps
from tests.integration.graphql_service import GraphQLService, graphql_service

HAPPY = {"emotion": "HAPPY", "strength": 0.8}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def test_a_face_is_queued_then_rendered_with_everything_that_was_asked_for(service: GraphQLService) -> None:
    payload = await service.generate(seed=42, truncationPsi=0.7, noise="SEED", truncationCutoff=4)
    assert payload["userErrors"] == []
    accepted = payload["generation"]
    assert (accepted["status"], accepted["total"], accepted["done"]) == ("QUEUED", 1, 0)
    assert (accepted["queuePosition"], accepted["image"]) == (1, None)
    await service.render()
    query = """
    query($id: ID!) { generation(id: $id) { status done queuePosition error { code } startedAt finishedAt
      image { seed width height truncationPsi truncationCutoff noise label recipe network { name sha256 layers }
              generation { id } source { id } directions { strength } } } }
    """
    found = (await service.data(query, {"id": accepted["id"]}))["generation"]
    assert (found["status"], found["done"], found["queuePosition"], found["error"]) == ("SUCCEEDED", 1, None, None)
    assert found["startedAt"].endswith("Z")
    assert found["finishedAt"].endswith("Z")
    image = found["image"]
    assert image["recipe"]["seed"] == image["seed"] == 42
    assert (image["truncationPsi"], image["truncationCutoff"], image["noise"]) == (0.7, 4, "SEED")
    assert (image["width"], image["height"], image["label"]) == (16, 16, None)
    assert image["network"] == {"name": "tiny", "sha256": "a" * 64, "layers": 6}
    assert image["generation"] == {"id": accepted["id"]}
    assert (image["source"], image["directions"]) == (None, [])


@pytest.mark.parametrize("seed", [0, 4294967295, "4294967295", "7"])
async def test_seeds_at_both_ends_work_and_come_back_as_numbers(service: GraphQLService, seed: int | str) -> None:
    assert (await service.image(seed=seed))["seed"] == int(seed)


async def test_without_a_seed_one_is_drawn_and_reported(service: GraphQLService) -> None:
    drawn = {(await service.image())["seed"] for _ in range(3)}
    assert len(drawn) == 3


async def test_waiting_answers_with_the_picture(service: GraphQLService) -> None:
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(service.generate(seed=1, waitMs=20000))
        async with service.wake_ups.listen() as accepted:
            await accepted(10)
        await service.render()
    generation = asked.result()["generation"]
    assert generation["status"] == "SUCCEEDED"
    assert (await service.client.get(generation["image"]["url"])).headers["content-type"] == "image/png"


async def test_who_waits_for_a_face_reads_it_once_when_it_has_ended(service: GraphQLService) -> None:
    with service.statements() as sent:
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(service.generate(seed=1, waitMs=20000))
            async with service.wake_ups.listen() as accepted:
                await accepted(10)
            await service.render()
    assert asked.result()["generation"]["status"] == "SUCCEEDED"
    assert len([statement for statement in sent if "FROM generations" in statement]) == 1


async def test_waiting_sees_an_end_that_no_wake_up_told_of(service: GraphQLService) -> None:
    elsewhere = Ledger(service.database.units, InProcessWakeUps(), "another process")
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(service.generate(seed=1, waitMs=20000))
        async with service.wake_ups.listen() as accepted:
            await accepted(10)
        for claim in await elsewhere.claim(1):
            picture = await service.files.store((await service.engines.render(claim)).encoded)
            await elsewhere.finish([FinishedRender(claim, picture)])
    assert asked.result()["generation"]["status"] == "SUCCEEDED"


async def test_waiting_ends_when_the_time_has_passed(service: GraphQLService) -> None:
    assert (await service.generate(seed=1, waitMs=50))["generation"]["status"] == "QUEUED"


async def test_an_emotion_makes_a_new_image_whose_source_is_the_first(service: GraphQLService) -> None:
    plain = await service.image(seed=7, noise="RANDOM")
    happy = await service.edited(plain["id"], emotions=[HAPPY])
    assert happy["emotions"] == [HAPPY]
    assert happy["sha256"] != plain["sha256"]
    query = """
    query($id: ID!) { image(id: $id) { source { id } recipe directions { direction { name emotion } strength } } }
    """
    found = (await service.data(query, {"id": happy["id"]}))["image"]
    assert found["source"] == {"id": plain["id"]}
    assert found["directions"] == [{"direction": {"name": "neutral->happy", "emotion": "HAPPY"}, "strength": 0.8}]
    edits = "query($id: ID!) { image(id: $id) { edits { totalCount nodes { id } } recipe } }"
    source = (await service.data(edits, {"id": plain["id"]}))["image"]
    assert source["edits"] == {"totalCount": 1, "nodes": [{"id": happy["id"]}]}
    assert {**found["recipe"], "edits": []} == source["recipe"]


async def test_edits_replace_those_that_the_source_has(service: GraphQLService) -> None:
    happy = await service.image(seed=7, emotions=[HAPPY])
    sad = await service.edited(happy["id"], directions=[{"direction": "neutral->sad", "strength": -1}])
    assert sad["emotions"] == [{"emotion": "SAD", "strength": -1.0}]
    assert (await service.edited(sad["id"]))["emotions"] == []


async def test_the_same_recipe_is_rendered_once_and_stands_twice_in_the_history(service: GraphQLService) -> None:
    first, second = await service.image(seed=5), await service.image(seed=5)
    assert first["id"] != second["id"]
    assert first["url"] == second["url"]
    assert service.engines.renders_by_seed == {5: 1}
    history = await service.data("{ imageHistory(filter: {seed: 5}) { totalCount } }")
    assert history == {"imageHistory": {"totalCount": 2}}


async def test_the_same_idempotency_key_gives_the_same_generation(service: GraphQLService) -> None:
    given: dict[str, Any] = {"seed": 5, "idempotencyKey": "k", "emotions": [HAPPY]}
    first = await service.generate(**given)
    again = await service.generate(**given, waitMs=1)
    assert first["generation"]["id"] == again["generation"]["id"]
    other = await service.generate(**{**given, "seed": 6})
    assert other["generation"] is None
    assert [(error["code"], error["field"]) for error in other["userErrors"]] == [
        ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"])
    ]
    assert (await service.data("{ generations { totalCount } }")) == {"generations": {"totalCount": 1}}


async def test_the_same_key_from_many_clients_at_once_is_one_generation(service: GraphQLService) -> None:
    answers = await asyncio.gather(*(service.generate(seed=5, idempotencyKey="k") for _ in range(20)))
    assert len({answer["generation"]["id"] for answer in answers}) == 1


async def test_a_canceled_generation_stays_canceled(service: GraphQLService) -> None:
    accepted = (await service.generate(seed=1))["generation"]
    query = "mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { status image { id } } } }"
    for _ in range(2):
        answer = (await service.data(query, {"id": accepted["id"]}))["cancelGeneration"]
        assert answer == {"generation": {"status": "CANCELED", "image": None}}
    await service.render()
    assert not service.engines.rendered


async def test_a_failed_generation_says_why(service: GraphQLService) -> None:
    from tests.fakes.engines import failing

    service.engines.fail_seed(9, failing("NOT_FINITE", final=True))
    accepted = (await service.generate(seed=9))["generation"]
    await service.render()
    query = "query($id: ID!) { generation(id: $id) { status image { id } error { code message } } }"
    assert (await service.data(query, {"id": accepted["id"]}))["generation"] == {
        "status": "FAILED",
        "image": None,
        "error": {"code": "NOT_FINITE", "message": "the face could not be rendered"},
    }


async def test_a_full_queue_says_when_to_come_back(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, queue_limit=1) as service:
        await service.generate(seed=1)
        refused = await service.generate(seed=2)
    (error,) = refused["userErrors"]
    assert (refused["generation"], error["code"], error["field"]) == (None, "QUEUE_FULL", None)
    assert error["retryAfterMs"] >= 1000


async def test_without_any_engine_nothing_is_accepted(service: GraphQLService) -> None:
    service.engines.reason = "CUDA is not installed"
    refused = await service.generate(seed=1)
    assert [error["code"] for error in refused["userErrors"]] == ["ENGINE_UNAVAILABLE"]


async def test_what_serves_is_described(service: GraphQLService) -> None:
    query = "{ service { name version ready queueLength devices { name engine ready } } networks { name resolution } }"
    await service.generate(seed=1)
    assert await service.data(query) == {
        "service": {
            "name": "Manganace",
            "version": "1.2.3",
            "ready": True,
            "queueLength": 1,
            "devices": [{"name": "fake:0", "engine": "fake", "ready": True}],
        },
        "networks": [{"name": "tiny", "resolution": 16}],
    }
    emotions = await service.data('{ directions { emotion } named: directions(network: "tiny") { name } }')
    assert [direction["emotion"] for direction in emotions["directions"]][:2] == ["HAPPY", "SAD"]
    assert emotions["named"][0] == {"name": "neutral->happy"}


async def test_addresses_are_absolute_where_the_public_address_is_known(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, public_url="https://faces.example") as service:
        image = await service.image(seed=1)
    assert image["url"].startswith("https://faces.example/static/images/")
