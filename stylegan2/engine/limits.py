"""Two bounds that a device teaches: how many faces fit into one batch, and how long a call may take."""

from collections import deque

FIRST_PATIENCE = 64
LAST_PATIENCE = 65_536
REMEMBERED_CALLS = 100


class BatchLimit:
    """The largest batch to try: halved when one does not fit, grown by one while they do.

    Each time that a size fails again after growing, the next attempt waits for twice as many batches, so that the
    limit settles at what fits.
    """

    def __init__(self, ceiling: int) -> None:
        self.size = ceiling
        self._ceiling = ceiling
        self._largest_good = 0
        self._good_batches = 0
        self._patience = FIRST_PATIENCE

    def fitted(self, count: int) -> None:
        self._largest_good = max(self._largest_good, count)
        self._good_batches += count >= self.size
        if self.size < self._ceiling and self._good_batches >= self._patience:
            self._good_batches = 0
            self.size += 1

    def failed(self, count: int) -> None:
        if count <= self._largest_good:
            self._largest_good = 0  # it did fit once: something else has taken the memory since
        elif count == self._largest_good + 1 and count > 1:
            self._patience = min(2 * self._patience, LAST_PATIENCE)
        self._good_batches = 0
        self.size = min(self.size, max(1, count // 2, self._largest_good))


class Watchdog:
    """How long a call may take: `factor` times the slowest picture of late, for each picture, and at least `floor_s`.

    Only the last calls count: the first one on a device is slow and would hide a hang for good.
    """

    def __init__(self, floor_s: float, factor: float) -> None:
        self._floor_s = floor_s
        self._factor = factor
        self._seconds_per_picture: deque[float] = deque(maxlen=REMEMBERED_CALLS)

    def saw(self, seconds: float, count: int) -> None:
        self._seconds_per_picture.append(seconds / count)

    def budget_s(self, count: int) -> float:
        return max(self._floor_s, self._factor * count * max(self._seconds_per_picture, default=0.0))
