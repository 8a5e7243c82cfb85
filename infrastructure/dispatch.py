"""The loop between the ledger and the engines: claim what there is room for, render, store, write down how it ended.

Nothing here is the truth: whatever this process held when it died is claimed again, by it or by another.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from domain.errors import EnginesStopped, RenderFailed, StorageFailed
from domain.generations import ClaimedRender, FailedRender, Failure, FinishedRender, Priority
from domain.ports import Engines, RenderedPicture
from domain.services.ledger import Ledger
from infrastructure.generation_log import GenerationLog
from infrastructure.metrics import Metrics
from infrastructure.outcomes import Outcome, Outcomes, claim_of
from infrastructure.storage_health import ProbedFiles, StorageHealth

logger = logging.getLogger(__name__)

Mark = tuple[str, int]
"""A render and its fence: one claim."""


@dataclass(frozen=True, slots=True)
class DispatchOptions:
    """Seconds. The ledger is looked at every `poll_s` for what other processes accepted."""

    poll_s: float = 1.0
    retry_s: float = 0.5
    """After an error of the database."""
    storage_pause_s: float = 1.0
    """After a picture could not be stored; doubles up to half a minute while that goes on."""
    settle_s: float = 1.5
    """What `stop` gives the ledger, beyond its timeout, to take the last outcomes."""


class Dispatcher:
    """For the event loop's thread only. The engines are closed after it has stopped."""

    def __init__(
        self,
        ledger: Ledger,
        engines: Engines,
        files: ProbedFiles,
        metrics: Metrics,
        options: DispatchOptions | None = None,
    ) -> None:
        self._ledger = ledger
        self._engines = engines
        self._files = files
        self._metrics = metrics
        self._options = options or DispatchOptions()
        self._log = GenerationLog(ledger.units, ledger.wake_ups)
        self._storage = StorageHealth(files, self._options.storage_pause_s)
        self._unwritable: StorageFailed | None = None
        self._outcomes = Outcomes(ledger, self._settled, self._options.retry_s)
        self._claims: dict[Mark, ClaimedRender] = {}
        self._works: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._claiming: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._empty: Priority | None = None
        """Nothing as urgent as this waits in the ledger, as far as this process knows."""
        self._looked = 0.0
        self._stopping = asyncio.Event()
        self._empty_handed = asyncio.Event()
        self._empty_handed.set()

    @property
    def in_hand(self) -> int:
        """Renders that are claimed and whose end is not written yet."""
        return len(self._claims)

    @property
    def storage_failure(self) -> str | None:
        """Why pictures or rows cannot be stored now; the service is not ready then."""
        failure = self._storage.failure or self._unwritable or self._outcomes.storage_failure
        return None if failure is None else str(failure)

    def start(self, *, alone: bool) -> None:
        """`alone`: no other process uses this ledger, so that what is RUNNING died with the last one."""
        requeue = self._ledger.requeue_all if alone else self._ledger.requeue_lapsed
        self._claiming = asyncio.create_task(self._claim(requeue), name="claiming")
        loops = (self._outcomes.run(), self._follow(), self._look_after_claims(), self._log.run())
        self._loops = [asyncio.create_task(loop) for loop in loops]

    def poke(self) -> None:
        """There may be room for more work."""
        self._awake.set()

    def stop_claiming(self) -> None:
        """What is in hand goes on."""
        self._stopping.set()
        self._awake.set()

    async def stop(self, timeout_s: float) -> None:
        """Finish what the devices have begun, as far as the time allows, and hand the rest back."""
        self.stop_claiming()
        if self._claiming is None:
            return
        for generation_id in {claim.generation_id for claim in self._claims.values()}:
            self._engines.cancel(generation_id)
        await self._end_works(timeout_s)
        if not await _happens(self._empty_handed, self._options.settle_s):
            logger.warning("%d renders could not be handed back; their leases will run out", self.in_hand)
        await _cancelled([self._claiming, *self._loops])
        await self._tried("the last generations could not be logged", self._last_lines())

    async def _claim(self, requeue: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while not (self._stopping.is_set() or await self._tried("what was left could not be requeued", requeue())):
            await _happens(self._stopping, self._options.retry_s)
        while not self._stopping.is_set():
            self._awake.clear()
            if not await self._tried("no work could be claimed", self._claim_and_tell()):
                self._empty = None
                await _happens(self._stopping, self._options.retry_s)
            await _happens(self._awake, self._options.poll_s)

    async def _claim_and_tell(self) -> None:
        """A claim is a write: it shows as well whether the database takes any."""
        try:
            await self._claim_once()
        except StorageFailed as failure:
            self._unwritable = failure
            raise
        self._unwritable = None

    async def _claim_once(self) -> None:
        """As much as there is room for, unless nothing waits."""
        if self._storage.failure is not None:
            await self._try_storage()
        if (now := time.monotonic()) - self._looked >= self._options.poll_s:  # other processes accept work, too
            self._looked, self._empty = now, None
        for least in (Priority.BULK, Priority.INTERACTIVE):  # where bulk work fills the room, urgent work finds its own
            while self._storage.failure is None and self._may_wait(least) and (limit := self._room(least)) > 0:
                self._empty = least  # until work comes, be it during this claim
                if await self._take(limit, least) < limit:
                    return
                self._empty = None

    def _may_wait(self, least: Priority) -> bool:
        return self._empty is None or least > self._empty

    async def _try_storage(self) -> None:
        """After a pause: if nothing can be stored still, one render is tried, so that its client hears why."""
        if self._claims or self._storage.pausing():
            return
        await self._storage.look()
        if self._storage.failure is not None:
            await self._take(min(1, self._room()))

    async def _take(self, limit: int, least: Priority = Priority.BULK) -> int:
        claims = await self._ledger.claim(limit, least) if limit else ()
        for claim in claims:
            self._begin(claim)
        await asyncio.sleep(0)  # let them reach the engines, which then have less room
        return len(claims)

    def _room(self, priority: Priority = Priority.BULK) -> int:
        return 0 if self._stopping.is_set() else self._engines.room(priority)

    def _begin(self, claim: ClaimedRender) -> None:
        self._claims[claim.id, claim.fence] = claim
        self._empty_handed.clear()
        if self._stopping.is_set():
            self._outcomes.add(claim)
            return
        work = asyncio.create_task(self._carry_out(claim))
        self._works.add(work)
        work.add_done_callback(self._works.discard)

    async def _carry_out(self, claim: ClaimedRender) -> None:
        try:
            outcome = await self._make(claim)
        except (EnginesStopped, asyncio.CancelledError):
            outcome = claim
        except RenderFailed as error:
            outcome = FailedRender(claim, Failure(error.code, error.message), error.final)
        except StorageFailed as error:
            outcome = FailedRender(claim, Failure(error.code, str(error)))
        except Exception:
            logger.exception("a render failed unexpectedly", extra={"generation_id": claim.generation_id})
            outcome = FailedRender(claim, Failure("RENDER_FAILED", "the face could not be rendered"))
        self._outcomes.add(outcome)
        self.poke()

    async def _make(self, claim: ClaimedRender) -> Outcome:
        rendered = await self._engines.render(claim)
        started = time.perf_counter()
        size_bytes = len(rendered.encoded.image) + len(rendered.encoded.thumbnail)
        try:
            picture = await self._files.store(rendered.encoded)
        except StorageFailed as failure:
            self._storage.failed(failure, size_bytes)
            raise
        self._storage.worked()
        self._note(claim, rendered, 1000 * (time.perf_counter() - started))
        return FinishedRender(claim, picture)

    def _note(self, claim: ClaimedRender, rendered: RenderedPicture, store_ms: float) -> None:
        self._log.made(claim, rendered, store_ms)
        self._metrics.picture_made(
            queue_ms=rendered.queue_ms,
            render_ms=rendered.render_ms,
            encode_ms=rendered.encode_ms,
            store_ms=store_ms,
        )

    def _settled(self, outcome: Outcome) -> None:
        claim = claim_of(outcome)
        self._claims.pop((claim.id, claim.fence), None)
        if not self._claims:
            self._empty_handed.set()
        names: dict[type, str] = {FinishedRender: "succeeded", FailedRender: "failed", ClaimedRender: "handed_back"}
        self._metrics.render_ended(names[type(outcome)])
        self.poke()

    async def _follow(self) -> None:
        """Wake when there may be work."""
        async with self._ledger.wake_ups.listen_for_work() as wait:
            while not self._ledger.wake_ups.closed:
                if await wait(60):
                    self._empty = None
                    self.poke()

    async def _look_after_claims(self) -> None:
        """Keep what is in hand, drop what is somebody else's now, and pick up what nobody keeps."""
        while True:
            await self._tried("leases could not be renewed", self._renew())
            await self._tried("lapsed renders could not be requeued", self._ledger.requeue_lapsed())
            await self._tried("the queue could not be counted", self._count_waiting())
            await asyncio.sleep(self._ledger.lease_s / 3)

    async def _renew(self) -> None:
        claims = list(self._claims.values())
        mine = await self._ledger.renew(claims) if claims else set()
        kept = {claim.generation_id for claim in claims if claim.id in mine}
        for generation_id in {claim.generation_id for claim in claims} - kept:
            self._engines.cancel(generation_id)

    async def _count_waiting(self) -> None:
        async with self._ledger.units.reading() as unit:
            self._metrics.renders_wait(await unit.renders.waiting())

    async def _end_works(self, timeout_s: float) -> None:
        ending = {*self._works} if self._claiming is None else {*self._works, self._claiming}
        if ending:
            await asyncio.wait(ending, timeout=timeout_s)
        await _cancelled(self._works)

    async def _last_lines(self) -> None:
        async with asyncio.timeout(self._options.settle_s):
            await self._log.catch_up()

    async def _tried(self, trouble: str, action: Coroutine[Any, Any, None]) -> bool:
        """Whether it went well. The door through which no error of the database gets into a loop."""
        try:
            await action
        except Exception:
            logger.exception("%s; trying again", trouble)
            return False
        return True


async def _happens(event: asyncio.Event, timeout_s: float) -> bool:
    """Whether it does within the time."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for their ends."""
    cancelled = list(tasks)
    for task in cancelled:
        task.cancel()
    await asyncio.gather(*cancelled, return_exceptions=True)
