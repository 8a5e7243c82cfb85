"""The ledger's promises for animations, one short transaction each; whoever makes them calls nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.animations import AnimationFile, ClaimedAnimation
from domain.generations import MAX_ATTEMPTS, Failure
from domain.ports import UnitsOfWork, WakeUps


@dataclass(frozen=True, slots=True)
class AnimationLedger:
    """`lease_s` is how long a claim lives without being renewed."""

    units: UnitsOfWork
    wake_ups: WakeUps
    worker: str
    lease_s: float = 30.0

    async def claim(self) -> ClaimedAnimation | None:
        """The oldest that waits to be made; one whose like exists ends with that file, and is not handed out."""
        async with self.units.reading() as unit:
            if not await unit.animations.waiting():
                return None
        async with self.units.writing() as unit:
            shared = await unit.animations.share()
            claim = await unit.animations.claim(self.worker, self.lease_s)
            await unit.commit()
        self.wake_ups.notify([*shared, *([claim.generation_id] if claim else [])])
        return claim

    async def finish(self, claim: ClaimedAnimation, file: AnimationFile) -> None:
        """A result that came too late changes nothing."""
        async with self.units.writing() as unit:
            mine = await unit.animations.finish(claim, file)
            await unit.commit()
        self._notify(claim, mine)

    async def fail(self, claim: ClaimedAnimation, failure: Failure, *, final: bool) -> None:
        """One attempt less; out of attempts, FAILED."""
        async with self.units.writing() as unit:
            mine = await unit.animations.fail(claim, failure, MAX_ATTEMPTS, final=final)
            await unit.commit()
        self._notify(claim, mine)

    async def hand_back(self, claim: ClaimedAnimation) -> None:
        async with self.units.writing() as unit:
            mine = await unit.animations.hand_back(claim)
            await unit.commit()
        self._notify(claim, mine)

    async def renew(self, claim: ClaimedAnimation) -> bool:
        """False: it was canceled, or given to somebody else."""
        async with self.units.writing() as unit:
            mine = await unit.animations.renew(claim, self.lease_s)
            await unit.commit()
        return mine

    async def requeue(self, *, everything: bool) -> None:
        """What lapsed; or everything, where this process is the only one and what was RUNNING died with the last."""
        async with self.units.writing() as unit:
            moved: Sequence[str] = await unit.animations.requeue(everything=everything)
            await unit.commit()
        self.wake_ups.notify(moved)

    def _notify(self, claim: ClaimedAnimation, mine: bool) -> None:
        self.wake_ups.notify([claim.generation_id] if mine else [])
