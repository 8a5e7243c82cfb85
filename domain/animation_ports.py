"""What the domain needs from the database for animations; `domain.ports` has the rest."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.animations import Animation, AnimationFile, AnimationFormat, ClaimedAnimation
from domain.generations import Failure
from domain.repairs import KeptAnimation


class Animations(Protocol):
    """Animations as work, with claims, fences and leases like those of renders, and as what was made.

    Every change moves its generation's version and state.
    """

    async def of(self, generation_ids: Sequence[str]) -> Mapping[str, Animation]:
        """Those that are made."""

    async def frames_ahead(self, generation_ids: Sequence[str]) -> Mapping[str, Mapping[AnimationFormat, int]]:
        """For each that is yet to be made, how many frames have to be written until it is: its own, and those of the
        older ones that are QUEUED or RUNNING."""

    async def waiting(self) -> bool:
        """Whether one is QUEUED."""

    async def share(self) -> Sequence[str]:
        """QUEUED ones whose like is made end with its file; the ids of their generations."""

    async def claim(self, worker: str, lease_s: float) -> ClaimedAnimation | None:
        """The oldest that is QUEUED becomes RUNNING: attempt + 1, fence + 1."""

    async def finish(self, claim: ClaimedAnimation, file: AnimationFile) -> bool:
        """Where the fence is mine and the state RUNNING; False: it is somebody else's now, or canceled."""

    async def fail(self, claim: ClaimedAnimation, failure: Failure, max_attempts: int, *, final: bool = False) -> bool:
        """Back to QUEUED, or FAILED when final or out of attempts; only where fence and state are mine."""

    async def hand_back(self, claim: ClaimedAnimation) -> bool:
        """Back to QUEUED with the attempt returned."""

    async def renew(self, claim: ClaimedAnimation, lease_s: float) -> bool:
        """Lengthen the lease; False: it is not mine any more."""

    async def requeue(self, *, everything: bool) -> Sequence[str]:
        """RUNNING ones whose lease ran out (or all of them) go back to QUEUED; the ids of their generations."""

    async def next_kept(self, sha256: str) -> KeptAnimation | None:
        """The file after this one in the order of their names, each once; after "" the first."""

    async def replace(self, old: KeptAnimation, file: AnimationFile) -> bool:
        """All that refer to the old file refer to the new one; False: none does any more."""
