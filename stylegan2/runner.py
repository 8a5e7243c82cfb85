"""The pool that turns faces into pictures: one thread a device, each driving an engine's process of its own.

    with Runner({"ffhq": description}, [DeviceSpec("auto")]) as runner:
        picture = runner.submit(Face("ffhq", seed=42, psi=0.5)).result().pixels

Devices take whatever waits, up to their batch size, and never wait for more. Close the runner, or use it as a context:
its threads keep the interpreter from ending.
"""

import dataclasses
import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from stylegan2.checks import check_face
from stylegan2.engine.device import Device
from stylegan2.engine.driver import Driver, close_down, fail
from stylegan2.engine.terms import (
    DeviceSpec,
    DeviceStatus,
    EngineCommand,
    Priority,
    Rendered,
    RunnerOptions,
)
from stylegan2.engine.waiting import NO_BOUND, Submission, WaitingFaces
from stylegan2.errors import EngineUnavailable, InvalidFace
from stylegan2.face import Face
from stylegan2.network import NetworkDescription

__all__ = [
    "DeviceSpec",
    "DeviceStatus",
    "EngineCommand",
    "Priority",
    "Rendered",
    "Runner",
    "RunnerOptions",
]

MOST_DEVICES = 64
BATCHES_AHEAD = 2
AHEAD_S = 0.25
"""So much is handed over at once where two batches last less: a hand-over has its price."""
KILLED_WITHIN_S = 8.0

logger = logging.getLogger(__name__)


class Runner:
    """Thread-safe. Callbacks of its futures and `on_change` run in a device's thread and must be quick."""

    def __init__(
        self,
        networks: Mapping[str, NetworkDescription],
        devices: Sequence[DeviceSpec],
        options: RunnerOptions | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """`on_change` is called whenever a device's status moves."""
        self._networks = dict(networks)
        self._options = options or RunnerOptions()
        self._on_change = on_change
        self._waiting = WaitingFaces(self._options.queue_limit)
        self._lock = threading.Lock()
        self._closed = False
        self._pool = ThreadPoolExecutor(MOST_DEVICES, thread_name_prefix="device")
        self._runs: list[Future[None]] = []
        self._drivers = tuple(self._driver(spec) for spec in devices)

    def start(self) -> None:
        """Let every device start its engine, and return at once; faces may be submitted before any is ready."""
        with self._lock:
            if not self._runs:
                self._runs = [self._pool.submit(driver.run) for driver in self._drivers]

    def submit(
        self, face: Face, priority: Priority = Priority.INTERACTIVE, *, alone: bool = False
    ) -> "Future[Rendered]":
        """Queue a face; `alone` keeps it out of batches, for one that has failed before.

        Raises InvalidFace, RunnerFull, RunnerClosed, and EngineUnavailable where no engine can be started. The
        future gives a `Rendered` or raises: EngineError (OutOfDeviceMemory and EngineLost among them) when this very
        face failed, alone, and neither was its neighbour's fault; EngineUnavailable or RunnerClosed when it was not
        tried to its end. Its `cancel` drops a face that no device has taken yet.
        """
        if face.network not in self._networks:
            raise InvalidFace(f"there is no network {face.network!r}")
        check_face(face, self._networks[face.network])
        if reason := self.unavailable_reason():
            raise EngineUnavailable(reason)
        submission = Submission(face, priority, Future(), company=1 if alone else NO_BOUND)
        self._waiting.put(submission)
        return submission.future

    def devices(self) -> tuple[DeviceStatus, ...]:
        return tuple(driver.device.status for driver in self._drivers)

    def waiting(self) -> int:
        """Faces that no device has taken yet."""
        return len(self._waiting)

    def room(self, priority: Priority = Priority.BULK) -> int:
        """How many more faces keep the ready devices busy: two batches or AHEAD_S for each, less those that would go
        before; none while half of them wait.
        """
        most = sum(_most_ahead(driver) for driver in self._drivers if driver.device.status.ready)
        free = most - self._waiting.ahead_of(priority)
        return free if 2 * free >= most else 0

    def pace_s(self) -> float | None:
        """Measured seconds a picture, all devices together; None before the first."""
        rates = [1 / driver.pace_s for driver in self._drivers if driver.pace_s]
        return 1 / sum(rates) if rates else None

    def unavailable_reason(self) -> str | None:
        """Why no engine can be started, once every device has failed to too often in a row; they go on trying."""
        devices = [driver.device for driver in self._drivers]
        if not all(device.given_up for device in devices):
            return None
        return devices[-1].status.detail if devices else "no device is set up"

    def close(self, timeout_s: float = 8.0) -> None:
        """Take nothing more, let each device finish the batch in hand, and end every process and thread.

        What waits fails with RunnerClosed at once, a batch that needs longer than `timeout_s` then.
        """
        with self._lock:
            self._closed = True
            runs = tuple(self._runs)
        left = self._waiting.close()
        for driver in self._drivers:
            driver.device.stop()
        close_down(left)
        if wait(runs, timeout_s).not_done:
            for driver in self._drivers:
                driver.device.kill()
            wait(runs, KILLED_WITHIN_S)
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _driver(self, spec: DeviceSpec) -> Driver:
        device = Device(spec, self._networks, self._options, self._device_changed)
        return Driver(device, self._waiting, lambda ready: self._join_companions(spec, ready))

    def _join_companions(self, spec: DeviceSpec, ready: Device) -> None:
        """ "auto" stands for several devices once its first engine has told their names."""
        for name in ready.companions:
            with self._lock:
                known = {driver.device.status.name for driver in self._drivers}
                if self._closed or name in known:
                    continue
                driver = self._driver(dataclasses.replace(spec, device=name))
                self._drivers = (*self._drivers, driver)
                self._runs.append(self._pool.submit(driver.run))

    def _device_changed(self) -> None:
        if reason := self.unavailable_reason():
            fail(self._waiting.drain(), EngineUnavailable(reason))
        if self._on_change is not None:
            try:
                self._on_change()
            except Exception:
                logger.exception("the callback for a device's change failed")


def _most_ahead(driver: Driver) -> int:
    lasting = AHEAD_S / driver.pace_s if driver.pace_s else 0
    return max(BATCHES_AHEAD * driver.limit, math.ceil(lasting))
