"""Engines side by side: each in a process of its own, asked in turns, timed on the clock and by its processor time."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from infrastructure.cores import usable_cores
from stylegan2.checkpoint import write_network
from stylegan2.engine.process import EngineProcess
from stylegan2.engine.terms import DeviceSpec, EngineCommand
from stylegan2.errors import EngineUnavailable
from stylegan2.latents import z_from_seed
from stylegan2.network import Network
from stylegan2.openvino.command import openvino_command
from stylegan2.tensorflow.command import tensorflow_command

TIMEOUT_S = 600.0
PEER = "BENCH_PEER"
"""Names the folder with stylegan2-ada-pytorch's code."""
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)
class Contender:
    """One engine with one network."""

    process: EngineProcess
    name: str
    resolution: int
    seconds: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)
    pictures: Array | None = None

    @classmethod
    def started(cls, command: EngineCommand, device: str, path: Path, network: Network) -> "Contender":
        spec = DeviceSpec(device, threads=usable_cores(), command=command)
        process = EngineProcess(spec, 64 * network.synthesis.resolution**2 * 3)
        told, _ = process.call({"command": "hello"}, timeout_s=TIMEOUT_S)
        process.call({"command": "load", "network": "n", "path": str(path)}, timeout_s=TIMEOUT_S)
        return cls(process, f"{told['engine']} {told['version']}", network.synthesis.resolution)

    def render(self, batch: int) -> None:
        """Timed, per picture."""
        ws = self._ws(batch)
        command = {"command": "synthesize", "network": "n", "noises": [{"mode": "const"}] * batch}
        used, started = self._processor_s(), time.perf_counter()
        _, results = self.process.call(command, {"ws": ws}, timeout_s=TIMEOUT_S)
        self.seconds.append((time.perf_counter() - started) / batch)
        self.processor_s.append((self._processor_s() - used) / batch)
        self.pictures = results["pictures"]

    def forget(self) -> None:
        self.seconds, self.processor_s = [], []

    def _ws(self, batch: int) -> Array:
        z = np.concatenate([z_from_seed(seed, 512) for seed in range(batch)])
        _, results = self.process.call({"command": "map", "network": "n"}, {"z": z}, timeout_s=TIMEOUT_S)
        return np.repeat(results["w"][:, None], 2 * self.resolution.bit_length() - 4, 1)

    def _processor_s(self) -> float:
        """What the process has used so far, all threads together; 0 where the system does not tell."""
        with suppress(OSError):
            fields = Path(f"/proc/{self.process.process_id}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0


@contextmanager
def contenders(commands: Sequence[EngineCommand], network: Network, device: str = "cpu") -> Iterator[list[Contender]]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "network.safetensors"
        write_network(network, path)
        started = []
        for command in commands:
            started.append(Contender.started(command, device, path, network))
            stack.callback(started[-1].process.close)
        yield started


def in_turns(engines: Sequence[Contender], batch: int, rounds: int) -> None:
    """Every engine once a round, after a round that is not counted."""
    for number in range(rounds + 1):
        for engine in engines:
            engine.render(batch)
            if number == 0:
                engine.forget()


def cpu_commands(cache: Path) -> list[EngineCommand]:
    """Ours first, then whichever peers are here; what is missing is said."""
    commands = [openvino_command(cache), EngineCommand()]
    if peer := peer_command():
        commands.append(peer)
    try:
        commands.append(tensorflow_command())
    except EngineUnavailable as error:
        print(f"  left out: {error}")
    return commands


def peer_command() -> EngineCommand | None:
    folder = os.environ.get(PEER)
    if folder is None:
        print(f"  left out: stylegan2-ada-pytorch ({PEER} names the folder with its code)")
        return None
    module = "tests.benchmarks.peer_engine"
    return EngineCommand("stylegan2-ada-pytorch", module=module, arguments=("--peer", str(Path(folder).absolute())))
