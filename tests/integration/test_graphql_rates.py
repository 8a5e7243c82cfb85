"""Who asks too often is told when to come back, and nobody else notices."""

import json
import time
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

import main
from graph.build import Openness
from graph.rates import A_MINUTE, AT_ONCE_S, MOST_CLIENTS, Rates
from tests.integration.graphql_service import GraphQLService, graphql_service
from tests.integration.listening import listening, received, subscribe

NAME = "{ service { name } }"
STRANGER, OTHER = "192.0.2.1", "192.0.2.2"
APP = "https://app.example"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def from_(service: GraphQLService, host: str, path: str = "/graphql") -> httpx.Response:
    transport = httpx.ASGITransport(service.app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get(path, params={"query": NAME}, headers={"Origin": APP})


async def test_who_asks_too_often_gets_a_429_until_there_is_room_again_and_others_do_not(tmp_path: Path) -> None:
    clock = Clock()
    rates, openness = Rates(60, now=clock), Openness(origins=(APP,))
    async with graphql_service(tmp_path, rates=rates, openness=openness) as service:
        assert [(await from_(service, STRANGER)).status_code for _ in range(11)] == [200] * 10 + [429]
        refused = await from_(service, STRANGER)
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["access-control-allow-origin"] == APP
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert refused.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
        assert (await from_(service, OTHER)).status_code == 200
        clock.now += 1
        assert [(await from_(service, STRANGER)).status_code for _ in range(2)] == [200, 429]


async def test_who_asks_with_wrong_tokens_is_counted_too(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, rates=Rates(60, loopback=True, now=Clock()), access=True) as service:
        asked = [await service.post(NAME, Authorization=f"Bearer mng_{n:012}_{n:064}") for n in range(12)]
    assert [response.status_code for response in asked] == [401] * 10 + [429] * 2


async def test_downloads_count_and_pictures_and_probes_do_not(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, rates=Rates(6, now=Clock())) as service:
        path = (await service.image(seed=1))["url"]
        assert (await from_(service, STRANGER, "/download/images/x.png")).status_code == 400
        for free, status in ((path, 200), ("/livez", 200), ("/readyz", 200)):
            assert [(await from_(service, STRANGER, free)).status_code for _ in range(3)] == [status] * 3
        assert (await from_(service, STRANGER, "/download/images/x.png")).status_code == 429


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1"])
async def test_loopback_addresses_are_counted_where_that_is_set_only(tmp_path: Path, host: str) -> None:
    for number, loopback in ((200, False), (429, True)):
        folder = tmp_path / str(loopback)
        folder.mkdir()
        async with graphql_service(folder, rates=Rates(6, loopback=loopback, now=Clock())) as service:
            assert [(await from_(service, host)).status_code for _ in range(2)] == [200, number]


async def test_a_socket_s_messages_wait_their_turn_and_none_is_lost(tmp_path: Path) -> None:
    rates = Rates(600, loopback=True)  # 10 a second, and 100 at once
    async with graphql_service(tmp_path, rates=rates) as service, listening(service.app) as server:
        async with server.socket() as socket:
            for _ in range(95):
                await socket.send(json.dumps({"type": "pong"}))
            began = time.monotonic()
            for number in range(13):
                await subscribe(socket, NAME, name=str(number))
            heard = [await received(socket) for _ in range(26)]
            assert time.monotonic() - began > 0.8  # 110 were sent, 10 of which had to wait
            assert {message["id"] for message in heard if message["type"] == "next"} == {str(n) for n in range(13)}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            answers = [(await client.get("/graphql", params={"query": NAME})).status_code for _ in range(20)]
        assert 429 in answers  # what sockets send counts for the rest as well


async def test_nor_is_a_socket_opened_too_often(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, rates=Rates(6, loopback=True)) as service, listening(service.app) as server:
        async with server.bare_socket():
            pass
        with pytest.raises(InvalidStatus, match="429"):
            async with server.bare_socket():
                pass


async def test_behind_a_proxy_on_this_machine_it_is_the_proxy_s_clients_that_count(tmp_path: Path) -> None:
    async with (
        graphql_service(tmp_path, rates=Rates(6)) as service,
        listening(service.app) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", params={"query": NAME}) as proxy,
    ):
        for host in (STRANGER, OTHER):
            headers = {"X-Forwarded-For": host}
            assert [(await proxy.get("/graphql", headers=headers)).status_code for _ in range(2)] == [200, 429]


def test_an_ipv6_client_is_its_first_64_bits() -> None:
    rates = Rates(6, now=Clock())
    assert rates.take("2001:db8:1:2::1") == 0
    assert rates.take("2001:db8:1:2:ffff::9") > 0
    assert rates.take("2001:db8:1:3::1") == 0


def test_clients_that_were_silent_are_forgotten_and_there_are_never_too_many() -> None:
    clock = Clock()
    rates = Rates(60, now=clock)
    for number in range(MOST_CLIENTS + 10):
        rates.take(f"client {number}")
    assert len(rates) == MOST_CLIENTS
    clock.now += 2 * AT_ONCE_S
    rates.take(STRANGER)
    assert len(rates) == 1


def test_strangers_are_counted_without_any_setting_and_everybody_with_one() -> None:
    unset = main._rates(None)
    assert unset is not None
    assert (unset.counts(STRANGER), unset.counts("127.0.0.1"), A_MINUTE) == (True, False, 3000)
    said = main._rates(600)
    assert said is not None
    assert said.counts("127.0.0.1")
    assert main._rates(0) is None
