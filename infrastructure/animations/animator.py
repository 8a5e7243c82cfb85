"""The loop between the ledger and the animations' processes: claim one, have it written, name it, write it down.

One at a time: the work is niced, and faces come first. Nothing here is the truth: what this process held when it died
is claimed again, by it or by another.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from domain.animations import AnimationFile, AnimationPace, ClaimedAnimation
from domain.errors import RenderFailed, StorageFailed
from domain.generations import Failure
from domain.services.animating import AnimationLedger
from infrastructure.animations.making import AnimationMaking
from infrastructure.animations.plan import Plan
from infrastructure.animations.process import animate
from infrastructure.files import DiskPictureFiles

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnimatorOptions:
    """Seconds. The ledger is looked at every `poll_s` for what other processes left."""

    poll_s: float = 5.0
    pause_s: float = 0.2
    """Between two looks: rows move far more often than an animation is due."""
    retry_s: float = 0.5
    """After an error of the database or of the disk."""


class Animator:
    """For the event loop's thread only."""

    def __init__(
        self,
        ledger: AnimationLedger,
        files: DiskPictureFiles,
        service: str,
        options: AnimatorOptions | None = None,
        make: Callable[[Plan], Awaitable[AnimationFile]] = animate,
        pace: AnimationPace | None = None,
    ) -> None:
        """`service` is what the file says it was made by; `pace` is told how long each took."""
        self._ledger = ledger
        self._making = AnimationMaking(files, service, make)
        self._pace = pace or AnimationPace()
        self._options = options or AnimatorOptions()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self, *, alone: bool) -> None:
        """`alone`: no other process uses this ledger, so that what is RUNNING died with the last one."""
        self._loop = asyncio.create_task(self._run(alone=alone), name="animating")

    async def stop(self) -> None:
        """What is being written is dropped and handed back: it is begun anew."""
        self._stopping.set()
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def _run(self, *, alone: bool) -> None:
        await self._insist(lambda: self._ledger.requeue(everything=alone))
        looked = time.monotonic()
        async with self._ledger.wake_ups.listen() as wait:
            while not self._stopping.is_set():
                claim = await self._tried(self._ledger.claim())
                if claim is not None:
                    await self._carry_out(claim)
                    continue
                await wait(self._options.poll_s)
                await asyncio.sleep(self._options.pause_s)
                if time.monotonic() - looked > self._ledger.lease_s / 3:
                    await self._tried(self._ledger.requeue(everything=False))
                    looked = time.monotonic()

    async def _carry_out(self, claim: ClaimedAnimation) -> None:
        work = asyncio.create_task(self._made(claim))
        keeping = asyncio.create_task(self._keep(claim, work))
        try:
            file = await work
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await self._tried(self._ledger.hand_back(claim))
            if self._stopping.is_set():
                raise
        except (RenderFailed, StorageFailed) as error:
            failure, final = Failure(error.code, str(error)), isinstance(error, RenderFailed) and error.final
            await self._insist(lambda: self._ledger.fail(claim, failure, final=final))
            await asyncio.sleep(self._options.retry_s)
        except Exception:
            logger.exception("an animation failed unexpectedly", extra={"generation_id": claim.generation_id})
            failure = Failure("ANIMATION_FAILED", "the animation could not be made")
            await self._insist(lambda: self._ledger.fail(claim, failure, final=False))
        else:
            await self._insist(lambda: self._ledger.finish(claim, file))
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _made(self, claim: ClaimedAnimation) -> AnimationFile:
        started = time.perf_counter()
        file = await self._making.made(claim)
        seconds = time.perf_counter() - started
        self._pace.saw(claim.format, file.frames, seconds)
        told = {"generation_id": claim.generation_id, "frames": file.frames, "size_bytes": file.size_bytes}
        logger.info("animation made", extra={**told, "animate_ms": round(1000 * seconds, 1)})
        return file

    async def _keep(self, claim: ClaimedAnimation, work: "asyncio.Task[AnimationFile]") -> None:
        """Renew the lease, and drop the work as soon as it is somebody else's or canceled."""
        async with self._ledger.wake_ups.listen(claim.generation_id) as wait:
            while await self._tried(self._ledger.renew(claim)) is not False:
                await wait(self._ledger.lease_s / 3)
                await asyncio.sleep(self._options.pause_s)
        work.cancel()

    async def _insist(self, write: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Until the ledger has it."""
        while not self._stopping.is_set():
            try:
                await write()
            except Exception:
                logger.exception("the ledger could not be written; trying again")
                await asyncio.sleep(self._options.retry_s)
            else:
                return

    async def _tried(self, action: Coroutine[Any, Any, Any]) -> Any:
        """The answer, or None after an error of the database."""
        try:
            return await action
        except Exception:
            logger.exception("the ledger does not answer; trying again")
            await asyncio.sleep(self._options.retry_s)
            return None
