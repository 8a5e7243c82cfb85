"""The ledger's promises, one short transaction each: an accepted request is never lost, and ends once.

Whoever renders calls these and nothing else, so that a worker on another machine could.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.generations import MAX_ATTEMPTS, ClaimedRender, FailedRender, FinishedRender, Priority
from domain.ports import UnitsOfWork, WakeUps


@dataclass(frozen=True, slots=True)
class Ledger:
    """`lease_s` is how long a claim lives without being renewed."""

    units: UnitsOfWork
    wake_ups: WakeUps
    worker: str
    lease_s: float = 30.0

    async def claim(self, limit: int, least: Priority = Priority.BULK) -> Sequence[ClaimedRender]:
        """The most urgent renders that wait, none less urgent than `least`."""
        async with self.units.writing(brief=True) as unit:
            claimed = await unit.renders.claim(self.worker, limit, self.lease_s, least)
            await unit.commit()
        begun = {claim.generation_id for claim in claimed.renders}
        self.wake_ups.notify(begun, work=False, ended=False)
        self.wake_ups.notify(set(claimed.moved) - begun, work=False)
        return claimed.renders

    async def finish(self, finished: Sequence[FinishedRender]) -> None:
        """The rows that are still mine; a result that came too late changes nothing."""
        async with self.units.writing(brief=True) as unit:
            moved = await unit.renders.finish(finished)
            await unit.commit()
        self.wake_ups.notify(moved, work=False)

    async def fail(self, failed: Sequence[FailedRender]) -> None:
        """One attempt less for each; out of attempts, FAILED."""
        async with self.units.writing(brief=True) as unit:
            moved = await unit.renders.fail(failed, MAX_ATTEMPTS)
            await unit.commit()
        self.wake_ups.notify(moved)

    async def hand_back(self, claims: Sequence[ClaimedRender]) -> None:
        async with self.units.writing(brief=True) as unit:
            moved = await unit.renders.hand_back(claims)
            await unit.commit()
        self.wake_ups.notify(moved)

    async def renew(self, claims: Sequence[ClaimedRender]) -> set[str]:
        """The ids of the renders that are still mine; the rest was canceled or given to somebody else."""
        async with self.units.writing(brief=True) as unit:
            mine = await unit.renders.renew(claims, self.lease_s)
            await unit.commit()
        return set(mine)

    async def requeue_lapsed(self) -> None:
        await self._requeue(everything=False)

    async def requeue_all(self) -> None:
        """For a start where this process is the only one: whatever was RUNNING died with the last one."""
        await self._requeue(everything=True)

    async def _requeue(self, *, everything: bool) -> None:
        async with self.units.writing() as unit:
            moved = await unit.renders.requeue(everything=everything)
            await unit.commit()
        self.wake_ups.notify(moved)
