"""What one face costs the engine: time on one core, and the memory of a process that has loaded the network."""

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from stylegan2.demo.faces import load

_PROGRAM = """
import sys, torch
from pathlib import Path
from stylegan2.checkpoint import read_network
from stylegan2.networks import Generator
torch.set_num_threads(1)
generator = Generator.from_network(read_network(Path(sys.argv[1])))
w = generator.map(torch.zeros(1, generator.mapping.spec.z_dim))
generator.synthesize(w[:, None].repeat(1, generator.synthesis.spec.num_ws, 1))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    milliseconds: float
    """Median of single faces, from seed to pixels, one thread."""
    fastest_ms: float
    """On a machine that others use too, the fastest says what the arithmetic takes."""
    process_mb: float | None
    """Peak resident memory of an engine's process; None where the system does not tell."""


def cost(path: Path, faces: int = 30) -> Cost:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = _times(path, faces)
    finally:
        torch.set_num_threads(threads)
    return Cost(statistics.median(times), min(times), _process_mb(path))


def _times(path: Path, faces: int) -> list[float]:
    loaded = load(path)
    times = []
    for seed in range(faces):
        start = time.perf_counter()
        loaded.pictures(loaded.ws([seed], 0.5))
        times.append((time.perf_counter() - start) * 1000)
    return times


def _process_mb(path: Path) -> float | None:
    if not sys.platform.startswith("linux"):
        return None
    command = [sys.executable, "-c", _PROGRAM, str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own program
    return int(answer.stdout) / 1024
