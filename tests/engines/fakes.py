"""How tests order fake engines, and what a face of theirs looks like."""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.engine.terms import DeviceSpec, EngineCommand, RunnerOptions
from stylegan2.face import Face
from stylegan2.network import NetworkDescription
from tests.engines.fake_engine import SHA256, SIZE, W_DIM, Z_DIM, _picture

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array

QUICK = RunnerOptions(start_timeout_s=60, hang_floor_s=30, backoff_first_s=0.05, backoff_cap_s=0.2, canary_every_s=0)


def described(name: str = "fake", label_dim: int = 0) -> NetworkDescription:
    w_avg = np.zeros(W_DIM, np.float32)
    return NetworkDescription(name, "fake.pkl", SHA256, Z_DIM, W_DIM, 6, SIZE, 3, label_dim, w_avg)


def fake_command(**orders: Any) -> EngineCommand:
    arguments = ("--orders", json.dumps({key: _plain(value) for key, value in orders.items()}))
    return EngineCommand("fake", module="tests.engines.fake_engine", arguments=arguments)


def fake_device(batch_size: int = 8, device: str = "gpu:0", **orders: Any) -> DeviceSpec:
    return DeviceSpec(device, batch_size, command=fake_command(**orders))


def face(seed: int, network: str = "fake") -> Face:
    return Face(network, seed)


def picture_of(face: Face) -> "Array":
    """What the fake engine makes of a face with psi 1 and no edits."""
    w = np.random.RandomState(face.seed).randn(1, Z_DIM)[0, :W_DIM].astype(np.float32)
    return _picture(np.tile(w, (6, 1)))


def process_of(detail: str) -> int:
    """The fake engine's process id, which it gives as its device's name."""
    return int(detail.removeprefix("process "))


def exists(process_id: int) -> bool:
    """Zombies do not count."""
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    return False


def children() -> set[int]:
    """The process ids of this process's children, zombies included."""
    found: set[int] = set()
    for thread in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(OSError):  # a thread that ended meanwhile
            found.update(map(int, (thread / "children").read_text().split()))
    return found


def eventually(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
