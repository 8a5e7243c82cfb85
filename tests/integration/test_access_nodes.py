"""What is another's is answered as what nobody has: for every type of the schema, by every field that takes an id."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType

from domain.access import Scope
from graph.build import build_schema
from graph.ids import global_id
from tests.integration.graphql_service import GraphQLService
from tests.integration.laboratory import CONSENT, Laboratory, change, laboratory_in

ALL_BUT_ADMIN = (Scope.READ, Scope.GENERATE, Scope.LIBRARY, Scope.RESEARCH)
NODE = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
CORE = build_schema()._schema
INTERFACE = CORE.type_map["Node"]
assert isinstance(INTERFACE, GraphQLInterfaceType)
NODE_TYPES = sorted(kind.name for kind in CORE.get_possible_types(INTERFACE))
PUBLIC = ("Network", "Direction")
"""What the service offers to everybody who is let in."""
assert CORE.query_type is not None
BY_ID = sorted(name for name, field in CORE.query_type.fields.items() if "id" in field.args and name != "node")


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def everything(laboratory: Laboratory, ann: GraphQLService) -> dict[str, str]:
    """The id of one thing of each type, all of them Ann's."""
    image = await ann.image(seed=1)
    looked = "query($id: ID!) { image(id: $id) { generation { id } network { id } } }"
    found = (await ann.data(looked, {"id": image["id"]}))["image"]
    collection = (await change(ann, "createCollection", {"name": "Kept"}, "collection { id }"))["collection"]["id"]
    given = {"collectionId": collection, "imageId": image["id"]}
    pool = {"name": "Pool", "men": list(range(10)), "women": list(range(20, 30))}
    _, participant = await laboratory.invite()
    await laboratory.render()
    await participant.data(CONSENT)
    withdraw = "mutation { withdrawFromStudy { receipt { id } userErrors { message } } }"
    return {
        "Image": image["id"],
        "Generation": found["generation"]["id"],
        "Network": found["network"]["id"],
        "Direction": (await ann.data("{ directions { id } }"))["directions"][0]["id"],
        "Session": (await change(ann, "createSession", {"name": "Mine"}, "session { id }"))["session"]["id"],
        "Collection": collection,
        "CollectedImage": (await change(ann, "collectImage", given, "collectedImage { id }"))["collectedImage"]["id"],
        "Tag": (await change(ann, "createTag", {"name": "mine"}, "tag { id }"))["tag"]["id"],
        "Study": laboratory.study["id"],
        "SeedPool": (await change(ann, "createSeedPool", pool, "pool { id }"))["pool"]["id"],
        "WithdrawalReceipt": (await participant.data(withdraw))["withdrawFromStudy"]["receipt"]["id"],
    }


async def asked(asking: GraphQLService, query: str, found: str) -> dict[str, Any]:
    """The whole answer, in which nothing tells one unknown id from another."""
    return await asking.ask(query, {"id": found})


def unknown(kind: str, known: str) -> str:
    """Of the same kind, and nobody's; a receipt's is no global one."""
    return "0" * len(known) if kind == "WithdrawalReceipt" else global_id(kind, "0" * 32)


async def test_no_node_of_another_is_told_from_an_unknown_one(laboratory: Laboratory) -> None:
    ann, ben = [await laboratory.service.of(name, *ALL_BUT_ADMIN) for name in ("ann", "ben")]
    ids = await everything(laboratory, ann)
    assert set(NODE_TYPES) <= ids.keys()
    for name in NODE_TYPES:
        hers = await asked(ann, NODE, ids[name])
        assert hers["data"] == {"node": {"id": ids[name]}, "nodes": [{"id": ids[name]}]}, name
        if name in PUBLIC:
            assert await asked(ben, NODE, ids[name]) == hers, name
        else:
            answer = await asked(ben, NODE, ids[name])
            assert answer["data"] == {"node": None, "nodes": [None]}, name
            assert answer == await asked(ben, NODE, unknown(name, ids[name])), name


async def test_no_field_that_takes_an_id_tells_what_is_another_s_from_what_is_unknown(laboratory: Laboratory) -> None:
    ann, ben = [await laboratory.service.of(name, *ALL_BUT_ADMIN) for name in ("ann", "ben")]
    ids = await everything(laboratory, ann)
    for name in BY_ID:
        kind = name[0].upper() + name[1:]
        query = f"query($id: ID!) {{ {name}(id: $id) {{ id }} }}"
        assert (await asked(ann, query, ids[kind]))["data"] == {name: {"id": ids[kind]}}
        answer = await asked(ben, query, ids[kind])
        assert not (answer.get("data") or {}).get(name), name
        assert answer == await asked(ben, query, unknown(kind, ids[kind])), name


async def test_by_node_nothing_is_found_that_is_none(laboratory: Laboratory) -> None:
    """Studies and what belongs to them have fields of their own, which ask for more."""
    ids = await everything(laboratory, await laboratory.service.of("ann", *ALL_BUT_ADMIN))
    admin = await laboratory.service.of("root", Scope.ADMIN)
    for name in ("Study", "SeedPool"):
        assert (await asked(admin, NODE, ids[name]))["data"] == {"node": None, "nodes": [None]}, name
