"""How renders ended, written to the ledger in batches of whatever is there: nothing waits for company."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from domain.errors import StorageFailed
from domain.generations import ClaimedRender, FailedRender, FinishedRender
from domain.services.ledger import Ledger

Outcome = FinishedRender | FailedRender | ClaimedRender
"""A bare claim is one that goes back to the queue."""

Written = TypeVar("Written", FinishedRender, FailedRender, ClaimedRender)

TOGETHER = 3
"""A batch that cannot be written is tried so often before its outcomes are written one by one."""

logger = logging.getLogger(__name__)


def claim_of(outcome: Outcome) -> ClaimedRender:
    return outcome if isinstance(outcome, ClaimedRender) else outcome.claim


class Outcomes:
    """Keeps every outcome until the ledger has it; `settled` is told of each as soon as it does."""

    def __init__(self, ledger: Ledger, settled: Callable[[Outcome], None], retry_s: float = 0.5) -> None:
        self._ledger = ledger
        self._settled = settled
        self._retry_s = retry_s
        self._pending: list[Outcome] = []
        self._arrived = asyncio.Event()
        self._failures = 0
        self.storage_failure: StorageFailed | None = None
        """Why the last ones could not be written, where it is the disk that they were written to."""

    def add(self, outcome: Outcome) -> None:
        self._pending.append(outcome)
        self._arrived.set()

    async def run(self) -> None:
        """Until it is cancelled, which loses nothing that was written."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._pending = self._pending, []
            left = await self._write_all(batch)
            self._failures = self._failures + 1 if left else 0
            if left:
                self._pending = [*left, *self._pending]
                self._arrived.set()
                await asyncio.sleep(self._retry_s)

    async def _write_all(self, batch: Sequence[Outcome]) -> list[Outcome]:
        """What could not be written."""
        finished = [outcome for outcome in batch if isinstance(outcome, FinishedRender)]
        failed = [outcome for outcome in batch if isinstance(outcome, FailedRender)]
        handed_back = [outcome for outcome in batch if isinstance(outcome, ClaimedRender)]
        return [
            *await self._write(self._ledger.finish, finished),
            *await self._write(self._ledger.fail, failed),
            *await self._write(self._ledger.hand_back, handed_back),
        ]

    async def _write(
        self, write: Callable[[Sequence[Written]], Awaitable[None]], outcomes: list[Written]
    ) -> list[Written]:
        alone = self._failures >= TOGETHER
        groups = [[outcome] for outcome in outcomes] if alone else [outcomes] if outcomes else []
        left: list[Written] = []
        for group in groups:
            try:
                await write(group)
            except Exception as error:
                logger.exception("%d outcomes could not be written; they are kept and tried again", len(group))
                self.storage_failure = error if isinstance(error, StorageFailed) else None
                left += group
            else:
                self.storage_failure = None
                for outcome in group:
                    self._settled(outcome)
        return left
