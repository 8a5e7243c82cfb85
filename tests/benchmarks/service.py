"""The service: what GraphQL, the ledger, encoding and files add to the engine's own time, at several concurrencies."""

import http.client
import json
import re
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.benchmarks.alone import faces_a_second
from tests.benchmarks.networks import default_network
from tests.benchmarks.tables import milliseconds, print_table, times
from tests.e2e.server import GENERATE, RunningService, running_service

CLIENTS = (1, 8, 64)
REQUESTS = 128
STAGES = ("render", "encode", "store")

seeds = count(1_000_000)


def run() -> None:
    name, path = default_network()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(Path(folder), networks=f"{name}={path}", directions="", threads="") as service,
    ):
        _ask(_connection(service))
        rows = [_measured(service, clients) for clients in CLIENTS]
    alone = faces_a_second(name, path, range(REQUESTS + 1))
    rows = [[*row, times(float(str(row[7])) / alone)] for row in rows]
    print_table(
        f"generateFace over GraphQL, waited for, {name}; compared to the engine's own time in the same requests",
        ["clients", "median ms", "p95 ms", "render ms", "encode ms", "store ms", "rest ms", "faces/s", "of engine's",
         "{__typename} p99 ms", f"of {alone:.1f} faces/s alone"],
        rows,
    )  # fmt: skip


def _measured(service: RunningService, clients: int) -> list[object]:
    before = _stages(service)
    with _probing(service) as probe:
        started = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            taken = sorted(pool.map(lambda _: _timed(service), range(REQUESTS)))
        elapsed = time.perf_counter() - started
    after = _stages(service)
    stage = {name: (after[name] - before[name]) / REQUESTS for name in STAGES}
    rest = taken[len(taken) // 2] - sum(stage.values()) if clients == 1 else None
    return [
        clients,
        milliseconds(median(taken)),
        milliseconds(taken[int(0.95 * len(taken))]),
        *(milliseconds(stage[name]) for name in STAGES),
        "-" if rest is None else milliseconds(rest),
        f"{REQUESTS / elapsed:.1f}",
        times(REQUESTS / elapsed * stage["render"]),
        milliseconds(probe.p99),
    ]


def _timed(service: RunningService) -> float:
    if not hasattr(_thread, "connection"):
        _thread.connection = _connection(service)
    started = time.perf_counter()
    _ask(_thread.connection)
    return time.perf_counter() - started


_thread = threading.local()


def _connection(service: RunningService) -> http.client.HTTPConnection:
    """The clients share the cores with what they measure: this one takes a tenth of what httpx does."""
    return http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)


def _post(connection: http.client.HTTPConnection, **body: object) -> Any:
    connection.request("POST", "/graphql", json.dumps(body), {"Content-Type": "application/json"})
    return json.load(connection.getresponse())


def _ask(connection: http.client.HTTPConnection) -> None:
    variables = {"input": {"seed": next(seeds), "waitMs": 30000}}
    answer = _post(connection, query=GENERATE, variables=variables)
    if answer["data"]["generateFace"]["generation"]["status"] != "SUCCEEDED":
        raise RuntimeError(str(answer))


def _stages(service: RunningService) -> dict[str, float]:
    """Seconds spent so far, by stage."""
    text = httpx.get(f"{service.url}/metrics").text
    found = re.findall(r'^manganace_render_seconds_sum\{stage="(\w+)"\} (\S+)$', text, re.MULTILINE)
    return {stage: float(value) for stage, value in found}


class _probing:  # noqa: N801 - reads as a verb in `with`
    """A client that asks for nothing much every 20 ms, as long as the block lasts."""

    def __init__(self, service: RunningService) -> None:
        self._service = service
        self._stop = threading.Event()
        self._taken: list[float] = []
        self._thread = threading.Thread(target=self._run)

    @property
    def p99(self) -> float:
        return sorted(self._taken)[int(0.99 * len(self._taken))]

    def __enter__(self) -> "_probing":
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = _connection(self._service)
        while not self._stop.wait(0.02):
            started = time.perf_counter()
            _post(connection, query="{ __typename }")
            self._taken.append(time.perf_counter() - started)
        connection.close()
