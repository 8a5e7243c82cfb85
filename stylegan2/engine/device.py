"""One device, and whichever engine process drives it at the moment: brought up, checked, replaced when lost."""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylegan2.engine.limits import Watchdog
from stylegan2.engine.pictures import canary_face, render, same_picture
from stylegan2.engine.process import EngineProcess
from stylegan2.engine.terms import DeviceSpec, DeviceStatus, RunnerOptions
from stylegan2.errors import EngineError, EngineLost
from stylegan2.face import Face
from stylegan2.network import NetworkDescription

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array, Message

GPU_BATCH = 8
"""Where an engine does not tell how many faces fit."""
LARGEST_BATCH = 32
"""The shared memory has room for so many; it takes none before they come."""

logger = logging.getLogger(__name__)


class Device:
    """Used by one thread, its driver's; `status`, `given_up`, `stop` and `kill` by any."""

    def __init__(
        self,
        spec: DeviceSpec,
        networks: Mapping[str, NetworkDescription],
        options: RunnerOptions,
        on_change: Callable[[], None],
    ) -> None:
        self.status = DeviceStatus(spec.device, spec.command.name, ready=False, detail="starting")
        self.companions: tuple[str, ...] = ()
        """The other devices that "auto" stands for, once the first engine has started."""
        self._spec = spec
        self._networks = networks
        self._options = options
        self._on_change = on_change
        self._watchdog = Watchdog(options.hang_floor_s, options.hang_factor)
        self._process: EngineProcess | None = None
        self._closing = threading.Event()
        self._canaries: dict[str, Array] = {}
        self._checked_at = 0.0
        self._starts_in_vain = 0
        self._failed_starts = 0
        self._fitting: int | None = None

    @property
    def batch_size(self) -> int:
        """The most faces a batch: by settings, else what the engine found to fit; a CPU gains nothing by several."""
        return self._spec.batch_size or self._fitting or (1 if self._spec.device == "cpu" else GPU_BATCH)

    @property
    def given_up(self) -> bool:
        """It failed to start too often in a row; it is still tried."""
        return self._failed_starts >= self._options.start_attempts

    def bring_up(self) -> bool:
        """Start engines, with growing pauses, until one is ready (True) or the device is stopped (False)."""
        while not self.status.ready and not self._closing.wait(self._pause_s()):
            self._starts_in_vain += 1
            try:
                self._start()
            except Exception as error:
                if not isinstance(error, EngineError):
                    logger.exception("%s: the engine's start failed", self._spec.device)
                self._failed_starts += 1
                self.lost(error)
        return not self._closing.is_set()

    def render(self, faces: Sequence[Face]) -> "Array":
        """Pictures uint8 [N, H, W, C] of faces of one network; raises `EngineError` and its kinds."""
        process, started = self._engine(), time.monotonic()
        description = self._networks[faces[0].network]
        pictures = render(process, description, faces, self._watchdog.budget_s(len(faces)))
        self._watchdog.saw(time.monotonic() - started, len(faces))
        self._starts_in_vain = 0
        self._checked_at = time.monotonic()
        return pictures

    def look_after(self) -> None:
        """When idle: notice an engine that died, and see now and then that it still renders what it did."""
        if self._process is not None and not self._process.alive:
            self.lost(EngineLost("the engine's process ended while it was idle"))
        elif 0 < self._options.canary_every_s <= time.monotonic() - self._checked_at:
            self.verify()

    def verify(self) -> None:
        """Render the canaries; an engine that renders them otherwise than the first one did is out of service."""
        try:
            for description in self._networks.values():
                self._check_canary(description, self._watchdog.budget_s(1))
        except EngineError as error:
            self.lost(error)

    def lost(self, reason: Exception) -> None:
        """Out of service, its process ended, until `bring_up`."""
        self._report(ready=False, detail=str(reason))
        if not self._closing.is_set():
            logger.warning("%s is out of service: %s", self._spec.device, reason)
        self._end_process(patience_s=0.0)

    def stop(self) -> None:
        """No engine is started any more, and one that is still starting ends at once."""
        self._closing.set()
        if not self.status.ready:
            self.kill()

    def kill(self) -> None:
        """End the engine's process by force, whatever it does."""
        self._closing.set()
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        self._closing.set()
        self._report(ready=False, detail="closed")
        self._end_process(patience_s=2.0)

    def _engine(self) -> EngineProcess:
        if self._process is None:
            raise EngineLost("the engine is not running")
        return self._process

    def _start(self) -> None:
        largest = max(each.resolution**2 * each.image_channels for each in self._networks.values())
        process = self._process = EngineProcess(self._spec, (self._spec.batch_size or LARGEST_BATCH) * largest)
        if self._closing.is_set():
            raise EngineLost("the runner is closing")
        timeout_s = self._options.start_timeout_s
        process.call({"command": "hello"}, timeout_s=timeout_s)
        for description in self._networks.values():
            self._load(process, description)
            started = time.monotonic()
            self._check_canary(description, timeout_s)
            self._watchdog.saw(time.monotonic() - started, 1)
        told, _ = process.call({"command": "hello"}, timeout_s=timeout_s)  # what serves may depend on the networks
        self._settle(told)

    def _settle(self, told: "Message") -> None:
        """The engine is ready. "auto" becomes what it chose, so that its successor gets the same device."""
        self.companions = tuple(told["devices"][1:]) if self._spec.device == "auto" else ()
        self._spec = dataclasses.replace(self._spec, device=told["device"])
        self._failed_starts = 0
        self._fitting = told.get("batch_size")
        memory = "" if told["memory_bytes"] is None else f", {told['memory_bytes'] / 2**30:.1f} GiB"
        self._report(ready=True, detail=f"{told['device_name']}{memory}", engine=f"{told['engine']} {told['version']}")

    def _load(self, process: EngineProcess, description: NetworkDescription) -> None:
        message, tensors = _network_message(description, self._spec.command.reads_files)
        answer, _ = process.call(message, tensors, timeout_s=self._options.start_timeout_s)
        if answer.get("sha256") != description.sha256:
            raise EngineError(f"{description.path} has changed since the service started")

    def _check_canary(self, description: NetworkDescription, timeout_s: float) -> None:
        picture = render(self._engine(), description, [canary_face(description)], timeout_s)[0]
        if not same_picture(picture, self._canaries.setdefault(description.name, picture)):
            raise EngineError(f"the canary face of {description.name} comes out otherwise than it first did")
        self._checked_at = time.monotonic()

    def _pause_s(self) -> float:
        if self._starts_in_vain == 0:
            return 0.0
        doublings = min(self._starts_in_vain - 1, 16)
        return min(self._options.backoff_first_s * 2.0**doublings, self._options.backoff_cap_s)

    def _report(self, *, ready: bool, detail: str, engine: str | None = None) -> None:
        self.status = DeviceStatus(self._spec.device, engine or self.status.engine, ready, detail)
        self._on_change()

    def _end_process(self, patience_s: float) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close(patience_s)


def _network_message(description: NetworkDescription, by_path: bool) -> "tuple[Message, Mapping[str, Array]]":
    """The `load` command; where the engine cannot read files, with everything that the file holds."""
    message: dict[str, Any] = {"command": "load", "network": description.name}
    path = Path(description.path).absolute()
    if by_path:
        return {**message, "path": str(path)}, {}
    from stylegan2.checkpoint import read_network  # only here: no reader is needed beside an engine that reads

    network = read_network(path)
    mapping, synthesis = dataclasses.asdict(network.mapping), dataclasses.asdict(network.synthesis)
    mapping["label_input"], synthesis["kind"] = network.mapping.label_input.value, network.synthesis.kind.value
    return {**message, "mapping": mapping, "synthesis": synthesis, "sha256": network.sha256}, network.tensors
