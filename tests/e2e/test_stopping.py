"""The service stops: politely within 10 s, or killed at any moment, and no accepted work is lost."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import GENERATE, PROJECT, TERMINAL, RunningService, free_port, running_service, settings

STATUSES = """
query Statuses($after: String) {
  generations(first: 100, after: $after) { nodes { id status } pageInfo { hasNextPage endCursor } }
}
"""


def statuses(service: RunningService) -> dict[str, str]:
    found: dict[str, str] = {}
    after = None
    while True:
        page = service.data(STATUSES, {"after": after})["generations"]
        found |= {node["id"]: node["status"] for node in page["nodes"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def wait_until_all_end(service: RunningService, timeout_s: float = 60) -> dict[str, str]:
    deadline = time.monotonic() + timeout_s
    found: dict[str, str] = {}
    while time.monotonic() < deadline:
        found = statuses(service)
        if all(status in TERMINAL for status in found.values()):
            return found
        time.sleep(0.2)
    raise AssertionError(f"still going on: {found}")


def ask_for_many(service: RunningService, seeds: range) -> list[str]:
    """Accepted generations' ids; stops asking when the service is gone."""
    accepted = []
    for seed in seeds:
        try:
            answer = service.ask(GENERATE, {"input": {"seed": seed}}, timeout_s=5)
        except httpx.TransportError:
            break
        accepted.append(answer["data"]["generateFace"]["generation"]["id"])
    return accepted


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone_within(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.fault
@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_10_s_open_subscriptions_included(tmp_path: Path, signal_number: int) -> None:
    with running_service(tmp_path) as service, service.socket() as connection:
        query = "subscription { generationCompleted { id } }"
        connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        ask_for_many(service, range(20))
        engines = children_of(service.process.pid)
        assert engines
        assert service.stop(signal_number, timeout_s=10) == 0
        assert gone_within(engines, 5)


@pytest.mark.fault
@pytest.mark.parametrize("after_s", [0.0, 1.5, 3.0])
def test_a_signal_while_it_starts_ends_it_too_and_leaves_nothing_running(tmp_path: Path, after_s: float) -> None:
    with running_service(tmp_path, ready=False) as service:
        deadline = time.monotonic() + 30
        while not (tmp_path / "manganace.sqlite3").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(after_s)
        engines = children_of(service.process.pid)
        assert service.stop(signal.SIGTERM, timeout_s=10) == 0
        assert gone_within(engines, 5)
        assert "Traceback" not in service.log.read_text()


def test_work_in_hand_at_a_signal_goes_on_after_the_next_start(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        accepted = ask_for_many(service, range(60))
        service.stop()
    with running_service(tmp_path) as service:
        found = wait_until_all_end(service)
    assert {found[generation] for generation in accepted} == {"SUCCEEDED"}


@pytest.mark.fault
@pytest.mark.slow
def test_killed_at_any_moment_every_accepted_generation_ends_once(tmp_path: Path) -> None:
    accepted: list[str] = []
    moments = random.Random(0)
    for round_number in range(4):
        with running_service(tmp_path) as service:
            accepted += ask_for_many(service, range(100 * round_number, 100 * round_number + 30))
            time.sleep(moments.uniform(0, 0.3))
            engines = children_of(service.process.pid)
            service.stop(signal.SIGKILL)
            assert gone_within(engines, 10)
    with running_service(tmp_path) as service:
        found = wait_until_all_end(service)
        assert {found[generation] for generation in accepted} == {"SUCCEEDED"}
    with closing(sqlite3.connect(tmp_path / "manganace.sqlite3")) as database:
        assert database.execute("SELECT max(n) FROM (SELECT count(*) n FROM images GROUP BY render_id)").fetchone() == (
            1,
        )
        for sha256, thumbnail in database.execute("SELECT sha256, thumbnail_sha256 FROM pictures"):
            assert list(tmp_path.glob(f"static/images/*/{sha256}.png"))
            assert list(tmp_path.glob(f"static/thumbnails/*/{thumbnail}.webp"))


def test_a_killed_engine_is_replaced_while_the_service_answers(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        for engine in children_of(service.process.pid):
            os.kill(engine, signal.SIGKILL)
        assert service.data("{ service { name } }") == {"service": {"name": "Manganace"}}
        assert service.generate(seed=5)["generation"]["status"] == "SUCCEEDED"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_signal_to_make_reaches_the_server(tmp_path: Path) -> None:
    if subprocess.run(["make", "--question", "install"], cwd=PROJECT, check=False).returncode:
        pytest.skip("the environment is not what make would install; run make install")
    port = free_port()
    with (tmp_path / "make.log").open("wb") as log:
        make = subprocess.Popen(
            ["make", "serve", f"PORT={port}"],
            cwd=PROJECT,
            env=settings(tmp_path),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    service = RunningService(make, port, tmp_path / "make.log")
    try:
        service.wait_until_ready()
        started = children_of(make.pid)
        make.send_signal(signal.SIGTERM)
        make.wait(10)
        assert gone_within(started, 10)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{service.url}/livez", timeout=2)
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGKILL)
