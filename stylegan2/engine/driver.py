"""The thread of one device: batches of what waits, and of a failing batch the one face that is to blame."""

import copy
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from stylegan2.engine.device import Device
from stylegan2.engine.limits import BatchLimit
from stylegan2.engine.terms import Rendered
from stylegan2.engine.waiting import Submission, WaitingFaces
from stylegan2.errors import EngineError, EngineLost, OutOfDeviceMemory, RunnerClosed, StyleGanError

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array

IDLE_LOOK_S = 0.5
PACE_MEMORY = 0.9
"""How much of the measured pace is kept with each batch."""

logger = logging.getLogger(__name__)


class Driver:
    """Feeds one device from the waiting faces until they are closed."""

    def __init__(self, device: Device, waiting: WaitingFaces, on_ready: Callable[[Device], None]) -> None:
        self.device = device
        self.pace_s: float | None = None
        """Seconds a picture, of late."""
        self._waiting = waiting
        self._on_ready = on_ready
        self._limit: BatchLimit | None = None

    @property
    def limit(self) -> int:
        """The most faces of the next batch."""
        return self.device.batch_size if self._limit is None else self._limit.size

    def run(self) -> None:
        """The body of the thread."""
        try:
            while self.device.bring_up():
                self._on_ready(self.device)
                self._drive()
        except Exception:
            logger.exception("%s: its driver stopped", self.device.status.name)
        finally:
            self.device.close()

    def _drive(self) -> None:
        """Until the engine is lost or the runner closes."""
        while self.device.status.ready:
            batch = self._waiting.take(lambda: self.limit, IDLE_LOOK_S)
            if batch is None:
                return
            if batch:
                self._render(batch)
            else:
                self.device.look_after()

    def _render(self, batch: list[Submission]) -> None:
        limit = self._limit = self._limit or BatchLimit(self.device.batch_size)
        started = time.monotonic()
        try:
            pictures = self.device.render([each.face for each in batch])
        except OutOfDeviceMemory as error:
            limit.failed(len(batch))
            self._try_again(batch, error)
        except EngineLost as error:
            self.device.lost(error)
            self._split(batch, error)
        except Exception as error:
            self._split(batch, error)
        else:
            limit.fitted(len(batch))
            seconds = time.monotonic() - started
            self._measure(seconds / len(batch))
            for submission, picture in zip(batch, pictures, strict=True):
                submission.future.set_result(self._rendered(submission, picture.copy(), started, seconds, len(batch)))

    def _try_again(self, batch: list[Submission], error: OutOfDeviceMemory) -> None:
        """A batch that was too large goes back whole: it is the limit that has changed."""
        if len(batch) == 1:
            fail(batch, error)
        else:
            self._put_back(batch)

    def _split(self, batch: list[Submission], error: Exception) -> None:
        """A face that fails alone has failed; one of several is tried again in a batch of half the size."""
        if len(batch) > 1:
            for submission in batch:
                submission.company = min(submission.company, len(batch) // 2)
            self._put_back(batch)
        elif self._waiting.closed and isinstance(error, EngineLost):
            self._put_back(batch)  # most likely it was ended on purpose: that is not the face's failure
        else:
            if not isinstance(error, StyleGanError):
                logger.error("%s: a face failed", self.device.status.name, exc_info=error)
            if self.device.status.ready:
                self.device.verify()
            fail(batch, error if isinstance(error, StyleGanError) else EngineError(repr(error)))

    def _put_back(self, batch: list[Submission]) -> None:
        if not self._waiting.put_back(batch):
            close_down(batch)

    def _measure(self, seconds: float) -> None:
        memory = 0.0 if self.pace_s is None else PACE_MEMORY
        self.pace_s = memory * (self.pace_s or 0.0) + (1 - memory) * seconds

    def _rendered(
        self, submission: Submission, pixels: "Array", started: float, seconds: float, batch_size: int
    ) -> Rendered:
        status = self.device.status
        queue_ms = 1000 * (started - submission.submitted_at)
        return Rendered(pixels, status.name, status.engine, queue_ms, 1000 * seconds, batch_size)


def close_down(submissions: Iterable[Submission]) -> None:
    """Fail what a closing runner could not do."""
    fail(submissions, RunnerClosed("the runner is closing; this face was not rendered"))


def fail(submissions: Iterable[Submission], error: Exception) -> None:
    """The end of faces that were not cancelled."""
    for submission in submissions:
        if submission.start():
            # A copy for each, without the traceback: its frames would keep the failed batch's arrays alive.
            submission.future.set_exception(copy.copy(error).with_traceback(None))
