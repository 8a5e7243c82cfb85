"""Accepting work, whatever asks for it: a generation in the ledger, or nothing at all."""

from dataclasses import dataclass

from domain.access import STUDIES, Caller
from domain.errors import EngineUnavailable, IdempotencyConflict, NotFound, QueueFull
from domain.generations import Generation, NewGeneration, NewRender, Priority
from domain.ids import new_id
from domain.images import Image
from domain.ports import Engines, UnitOfWork, UnitsOfWork, WakeUps
from domain.requests import Terms

DEFAULT_PACE_S = 0.5


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`queue_limit` bounds the renders that wait; those of studies are counted apart, by their own."""

    units: UnitsOfWork
    engines: Engines
    wake_ups: WakeUps
    queue_limit: int = 10_000

    async def known(self, caller: Caller, unit: UnitOfWork, key: str | None, mark: str) -> Generation | None:
        """The generation that used this key first. Raises IdempotencyConflict if it was asked for something else."""
        found = None if key is None else await unit.generations.by_key(caller.owner, key)
        if found is None:
            return None
        generation_id, first_mark = found
        if first_mark != mark:
            raise IdempotencyConflict(
                "this idempotencyKey was used with another mutation or input; use a new one",
                ("input", "idempotencyKey"),
            )
        return (await unit.generations.get_many([generation_id]))[generation_id]

    def new(self, caller: Caller, mutation: str, mark: str, terms: Terms, *renders: NewRender) -> NewGeneration:
        """One picture is somebody's who waits for it; more are bulk work."""
        return NewGeneration(
            id=new_id(),
            owner=caller.owner,
            mutation=mutation,
            fingerprint=mark,
            idempotency_key=terms.idempotency_key,
            priority=Priority.INTERACTIVE if len(renders) == 1 else Priority.BULK,
            renders=renders,
            session_id=terms.session_id,
        )

    async def accept(self, unit: UnitOfWork, new: NewGeneration) -> Generation:
        """Commits. Raises EngineUnavailable or QueueFull."""
        if reason := self.engines.unavailable_reason():
            raise EngineUnavailable(f"no engine can be started: {reason}")
        waiting = await unit.renders.waiting(studies=new.owner == STUDIES)
        if waiting + len(new.renders) > self.queue_limit:
            pace_s = self.engines.pace_s() or DEFAULT_PACE_S
            raise QueueFull(
                f"{waiting} renders are waiting, of at most {self.queue_limit}; try again later",
                retry_after_ms=max(1000, round(1000 * pace_s * len(new.renders))),
            )
        generation = await unit.generations.add(new)
        await unit.commit()
        self.wake_ups.notify([new.id])
        return generation


async def source_image(caller: Caller, unit: UnitOfWork, image_id: str) -> Image:
    """Raises NotFound."""
    found = (await unit.images.get_many([image_id])).get(image_id)
    if found is None or not caller.sees(found.owner):
        raise NotFound("there is no such image", ("input", "imageId"))
    return found


async def check_session(caller: Caller, unit: UnitOfWork, session_id: str | None) -> None:
    """What is made belongs to whoever asked, so its session has to. Raises NotFound."""
    if session_id is None:
        return
    found = (await unit.sessions.get_many([session_id])).get(session_id)
    if found is None or found.owner != caller.owner:
        raise NotFound("there is no such session", ("input", "sessionId"))
