"""Whether pictures can be stored, so that a full disk does not eat the attempts of everything that waits."""

import logging
import time
from typing import Protocol

from domain.errors import StorageFailed
from domain.ports import PictureFiles

LONGEST_PAUSE_S = 30.0

logger = logging.getLogger(__name__)


class ProbedFiles(PictureFiles, Protocol):
    """Picture files that can be tried without a picture."""

    async def probe(self, size_bytes: int) -> None:
        """Raises StorageFailed where so many bytes could not be stored now."""


class StorageHealth:
    """After a failure nothing is tried for a pause, which doubles from picture to picture that fails."""

    def __init__(self, files: ProbedFiles, first_pause_s: float = 1.0) -> None:
        self._files = files
        self._first_pause_s = self._pause_s = first_pause_s
        self._size_bytes = 0
        self._next_look = 0.0
        self.failure: StorageFailed | None = None

    def failed(self, failure: StorageFailed, size_bytes: int) -> None:
        logger.error("a picture could not be stored: %s (%r)", failure.code, failure.__cause__)
        self.failure = failure
        self._size_bytes = size_bytes
        self._next_look = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def worked(self) -> None:
        if self.failure is not None:
            logger.info("pictures can be stored again")
        self.failure = None
        self._pause_s = self._first_pause_s

    def pausing(self) -> bool:
        return self.failure is not None and time.monotonic() < self._next_look

    async def look(self) -> None:
        """Try whether a picture like the last one would fit now."""
        try:
            await self._files.probe(self._size_bytes)
        except StorageFailed as failure:
            self.failure = failure
            self._next_look = time.monotonic() + self._pause_s
        else:
            self.worked()
