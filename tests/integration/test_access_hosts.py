"""Where access is off, no page gets in by giving its own name this machine's address."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from graph.build import Openness
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import TRANSPORT_WS, listening

NAME = "{ service { name } }"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    openness = Openness(any_name=False, origins=("https://app.example:8443",))
    async with graphql_service(tmp_path, openness=openness, public_url="https://Faces.example/lab") as running:
        yield running


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "127.0.0.1", "localhost:9000", "LOCALHOST", "[::1]:8000", "faces.example", "app.example:80"],
)
async def test_under_its_own_names_it_answers(service: GraphQLService, host: str) -> None:
    assert (await service.post(NAME, Host=host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.0.1", "[", ""],
)
async def test_under_another_s_name_nothing_is_answered(service: GraphQLService, host: str) -> None:
    response = await service.post(NAME, Host=host)
    assert response.status_code == 421
    assert "MANGANACE_PUBLIC_URL" in response.json()["errors"][0]["message"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert (await service.client.get("/static/nothing", headers={"Host": host})).status_code == 421


async def test_nor_is_a_socket_opened(service: GraphQLService) -> None:
    async with listening(service.app) as server:
        address = f"ws://127.0.0.1:{server.port}/graphql"
        async with connect(address, subprotocols=[TRANSPORT_WS]):
            pass
        with pytest.raises(InvalidStatus, match="403"):
            await connect(f"ws://evil.example:{server.port}/graphql", host="127.0.0.1", subprotocols=[TRANSPORT_WS])


async def test_where_a_token_is_needed_the_name_does_not_matter(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        assert (await service.post(NAME, Host="evil.example")).status_code == 401
