"""The service as an operator runs it: a process of its own, spoken to over HTTP and WebSockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from websockets.sync.client import ClientConnection, connect

from stylegan2.checkpoint import read_network
from stylegan2.directions import Direction, write_directions

PROJECT = Path(__file__).resolve().parents[2]
GOLDEN = PROJECT / "tests" / "golden" / "skip32.pkl"
EMOTIONS = ("happy", "sad", "angry", "disgusted", "fearful", "surprised")
ENGINE = os.environ.get("MANGANACE_ENGINE", "auto")
"""The tests are the same for every engine: MANGANACE_ENGINE=tensorflow runs them with that one."""
CACHE = tempfile.TemporaryDirectory(prefix="manganace-cache-", ignore_cleanup_errors=True)
"""What one service has converted the next one finds."""
TERMINAL = ("SUCCEEDED", "FAILED", "CANCELED")

CLIENT = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
"""One for all: each would read the system's certificates anew, which takes longer than an answer."""

GENERATE = """
mutation Generate($input: GenerateFaceInput!) {
  generateFace(input: $input) {
    generation { id status image { id url thumbnailUrl seed width sha256 emotions { emotion strength } } }
    userErrors { code message field retryAfterMs }
  }
}
"""

APPLY = """
mutation Apply($input: ApplyEmotionInput!) {
  applyEmotion(input: $input) {
    generation { id status image { id url sha256 source { id } emotions { emotion strength } } }
    userErrors { code message field }
  }
}
"""


def tiny_directions(path: Path, network: Path = GOLDEN) -> Path:
    """Six random emotions for a golden network, so that edits can be seen."""
    read = read_network(network)
    random = np.random.RandomState(7)
    write_directions(
        [
            Direction(
                name=f"neutral->{emotion}",
                emotion=emotion,
                weight=1.0,
                offset=random.randn(read.synthesis.num_ws, read.synthesis.w_dim).astype(np.float32),
                network_sha256=read.sha256,
                provenance="random, for tests",
            )
            for emotion in EMOTIONS
        ],
        path,
    )
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class RunningService:
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, variables: dict[str, Any] | None = None, timeout_s: float = 60) -> dict[str, Any]:
        """The whole answer, errors included; the HTTP status is 200."""
        body = {"query": query, "variables": variables or {}}
        response = CLIENT.post(f"{self.url}/graphql", json=body, timeout=timeout_s)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def data(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.ask(query, variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def generate(self, **values: Any) -> dict[str, Any]:
        """The payload of generateFace, waited for unless told otherwise."""
        payload: dict[str, Any] = self.data(GENERATE, {"input": {"waitMs": 30000, **values}})["generateFace"]
        return payload

    def apply(self, image_id: str, **values: Any) -> dict[str, Any]:
        given = {"imageId": image_id, "waitMs": 30000, **values}
        payload: dict[str, Any] = self.data(APPLY, {"input": given})["applyEmotion"]
        return payload

    def file(self, url: str) -> httpx.Response:
        return httpx.get(f"{self.url}{url}", timeout=30)

    @contextmanager
    def socket(self) -> Iterator[ClientConnection]:
        """A graphql-transport-ws connection whose handshake is done."""
        address = f"ws://127.0.0.1:{self.port}/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]
            connection.send(json.dumps({"type": "connection_init"}))
            assert json.loads(connection.recv(timeout=10))["type"] == "connection_ack"
            yield connection

    def subscribe(
        self, connection: ClientConnection, query: str, variables: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """What a subscription sends, until it completes."""
        payload = {"query": query, "variables": variables}
        connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        while True:
            message = json.loads(connection.recv(timeout=60))
            if message["type"] == "complete":
                return
            yield message["payload"] if message["type"] == "next" else message

    def wait_until_ready(self, timeout_s: float = 90) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the service ended with {self.process.returncode}:\n{self.log.read_text()}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready after {timeout_s} s:\n{self.log.read_text()}")

    def stop(self, signal_number: int = signal.SIGTERM, timeout_s: float = 10) -> int:
        self.process.send_signal(signal_number)
        return self.process.wait(timeout_s)


def settings(data_dir: Path, **changes: str) -> dict[str, str]:
    """An environment that serves the golden network with its tiny directions from `data_dir`."""
    directions = data_dir / "tiny.directions.safetensors"
    if not directions.exists():
        tiny_directions(directions)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MANGANACE_")}
    values = {
        "data_dir": str(data_dir),
        "networks": f"tiny={GOLDEN}",
        "directions": f"tiny={directions}",
        "devices": "cpu",
        "threads": "1",
        "engine": ENGINE,
        "cache_dir": CACHE.name,
        **changes,
    }
    return plain | {f"MANGANACE_{name.upper()}": value for name, value in values.items()}


@contextmanager
def running_service(
    data_dir: Path, *, ready: bool = True, program: Sequence[str] = ("main.py",), **changes: str
) -> Iterator[RunningService]:
    """A service in a process group of its own; killed, children and all, when the block is left."""
    port = free_port()
    log = data_dir / f"service-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *program, "serve", "--port", str(port)],
            cwd=PROJECT,
            env=settings(data_dir, **changes),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    service = RunningService(process, port, log)
    try:
        if ready:
            service.wait_until_ready()
        yield service
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def command(
    data_dir: Path, *arguments: str, timeout_s: float = 120, **changes: str
) -> "subprocess.CompletedProcess[str]":
    """One run of the command line, with the settings of `settings`."""
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        cwd=PROJECT,
        env=settings(data_dir, **changes),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
