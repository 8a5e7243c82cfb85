"""The whole service, as clients know it: killed at any step, stopped under load, asked the same by many at once."""

import asyncio
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from infrastructure.database import open_database
from tests.e2e.server import GENERATE, RunningService
from tests.e2e.test_stopping import wait_until_all_end
from tests.faults.service import FakeService, fake_service
from tests.faults.steps import STEPS
from tests.fixtures.invariants import check_files, check_invariants
from tests.integration.graphql_service import GraphQLService, graphql_service

pytestmark = pytest.mark.fault

CANCEL = """
mutation Cancel($id: ID!) {
  cancelGeneration(input: {id: $id}) { generation { id status } userErrors { code } }
}
"""


def press(service: RunningService, seeds: "count[int]", accepted: list[str], timeout_s: float = 20) -> None:
    """Ask for faces until the service is gone, or the time is over."""
    deadline = time.monotonic() + timeout_s
    with suppress(httpx.TransportError):
        while time.monotonic() < deadline:
            answer = service.ask(GENERATE, {"input": {"seed": next(seeds), "truncationPsi": 1.0}}, timeout_s=10)
            accepted.append(answer["data"]["generateFace"]["generation"]["id"])


async def check_all_is_whole(folder: Path) -> None:
    database = await open_database(f"sqlite:///{folder / 'manganace.sqlite3'}")
    try:
        await check_invariants(database)
        await check_files(database, folder / "static")
    finally:
        await database.close()


@pytest.mark.timeout(1200)
def test_a_service_killed_at_any_step_ends_whatever_it_had_accepted(tmp_path: Path, rounds: int) -> None:
    accepted: list[str] = []
    chance, seeds = Random(rounds), count()
    in_its_work = [step for step in STEPS if "requeue" not in step]
    for step in chance.sample(in_its_work, 2 if rounds == 1 else len(in_its_work)):
        with fake_service(tmp_path, ready=False, step=step, nth=chance.choice((1, 2, 5))) as service:
            service.order(poison=list(range(0, 1500, 3)) if "fail" in step else [])
            press_until_killed(service.running, seeds, accepted)
    with fake_service(tmp_path) as service:
        service.order()
        found = wait_until_all_end(service.running)
        assert {found[generation] for generation in accepted} <= {"SUCCEEDED", "FAILED"}
    asyncio.run(check_all_is_whole(tmp_path))


def press_until_killed(service: RunningService, seeds: "count[int]", accepted: list[str]) -> None:
    deadline = time.monotonic() + 60
    while service.process.poll() is None:
        assert time.monotonic() < deadline, "it was not killed"
        press(service, seeds, accepted, timeout_s=30)
        time.sleep(0.1)
    assert service.process.returncode == -signal.SIGKILL


@pytest.mark.timeout(600)
def test_a_service_that_is_told_to_stop_under_load_stops_in_order_and_loses_nothing(
    tmp_path: Path, rounds: int
) -> None:
    accepted: list[str] = []
    seeds = count()
    for _ in range(rounds):
        with fake_service(tmp_path) as service, ThreadPoolExecutor(8) as clients:
            service.order(slow_s=0.05)
            pressing = [clients.submit(press, service.running, seeds, accepted) for _ in range(8)]
            time.sleep(1.5)
            assert service.running.stop(signal.SIGTERM, timeout_s=10) == 0
            for each in pressing:
                each.result(30)
            assert "Traceback" not in service.running.log.read_text()
    with fake_service(tmp_path) as service:
        found = wait_until_all_end(service.running)
    assert accepted
    assert {found[generation] for generation in accepted} == {"SUCCEEDED"}
    asyncio.run(check_all_is_whole(tmp_path))


def test_fifty_clients_with_one_key_get_one_generation(tmp_path: Path) -> None:
    """Some of them while the service dies and comes back."""
    given = {"seed": 7, "truncationPsi": 1.0, "idempotencyKey": "once", "waitMs": 20000}
    answers: list[Any] = []

    def ask(service: FakeService) -> None:
        with suppress(httpx.TransportError):
            answers.append(service.running.ask(GENERATE, {"input": given})["data"]["generateFace"])

    with fake_service(tmp_path, step="after finish is committed") as service, ThreadPoolExecutor(25) as clients:
        list(clients.map(ask, [service] * 25))
        assert service.running.process.wait(10) == -signal.SIGKILL
    with fake_service(tmp_path) as service, ThreadPoolExecutor(50) as clients:
        list(clients.map(ask, [service] * 50))
        other = service.generate(seed=8, idempotencyKey="once")
        listed = service.running.data("{ generations { totalCount } imageHistory { totalCount } }")
    assert len(answers) >= 50
    assert len({answer["generation"]["id"] for answer in answers}) == 1
    assert listed == {"generations": {"totalCount": 1}, "imageHistory": {"totalCount": 1}}
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]


@pytest.mark.timeout(300)
def test_in_a_storm_of_cancels_everything_ends_as_its_client_was_told(tmp_path: Path, rounds: int) -> None:
    number = 40 * rounds
    with fake_service(tmp_path) as service, ThreadPoolExecutor(8) as clients:
        service.order(slow_s=0.02)

        def visit(seed: int) -> tuple[str, str | None]:
            """A face, and for two of three a cancel some time later: what was told of it."""
            asked = {"input": {"seed": seed, "truncationPsi": 1.0}}
            key = service.running.data(GENERATE, asked)["generateFace"]["generation"]["id"]
            if seed % 3 == 0:
                return key, None
            time.sleep(Random(seed).uniform(0, 0.3))
            canceled = service.running.data(CANCEL, {"id": key})["cancelGeneration"]["generation"]
            return key, canceled["status"]

        told = dict(clients.map(visit, range(number)))
        found = wait_until_all_end(service.running)
    assert found.keys() == told.keys()
    assert {status for key, status in found.items() if told[key] is None} == {"SUCCEEDED"}
    assert {key: told[key] for key in told if told[key]} == {key: found[key] for key in told if told[key]}
    assert set(Counter(status for status in told.values() if status)) <= {"CANCELED", "SUCCEEDED"}
    assert "CANCELED" in told.values()
    asyncio.run(check_all_is_whole(tmp_path))


async def test_fifty_clients_at_once_in_one_process_share_one_generation_too(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        answers = await asyncio.gather(*(_once(service) for _ in range(50)))
        assert len(set(answers)) == 1


async def _once(service: GraphQLService) -> str:
    key: str = (await service.generate(seed=5, idempotencyKey="k"))["generation"]["id"]
    return key
