"""Processes of the TensorFlow engine for tests, where it is installed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stylegan2.engine.process import EngineProcess
from stylegan2.engine.terms import DeviceSpec, EngineCommand
from stylegan2.errors import EngineUnavailable
from stylegan2.tensorflow.command import tensorflow_command

if TYPE_CHECKING:
    from stylegan2.network import Network

Array = np.ndarray[Any, np.dtype[Any]]
TIMEOUT_S = 120.0
CONST = {"mode": "const"}


@cache
def installed_command() -> EngineCommand:
    """Skips the test that asks where there is no TensorFlow engine."""
    try:
        return tensorflow_command()
    except EngineUnavailable as error:
        pytest.skip(str(error))


def image_command(*arguments: str) -> EngineCommand:
    """The engine whose pictures are float32."""
    command = installed_command()
    return dataclasses.replace(
        command, module="tests.engines.tensorflow_images", arguments=(*command.arguments, *arguments)
    )


class Engine:
    """One engine's process, called as the runner calls it."""

    def __init__(self, command: EngineCommand, device: str = "cpu") -> None:
        self.process = EngineProcess(DeviceSpec(device, threads=1, command=command), memory_bytes=2**20)
        self._loaded: set[str] = set()

    def call(self, command: str, arrays: dict[str, Array] | None = None, **fields: Any) -> tuple[Any, dict[str, Array]]:
        return self.process.call({"command": command, **fields}, arrays, timeout_s=TIMEOUT_S)

    def load(self, name: str, path: Path) -> str:
        """Once for each name; gives the name."""
        if name not in self._loaded:
            self.call("load", network=name, path=str(path))
            self._loaded.add(name)
        return name

    def load_arrays(self, name: str, network: Network) -> str:
        from stylegan2.tensorflow.export import specification

        self.call("load", dict(network.tensors), network=name, **specification(network))
        return name

    def map(self, name: str, z: Array, labels: Array | None = None) -> Array:
        arrays = {"z": z} if labels is None else {"z": z, "labels": labels}
        return self.call("map", arrays, network=name)[1]["w"]

    def synthesize(self, name: str, ws: Array, noises: Sequence[dict[str, Any]] = ()) -> Array:
        noises = list(noises) or [CONST] * len(ws)
        return self.call("synthesize", {"ws": ws}, network=name, noises=noises)[1]["pictures"]


def descendants(process_id: int) -> set[int]:
    """The process ids of a process's children and theirs."""
    found = set[int]()
    with suppress(OSError):  # it may end while it is looked at
        for thread in Path(f"/proc/{process_id}/task").iterdir():
            found |= {int(child) for child in (thread / "children").read_text().split()}
    return found.union(*map(descendants, found))


def is_engine(process_id: int) -> bool:
    with suppress(OSError):
        return b"stylegan2.tensorflow.engine" in Path(f"/proc/{process_id}/cmdline").read_bytes()
    return False
