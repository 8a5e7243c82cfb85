"""A generation's status, counts and end follow from its renders: worked out anew whenever some of them moved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Boolean, ColumnElement, Integer, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.animations import AnimationState
from domain.generations import GenerationStatus, RenderState, Tally
from infrastructure.database.clock import DatabaseNow
from infrastructure.database.statements import AnyRow, is_postgresql
from infrastructure.database.tables import animations, counters, generations, renders

ENDED = "ended"
"""The counter that numbers generations in the order in which their ends were committed."""


async def settle(connection: AsyncConnection, generation_ids: Collection[str]) -> Sequence[str]:
    """Bring these generations up to date with their renders; their ids, sorted.

    Comes after the renders were changed: everybody locks renders, then generations, then the counter, each in order
    of id, so that nobody waits in a circle.
    """
    ids = sorted(set(generation_ids))
    if not ids:
        return ids
    await lock_generations(connection, ids)
    tallies = await _move_animations(connection, await _tallies(connection, ids))
    ended = [key for key in ids if tallies[key].status.terminal]
    failures = await _failures(connection, [key for key in ended if tallies[key].status is GenerationStatus.FAILED])
    numbers = await _numbers(connection, ended)
    await connection.execute(_UPDATE, [_changes(key, tallies[key], numbers, failures) for key in ids])
    return ids


_UPDATE = (
    update(generations)
    .where(generations.c.id == bindparam("key"))
    .values(
        status=bindparam("new_status"),
        done=bindparam("new_done"),
        version=generations.c.version + 1,
        started_at=func.coalesce(generations.c.started_at, case((bindparam("begun", type_=Boolean()), DatabaseNow()))),
        finished_at=case((bindparam("ended", type_=Boolean()), DatabaseNow())),
        ended_number=bindparam("new_number"),
        error_code=bindparam("new_code"),
        error_message=bindparam("new_message"),
    )
)


def _changes(
    key: str, tally: Tally, numbers: Mapping[str, int], failures: Mapping[str, tuple[str, str]]
) -> dict[str, object]:
    code, message = failures.get(key, (None, None))
    return {
        "key": key,
        "new_status": tally.status,
        "new_done": tally.succeeded,
        "begun": bool(tally.running or tally.succeeded or tally.failed),
        "ended": key in numbers,
        "new_number": numbers.get(key),
        "new_code": code,
        "new_message": message,
    }


async def lock_generations(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """After this, tallies see whatever others have committed to these generations. Sorted ids."""
    if is_postgresql(connection):
        locking = select(generations.c.id).where(generations.c.id.in_(ids)).order_by(generations.c.id)
        await connection.execute(locking.with_for_update(key_share=True))


async def _tallies(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Tally]:
    rows = await connection.execute(_TALLIES, {"ids": ids})
    return {row.generation_id: _tally(row) for row in rows}


async def _move_animations(connection: AsyncConnection, tallies: Mapping[str, Tally]) -> Mapping[str, Tally]:
    """Those whose last frame has ended are to be made now, or never."""
    moved = dict(tallies)
    for key, tally in tallies.items():
        if due := tally.animation_due:
            waiting = (animations.c.generation_id == key, animations.c.state == AnimationState.WAITING)
            await connection.execute(update(animations).where(*waiting).values(state=due))
            moved[key] = replace(tally, animation=due)
    return moved


def _count(state: RenderState) -> ColumnElement[int]:
    return func.count().filter(renders.c.state == state).label(state.value)


_TALLIES = (
    select(renders.c.generation_id, *(_count(state) for state in RenderState), animations.c.state)
    .join(animations, animations.c.generation_id == renders.c.generation_id, isouter=True)
    .where(renders.c.generation_id.in_(bindparam("ids", expanding=True)))
    .group_by(renders.c.generation_id, animations.c.state)
)


def _tally(row: AnyRow) -> Tally:
    return Tally(**{state.value: getattr(row, state.value) for state in RenderState}, animation=row.state)


async def _failures(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Code and message of each generation's first render, by place, that failed; of its animation where none did."""
    if not ids:
        return {}
    failed = (animations.c.generation_id.in_(ids), animations.c.state == AnimationState.FAILED)
    animated = await connection.execute(
        select(animations.c.generation_id, animations.c.error_code, animations.c.error_message).where(*failed)
    )
    found = {key: (code, message) for key, code, message in animated}
    rows = await connection.execute(
        select(renders.c.generation_id, renders.c.error_code, renders.c.error_message)
        .where(renders.c.generation_id.in_(ids), renders.c.state == RenderState.FAILED)
        .order_by(renders.c.generation_id, renders.c.place.desc())
    )
    return found | {key: (code, message) for key, code, message in rows}


async def _numbers(connection: AsyncConnection, ended: Sequence[str]) -> dict[str, int]:
    """The next numbers: nobody else gets one before this transaction has ended."""
    if not ended:
        return {}
    last = (await connection.execute(_TAKE_NUMBERS, {"count": len(ended)})).scalar_one()
    return {key: last - len(ended) + place for place, key in enumerate(ended, start=1)}


_TAKE_NUMBERS = (
    update(counters)
    .where(counters.c.name == ENDED)
    .values(value=counters.c.value + bindparam("count", type_=Integer()))
    .returning(counters.c.value)
)
