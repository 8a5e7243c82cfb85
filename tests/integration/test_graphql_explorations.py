"""Many images of one request, through the front door: their order, what they are, what is refused, and cancelling."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.generations import FinishedRender
from tests.integration.graphql_service import GraphQLService, graphql_service

NODES = """nodes { id index seed truncationPsi url recipe emotions { emotion strength } mixes { seed first count }
  source { id } }"""
ANSWER = f"""{{ generation {{ id status total done queuePosition estimatedSeconds images(first: 100) {{ {NODES} }} }}
  userErrors {{ code message field }} }}"""
MUTATIONS = {
    "generateFaces": "GenerateFacesInput",
    "emotionStrip": "EmotionStripInput",
    "emotionGrid": "EmotionGridInput",
    "truncationGrid": "TruncationGridInput",
    "mixStyles": "MixStylesInput",
}
STORED = "{ generations { totalCount } service { queueLength } }"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def explore(service: GraphQLService, mutation: str, **given: Any) -> dict[str, Any]:
    query = f"mutation($input: {MUTATIONS[mutation]}!) {{ {mutation}(input: $input) {ANSWER} }}"
    payload: dict[str, Any] = (await service.data(query, {"input": given}))[mutation]
    return payload


async def look(service: GraphQLService, generation: dict[str, Any]) -> dict[str, Any]:
    query = f"""query($id: ID!) {{ generation(id: $id) {{ status done total queuePosition estimatedSeconds
      images(first: 100) {{ {NODES} }} }} }}"""
    found: dict[str, Any] = (await service.data(query, {"id": generation["id"]}))["generation"]
    return found


async def images(service: GraphQLService, mutation: str, **given: Any) -> list[dict[str, Any]]:
    payload = await explore(service, mutation, **given)
    assert payload["userErrors"] == []
    await service.render()
    found = await look(service, payload["generation"])
    assert (found["status"], found["done"]) == ("SUCCEEDED", found["total"])
    nodes: list[dict[str, Any]] = found["images"]["nodes"]
    assert [node["index"] for node in nodes] == list(range(found["total"]))
    return nodes


async def test_faces_come_in_the_order_of_their_seeds_whoever_is_ready_first(service: GraphQLService) -> None:
    payload = await explore(service, "generateFaces", seeds=[9, "4294967295", 3, 9], truncationPsi=0.7)
    assert (payload["generation"]["status"], payload["generation"]["total"]) == ("QUEUED", 4)
    await service.render()
    made = (await look(service, payload["generation"]))["images"]["nodes"]
    assert [(node["index"], node["seed"], node["truncationPsi"]) for node in made] == [
        (0, 9, 0.7),
        (1, 4294967295, 0.7),
        (2, 3, 0.7),
        (3, 9, 0.7),
    ]
    assert service.engines.renders_by_seed == {9: 1, 4294967295: 1, 3: 1}


async def test_a_range_of_seeds_with_an_emotion(service: GraphQLService) -> None:
    happy = [{"emotion": "HAPPY", "strength": 0.5}]
    made = await images(service, "generateFaces", range={"first": 5, "count": 3}, emotions=happy)
    assert [(node["seed"], node["emotions"]) for node in made] == [(seed, happy) for seed in (5, 6, 7)]


async def test_a_strip_of_an_image_keeps_its_other_edits_and_names_it_as_the_source(service: GraphQLService) -> None:
    sad = {"emotion": "SAD", "strength": 0.25}
    source = await service.image(seed=7, noise="RANDOM", emotions=[sad, {"emotion": "HAPPY", "strength": 2}])
    made = await images(
        service, "emotionStrip", imageId=source["id"], emotion="HAPPY", **{"from": -1, "to": 1}, steps=3
    )
    emotions = [{one["emotion"]: one["strength"] for one in node["emotions"]} for node in made]
    assert emotions == [{"HAPPY": -1.0, "SAD": 0.25}, {"SAD": 0.25}, {"HAPPY": 1.0, "SAD": 0.25}]
    assert {node["source"]["id"] for node in made} == {source["id"]}
    assert len({node["recipe"]["noiseDraw"] for node in made}) == 1


async def test_an_emotion_grid_is_row_by_row(service: GraphQLService) -> None:
    made = await images(
        service,
        "emotionGrid",
        face={"seed": 7, "truncationPsi": 1},
        emotions=["SAD"],
        directions=["neutral->angry"],
        strengths=[0.5, 1],
    )
    cells = [(one["emotion"], one["strength"]) for node in made for one in node["emotions"]]
    assert cells == [("SAD", 0.5), ("SAD", 1.0), ("ANGRY", 0.5), ("ANGRY", 1.0)]


async def test_a_truncation_grid_is_row_by_row(service: GraphQLService) -> None:
    made = await images(service, "truncationGrid", seeds=[2, 1], truncationPsis=[0, 1.5])
    assert [(node["seed"], node["truncationPsi"]) for node in made] == [(2, 0.0), (2, 1.5), (1, 0.0), (1, 1.5)]


async def test_mixes_are_in_the_recipe_and_stay_when_an_emotion_is_applied(service: GraphQLService) -> None:
    made = await images(
        service, "mixStyles", rows=[1, 2], columns=[3, 1], layers={"first": 2, "count": 3}, withParents=True
    )
    given = [(node["seed"], [mix["seed"] for mix in node["mixes"]]) for node in made]
    parents: list[tuple[int, list[int]]] = [(1, []), (2, []), (3, []), (1, [])]
    assert given == [(1, [3]), (1, []), (2, [3]), (2, [1]), *parents]
    assert made[0]["mixes"] == made[0]["recipe"]["mixes"] == [{"seed": 3, "first": 2, "count": 3}]
    assert "mixes" not in made[1]["recipe"]
    happy = (await service.apply(made[0]["id"], emotions=[{"emotion": "HAPPY", "strength": 1}]))["generation"]
    await service.render()
    (edited,) = (await look(service, happy))["images"]["nodes"]
    assert {**edited["recipe"], "edits": []} == made[0]["recipe"]
    assert edited["emotions"] == [{"emotion": "HAPPY", "strength": 1.0}]


async def test_many_images_wait_behind_one_that_somebody_waits_for(service: GraphQLService) -> None:
    many = (await explore(service, "generateFaces", range={"first": 0, "count": 20}))["generation"]
    one = (await service.generate(seed=99))["generation"]
    assert (await look(service, one))["queuePosition"] == 1
    assert (await look(service, many))["queuePosition"] == 2
    (first,) = await service.ledger.claim(1)
    assert first.recipe.seed == 99


async def test_one_image_of_a_list_is_not_bulk_work(service: GraphQLService) -> None:
    await explore(service, "generateFaces", range={"first": 0, "count": 2})
    await explore(service, "generateFaces", seeds=[77])
    (first,) = await service.ledger.claim(1)
    assert first.recipe.seed == 77


async def test_the_estimate_is_the_measured_pace_times_what_has_to_be_made_before_its_end(
    service: GraphQLService,
) -> None:
    first = (await explore(service, "generateFaces", range={"first": 0, "count": 4}))["generation"]
    second = (await explore(service, "generateFaces", range={"first": 10, "count": 3}))["generation"]
    assert first["estimatedSeconds"] is None
    service.engines.pace = 0.5
    assert [(await look(service, each))["estimatedSeconds"] for each in (first, second)] == [2.0, 3.5]
    (claim, _) = await service.ledger.claim(2)
    assert [(await look(service, each))["estimatedSeconds"] for each in (first, second)] == [2.0, 3.5]
    await service.ledger.hand_back([claim])
    await service.render()
    await service.data("mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { id } } }", second)
    assert (await look(service, second))["estimatedSeconds"] is None


async def test_a_cancel_keeps_what_is_made_and_says_how_many(service: GraphQLService) -> None:
    many = (await explore(service, "generateFaces", range={"first": 0, "count": 9}))["generation"]
    first, late = await service.ledger.claim(2)
    pictures = {
        claim: await service.files.store((await service.engines.render(claim)).encoded) for claim in (first, late)
    }
    await service.ledger.finish([FinishedRender(first, pictures[first])])
    cancel = f"mutation($id: ID!) {{ cancelGeneration(input: {{id: $id}}) {ANSWER} }}"
    canceled = (await service.data(cancel, {"id": many["id"]}))["cancelGeneration"]["generation"]
    await service.ledger.finish([FinishedRender(late, pictures[late])])
    assert await service.ledger.claim(9) == []
    assert (canceled["status"], canceled["done"], canceled["total"]) == ("CANCELED", 1, 9)
    assert [node["seed"] for node in canceled["images"]["nodes"]] == [0]
    assert (await look(service, many))["images"] == canceled["images"]
    assert (await service.client.get(canceled["images"]["nodes"][0]["url"])).status_code == 200


FACE: dict[str, Any] = {"face": {"seed": 1}}
LAYERS = {"first": 0, "count": 2}
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("generateFaces", {}, "INVALID", "seeds"),
    ("generateFaces", {"seeds": [], "idempotencyKey": "k"}, "INVALID", "seeds"),
    ("generateFaces", {"range": {"first": 4294967295, "count": 2}}, "INVALID", "range.count"),
    ("generateFaces", {"range": {"first": 0, "count": 257}}, "INVALID", "range.count"),
    ("generateFaces", {"seeds": [1], "network": "nobody"}, "NOT_FOUND", "network"),
    ("generateFaces", {"seeds": [1], "sessionId": "U2Vzc2lvbjox"}, "NOT_FOUND", "sessionId"),
    ("generateFaces", {"seeds": [1], "waitMs": 30001}, "INVALID", "waitMs"),
    ("generateFaces", {"seeds": [1], "truncationCutoff": 7}, "INVALID", "truncationCutoff"),
    (
        "generateFaces",
        {"seeds": [1], "emotions": [{"emotion": "SAD", "strength": 6}]},
        "INVALID",
        "emotions.0.strength",
    ),
    ("emotionStrip", {"emotion": "SAD"}, "INVALID", "imageId"),
    ("emotionStrip", {"imageId": "rubbish", "emotion": "SAD"}, "INVALID", "imageId"),
    ("emotionStrip", {"imageId": "SW1hZ2U6MDA=", "emotion": "SAD"}, "NOT_FOUND", "imageId"),
    ("emotionStrip", {"imageId": "SW1hZ2U6MDA=", **FACE, "emotion": "SAD"}, "INVALID", "imageId"),
    ("emotionStrip", FACE, "INVALID", "emotion"),
    ("emotionStrip", {**FACE, "emotion": "SAD", "from": 6}, "INVALID", "from"),
    ("emotionStrip", {**FACE, "emotion": "SAD", "steps": 102}, "INVALID", "steps"),
    ("emotionStrip", {"face": {"network": "nobody"}, "emotion": "SAD"}, "NOT_FOUND", "face.network"),
    ("emotionStrip", {"face": {"truncationPsi": 3}, "emotion": "SAD"}, "INVALID", "face.truncationPsi"),
    ("emotionGrid", {**FACE, "strengths": [1]}, "INVALID", "emotions"),
    ("emotionGrid", {**FACE, "emotions": ["SAD"], "strengths": []}, "INVALID", "strengths"),
    ("emotionGrid", {**FACE, "directions": ["nothing"], "strengths": [1]}, "INVALID", "directions.0"),
    ("truncationGrid", {"seeds": [1], "truncationPsis": []}, "INVALID", "truncationPsis"),
    ("truncationGrid", {"truncationPsis": [1]}, "INVALID", "seeds"),
    ("truncationGrid", {"seeds": [1], "truncationPsis": [1, 2.5]}, "INVALID", "truncationPsis.1"),
    ("mixStyles", {"rows": [], "columns": [1], "layers": LAYERS}, "INVALID", "rows"),
    ("mixStyles", {"rows": [1], "columns": [1] * 257, "layers": LAYERS}, "INVALID", "columns"),
    ("mixStyles", {"rows": [1], "columns": [2], "layers": {"first": 5, "count": 2}}, "INVALID", "layers.count"),
]


@pytest.mark.parametrize(("mutation", "given", "code", "field"), BAD)
async def test_what_the_user_can_mend_is_a_user_error_with_its_place_and_nothing_is_stored(
    service: GraphQLService, mutation: str, given: dict[str, Any], code: str, field: str
) -> None:
    payload = await explore(service, mutation, **given)
    (error,) = payload["userErrors"]
    assert payload["generation"] is None
    assert (error["code"], error["field"]) == (code, ["input", *field.split(".")])
    assert error["message"]
    assert await service.data(STORED) == {"generations": {"totalCount": 0}, "service": {"queueLength": 0}}


async def test_a_generation_for_which_the_queue_has_no_place_is_refused_whole(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, queue_limit=10) as service:
        payload = await explore(service, "generateFaces", range={"first": 0, "count": 11})
        assert [error["code"] for error in payload["userErrors"]] == ["QUEUE_FULL"]
        assert await service.data(STORED) == {"generations": {"totalCount": 0}, "service": {"queueLength": 0}}


async def test_the_same_key_and_input_is_the_same_generation_and_another_input_a_conflict(
    service: GraphQLService,
) -> None:
    given: dict[str, Any] = {"face": {}, "emotion": "SAD", "steps": 3, "idempotencyKey": "k"}
    first = await explore(service, "emotionStrip", **given)
    again = await explore(service, "emotionStrip", **given, waitMs=1)
    assert first["generation"]["id"] == again["generation"]["id"]
    for mutation, other in (
        ("emotionStrip", {**given, "face": {"truncationPsi": 0.6}}),
        ("generateFaces", {"seeds": [1], "idempotencyKey": "k"}),
    ):
        refused = await explore(service, mutation, **other)
        assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]
    assert (await service.data(STORED))["generations"] == {"totalCount": 1}
