"""What a runner is told and what it tells: devices, options, priorities, finished pictures."""

import os
import sys
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


class Priority(IntEnum):
    """Lower goes first; the two never share a batch, so that a single face does not wait for seven others."""

    INTERACTIVE = 0
    BULK = 10


def _patient_threads() -> tuple[tuple[str, str], ...]:
    """OpenMP's threads sleep while they wait: spinning, they fight whatever else runs, and a picture takes 4 times as
    long on a busy machine. An operator's own setting wins."""
    return () if "OMP_WAIT_POLICY" in os.environ else (("OMP_WAIT_POLICY", "PASSIVE"),)


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """Which program an engine's process runs: another engine is another command."""

    name: str = "torch"
    python: str = sys.executable
    module: str = "stylegan2.engine.torch_engine"
    arguments: tuple[str, ...] = ()
    reads_files: bool = True
    """False: the runner reads a network's file and sends its arrays."""
    environment: tuple[tuple[str, str], ...] = field(default_factory=_patient_threads)
    """Variables set on top of this process's own."""


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One device to drive: "cpu", "cuda:0", or "auto" (every CUDA device, else the CPU)."""

    device: str = "auto"
    batch_size: int | None = None
    """Most faces a batch; None: what the engine finds to fit, and 1 on a CPU, which gains nothing by batches."""
    threads: int | None = None
    """CPU threads of the engine's process; None: the engine's own choice."""
    command: EngineCommand = field(default_factory=EngineCommand)


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """Bounds of a runner; seconds unless they say otherwise."""

    queue_limit: int = 10_000
    """Faces that may wait; one more raises `RunnerFull`."""
    start_timeout_s: float = 120.0
    """For each step of an engine's start: its imports, each network, each canary."""
    hang_floor_s: float = 30.0
    hang_factor: float = 10.0
    """An engine that needs `hang_factor` times its slowest picture, and at least `hang_floor_s`, is replaced."""
    start_attempts: int = 3
    """After so many failed starts in a row on every device there is no engine; starting goes on."""
    backoff_first_s: float = 0.5
    backoff_cap_s: float = 30.0
    canary_every_s: float = 300.0
    """How often an idle engine renders its canary again; 0: only when it starts."""


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device as it is now."""

    name: str
    """ "cpu", "cuda:0"; "auto" until its engine has chosen."""
    engine: str
    """ "torch 2.13.0"; without the version until the first engine has started."""
    ready: bool
    """The canary rendered in the engine's process, as it did the first time."""
    detail: str
    """The device's own name and memory when it is ready, else the reason why it is not."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished picture and what it took."""

    pixels: "Array" = field(repr=False)
    """uint8 [height, width, channels], its own memory."""
    device: str
    engine: str
    queue_ms: float
    """From `submit` to the start of the batch that made it, failed batches before it included."""
    render_ms: float
    """That batch, start to end."""
    batch_size: int
