"""Paging through what was made, at a bounded cost."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.graphql_service import GraphQLService, graphql_service

HISTORY = """
query History($first: Int, $after: String, $last: Int, $before: String, $filter: ImageFilter, $order: ImageOrder) {
  imageHistory(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    nodes { seed } edges { cursor node { seed } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
BY_SEED = {"field": "SEED", "direction": "ASC"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


async def history(service: GraphQLService, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await service.data(HISTORY, variables))["imageHistory"]
    return found


def seeds(page: dict[str, Any]) -> list[int]:
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    return [node["seed"] for node in page["nodes"]]


async def test_pages_follow_each_other_without_gaps_and_end(service: GraphQLService) -> None:
    for seed in range(5):
        await service.image(seed=seed)
    seen, after = [], None
    while True:
        page = await history(service, first=2, after=after)
        assert page["totalCount"] == 5
        seen += seeds(page)
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [4, 3, 2, 1, 0]


async def test_pages_can_be_walked_backwards(service: GraphQLService) -> None:
    for seed in range(3):
        await service.image(seed=seed)
    last = await history(service, last=2)
    assert (seeds(last), last["pageInfo"]["hasPreviousPage"]) == ([1, 0], True)
    first = await history(service, last=2, before=last["pageInfo"]["startCursor"])
    assert (seeds(first), first["pageInfo"]["hasPreviousPage"]) == ([2], False)


async def test_a_page_stays_put_while_images_are_added(service: GraphQLService) -> None:
    for seed in range(3):
        await service.image(seed=seed)
    first = await history(service, first=2)
    await service.image(seed=9)
    assert seeds(await history(service, after=first["pageInfo"]["endCursor"])) == [0]


async def test_order_and_filters(service: GraphQLService) -> None:
    plain = await service.image(seed=3)
    await service.image(seed=1)
    await service.edited(plain["id"], emotions=[{"emotion": "HAPPY", "strength": 1}])
    assert seeds(await history(service, order=BY_SEED)) == [1, 3, 3]
    assert seeds(await history(service, order={**BY_SEED, "direction": "DESC"})) == [3, 3, 1]
    assert seeds(await history(service, filter={"emotions": ["HAPPY", "SAD"]})) == [3]
    assert seeds(await history(service, filter={"seed": "1"})) == [1]
    assert seeds(await history(service, filter={"network": "tiny", "seed": 3})) == [3, 3]
    assert seeds(await history(service, filter={"createdBefore": plain["createdAt"]})) == []
    assert len(seeds(await history(service, filter={"createdAfter": "2020-01-01T00:00:00+02:00"}))) == 3


async def test_an_empty_history_is_an_empty_page(service: GraphQLService) -> None:
    assert await history(service) == {
        "nodes": [],
        "edges": [],
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_twenty_are_answered_where_no_size_is_given(service: GraphQLService) -> None:
    for seed in range(21):
        await service.generate(seed=seed)
    query = "{ generations { nodes { id } pageInfo { hasNextPage } totalCount } }"
    found = (await service.data(query))["generations"]
    assert (len(found["nodes"]), found["pageInfo"], found["totalCount"]) == (20, {"hasNextPage": True}, 21)


async def test_generations_are_listed_by_state(service: GraphQLService) -> None:
    await service.image(seed=1)
    queued = (await service.generate(seed=2))["generation"]
    query = "query($s: [GenerationStatus!]) { generations(filter: {status: $s}) { totalCount nodes { id } } }"
    found = await service.data(query, {"s": ["QUEUED", "RUNNING"]})
    assert found["generations"] == {"totalCount": 1, "nodes": [{"id": queued["id"]}]}
    assert (await service.data(query, {"s": None}))["generations"]["totalCount"] == 2


async def test_everything_with_an_id_can_be_fetched_by_it(service: GraphQLService) -> None:
    image = await service.image(seed=1, emotions=[{"emotion": "SAD", "strength": 1}])
    query = "query($id: ID!) { image(id: $id) { id generation { id } network { id } directions { direction { id } } } }"
    found = (await service.data(query, {"id": image["id"]}))["image"]
    ids = [found["id"], found["generation"]["id"], found["network"]["id"], found["directions"][0]["direction"]["id"]]
    nodes = 'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } node(id: "SW1hZ2U6MDA=") { id } }'
    answer = await service.data(nodes, {"ids": [*ids, "SW1hZ2U6MDA="]})
    assert [node and node["__typename"] for node in answer["nodes"]] == [
        "Image",
        "Generation",
        "Network",
        "Direction",
        None,
    ]
    assert [node["id"] for node in answer["nodes"][:4]] == ids
    assert answer["node"] is None


async def test_a_page_of_100_images_with_all_they_know_costs_less_than_10_statements(service: GraphQLService) -> None:
    plain = await service.image(seed=0)
    for seed in range(60):
        await service.generate(seed=seed, emotions=[{"emotion": "HAPPY", "strength": 1}])
    for strength in range(1, 41):
        await service.apply(plain["id"], emotions=[{"emotion": "SAD", "strength": strength / 10}])
    await service.render()
    query = """
    query($first: Int) { imageHistory(first: $first) { nodes {
      url network { name } emotions { emotion } directions { direction { name } strength }
      source { seed network { name } } generation { status image { id } images(first: 3) { nodes { id } } }
      edits(first: 2) { totalCount nodes { id } }
    } } }
    """
    costs = {}
    for first in (2, 100):
        with service.statements() as sent:
            page = (await service.data(query, {"first": first}))["imageHistory"]["nodes"]
        assert len(page) == first
        costs[first] = len(sent)
    assert costs[100] == costs[2] < 10


async def test_the_total_is_counted_only_when_asked_for(service: GraphQLService) -> None:
    with service.statements() as sent:
        await service.data("{ imageHistory { nodes { id } } }")
    assert len(sent) == 1
    assert "count" not in sent[0].lower()
