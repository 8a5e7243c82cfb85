"""Which renders are next: the most urgent, then the oldest, and no recipe that is in somebody's hands."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, exists, not_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import ClaimedRender, Priority, RenderState
from domain.recipe import Recipe
from infrastructure.database.clock import as_us, now_us
from infrastructure.database.statements import AnyRow, Query, is_postgresql
from infrastructure.database.tables import QUEUE_ORDER, in_state, pictures, renders

CLAIM_LOCK = 0x636C6D
"""PostgreSQL's advisory lock: who claims must see what others claimed, or two would take the same recipe."""


async def take_turn(connection: AsyncConnection) -> None:
    """One claim at a time; SQLite has one writer at a time anyway."""
    if is_postgresql(connection):
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})


async def candidates(connection: AsyncConnection, limit: int, least: Priority) -> Sequence[AnyRow]:
    """The next renders, one a recipe, none less urgent than `least`, with whether the recipe has a picture already."""
    return (await connection.execute(_CANDIDATES, {"limit": limit, "least": int(least)})).all()


def _candidates() -> Query:
    return (
        select(renders.c.id, renders.c.recipe_key, pictures.c.recipe_key.is_not(None).label("pictured"))
        .join(pictures, pictures.c.recipe_key == renders.c.recipe_key, isouter=True)
        .where(
            in_state(RenderState.QUEUED),
            renders.c.priority <= bindparam("least"),
            not_(_in_hand()),
            not_(_goes_first()),
        )
        .order_by(*QUEUE_ORDER)
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(key_share=True, skip_locked=True, of=renders)
    )


def _in_hand() -> Any:
    """Another render of the recipe is RUNNING."""
    other = renders.alias("other")
    return exists().where(other.c.recipe_key == renders.c.recipe_key, in_state(RenderState.RUNNING, other))


def _goes_first() -> Any:
    """Another QUEUED render of the recipe goes before this one."""
    twin = renders.alias("twin")
    order = tuple_(*(twin.c[column.name] for column in QUEUE_ORDER))
    return exists().where(
        twin.c.recipe_key == renders.c.recipe_key,
        in_state(RenderState.QUEUED, twin),
        order < tuple_(*QUEUE_ORDER),
    )


async def mark_running(
    connection: AsyncConnection, ids: Sequence[str], worker: str, lease_s: float
) -> list[ClaimedRender]:
    """In the order of the queue."""
    marks = {"ids": ids, "by": worker, "lease_us": round(lease_s * 1_000_000)}
    rows = (await connection.execute(_MARKING, marks)).all()
    place = {key: index for index, key in enumerate(ids)}
    return [_claimed(row) for row in sorted(rows, key=lambda row: place[row.id])]


_CANDIDATES = _candidates()

_MARKING = (
    update(renders)
    .where(renders.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=RenderState.RUNNING,
        attempt=renders.c.attempt + 1,
        fence=renders.c.fence + 1,
        worker=bindparam("by"),
        lease_until=now_us() + bindparam("lease_us", type_=BigInteger()),
    )
    .returning(renders, (now_us() - as_us(renders.c.queued_at)).label("waited_us"))
)


def _claimed(row: AnyRow) -> ClaimedRender:
    return ClaimedRender(
        id=row.id,
        generation_id=row.generation_id,
        fence=row.fence,
        attempt=row.attempt,
        priority=Priority(row.priority),
        recipe=Recipe.from_json(json.loads(row.recipe)),
        queued_ms=max(0, row.waited_us) / 1000,
    )
