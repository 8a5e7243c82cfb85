"""The faces that wait for a device: two lanes, bounded, first come first served within a lane."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import chain, count

from stylegan2.engine.terms import Priority, Rendered
from stylegan2.errors import RunnerClosed, RunnerFull
from stylegan2.face import Face

NO_BOUND = 2**31
KEYS = count()


@dataclass(slots=True, eq=False)
class Submission:
    """A face on its way to a picture."""

    face: Face
    priority: Priority
    future: "Future[Rendered]"
    company: int = NO_BOUND
    """The largest batch it may be in: halved with each batch that failed with it, until the culprit is alone."""
    submitted_at: float = field(default_factory=time.monotonic)
    started: bool = False
    key: int = field(default_factory=lambda: next(KEYS))

    def start(self) -> bool:
        """False if it was cancelled; from the first start on it cannot be."""
        self.started = self.started or self.future.set_running_or_notify_cancel()
        return self.started


class WaitingFaces:
    """Thread-safe. Everything that was put in leaves by `take`, `drain`, `close` or its future's cancellation."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lanes: dict[Priority, dict[int, Submission]] = {priority: {} for priority in sorted(Priority)}
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def ahead_of(self, priority: Priority) -> int:
        """Those that go before the next face of this priority."""
        return sum(len(lane) for urgency, lane in self._lanes.items() if urgency <= priority)

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, submission: Submission) -> None:
        """Raises `RunnerFull` at the bound and `RunnerClosed` after `close`."""
        with self._changed:
            if self._closed:
                raise RunnerClosed("the runner is closed")
            if len(self) >= self._limit:
                raise RunnerFull(f"{self._limit} faces are waiting already")
            self._lanes[submission.priority][submission.key] = submission
            self._changed.notify()
        # Of the submission its callback holds the key only: a cycle through the future would keep pictures alive.
        priority, key = submission.priority, submission.key
        submission.future.add_done_callback(lambda future: self._forget(priority, key) if future.cancelled() else None)

    def put_back(self, submissions: Iterable[Submission]) -> bool:
        """To the front of their lanes, beyond the bound if need be; False after `close`."""
        with self._changed:
            if self._closed:
                return False
            returned = list(submissions)
            for priority, lane in self._lanes.items():
                first = {each.key: each for each in returned if each.priority is priority}
                self._lanes[priority] = first | lane
            self._changed.notify_all()
            return True

    def take(self, limit: Callable[[], int], timeout_s: float) -> list[Submission] | None:
        """A batch of one network and one lane, started; [] after `timeout_s` without any; None after `close`."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not self._closed:
                if batch := [each for each in self._next(limit()) if each.start()]:
                    return batch
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    return []
                if not len(self):
                    self._changed.wait(remaining_s)
            return None

    def drain(self) -> list[Submission]:
        """Everything that waits, taken out."""
        with self._changed:
            everything = list(chain.from_iterable(lane.values() for lane in self._lanes.values()))
            for lane in self._lanes.values():
                lane.clear()
            return everything

    def close(self) -> list[Submission]:
        """Nothing is put in or taken from now on; what still waited."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self.drain()

    def _next(self, limit: int) -> list[Submission]:
        lane = next((lane for lane in self._lanes.values() if lane), {})
        batch: list[Submission] = []
        for submission in lane.values():
            bound = min(limit, submission.company)
            if len(batch) >= bound or (batch and submission.face.network != batch[0].face.network):
                continue
            batch.append(submission)
            limit = bound
            if len(batch) == limit:
                break
        for submission in batch:
            del lane[submission.key]
        return batch

    def _forget(self, priority: Priority, key: int) -> None:
        with self._changed:
            self._lanes[priority].pop(key, None)
