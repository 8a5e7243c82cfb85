"""The ledger's work as rows: claims, leases and fences, and what becomes of each render."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.access import STUDIES
from domain.generations import Claimed, ClaimedRender, FailedRender, FinishedRender, Priority, RenderState
from infrastructure.database.claiming import candidates, mark_running, take_turn
from infrastructure.database.clock import as_us, now_us
from infrastructure.database.completing import complete, waiting_rows
from infrastructure.database.pictures import picture_row
from infrastructure.database.settling import settle
from infrastructure.database.statements import AnyRow, Query, insert_new
from infrastructure.database.tables import generations, in_state, pictures, renders


class SqlRenders:
    """Locks are taken in one order everywhere: renders, pictures, directions, generations, the counter."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def waiting(self, *, studies: bool | None = None) -> int:
        return await self._connection.scalar(_WAITING[studies]) or 0

    async def claim(self, worker: str, limit: int, lease_s: float, least: Priority = Priority.BULK) -> Claimed:
        await take_turn(self._connection)
        claims: list[ClaimedRender] = []
        moved: set[str] = set()
        while len(claims) < limit:
            rows = await candidates(self._connection, limit - len(claims), least)
            new = [row.id for row in rows if not row.pictured]
            if new:
                claims += await mark_running(self._connection, new, worker, lease_s)
            pictured = [row.recipe_key for row in rows if row.pictured]
            if not pictured:
                break
            moved |= await self._complete_queued(pictured)
        settled = await settle(self._connection, moved | {claim.generation_id for claim in claims})
        return Claimed(claims, settled)

    async def finish(self, finished: Sequence[FinishedRender]) -> Sequence[str]:
        if not finished:
            return []
        by_mark = {(item.claim.id, item.claim.fence): item for item in finished}
        keys = [item.claim.recipe.key for item in finished]
        sought = {"ids": [item.claim.id for item in finished], "recipe_keys": keys}
        rows = (await self._connection.execute(_MINE_OR_QUEUED, sought)).all()
        mine = [row for row in rows if row.state is RenderState.RUNNING and (row.id, row.fence) in by_mark]
        made = {row.recipe_key: by_mark[row.id, row.fence].picture for row in mine}
        await insert_new(self._connection, pictures, [picture_row(key, made[key]) for key in sorted(made)])
        sharing = [row for row in rows if row.state is RenderState.QUEUED and row.recipe_key in made]
        return await settle(self._connection, await complete(self._connection, mine + sharing))

    async def fail(self, failed: Sequence[FailedRender], max_attempts: int) -> Sequence[str]:
        by_mark = {(item.claim.id, item.claim.fence): item for item in failed}
        rows = await self._lock_mine([item.claim for item in failed])
        if not rows:
            return []
        changes = [_failed(row, by_mark[row.id, row.fence], max_attempts) for row in rows]
        await self._connection.execute(
            update(renders)
            .where(renders.c.id == bindparam("key"))
            .values(
                state=bindparam("new_state"),
                lease_until=None,
                error_code=bindparam("new_code"),
                error_message=bindparam("new_message"),
            ),
            changes,
        )
        return await settle(self._connection, {row.generation_id for row in rows})

    async def hand_back(self, claims: Sequence[ClaimedRender]) -> Sequence[str]:
        return await self._return_to_queue(await self._lock_mine(claims))

    async def renew(self, claims: Sequence[ClaimedRender], lease_s: float) -> Sequence[str]:
        mine = [row.id for row in await self._lock_mine(claims)]
        if mine:
            lease = now_us() + round(lease_s * 1_000_000)
            await self._connection.execute(update(renders).where(renders.c.id.in_(mine)).values(lease_until=lease))
        return mine

    async def requeue(self, *, everything: bool) -> Sequence[str]:
        lapsed = as_us(renders.c.lease_until) < now_us()
        running = _locked_rows().where(in_state(RenderState.RUNNING), *(() if everything else (lapsed,)))
        return await self._return_to_queue(await self._rows(running))

    async def _return_to_queue(self, rows: Sequence[AnyRow]) -> Sequence[str]:
        """With the attempt: nobody is to blame."""
        if not rows:
            return []
        await self._connection.execute(
            update(renders)
            .where(renders.c.id.in_([row.id for row in rows]))
            .values(state=RenderState.QUEUED, lease_until=None, attempt=renders.c.attempt - 1)
        )
        return await settle(self._connection, {row.generation_id for row in rows})

    async def _complete_queued(self, recipe_keys: Sequence[str]) -> set[str]:
        return await complete(
            self._connection, (await self._connection.execute(_QUEUED, {"recipe_keys": recipe_keys})).all()
        )

    async def _lock_mine(self, claims: Sequence[ClaimedRender]) -> Sequence[AnyRow]:
        if not claims:
            return []
        marks = {(claim.id, claim.fence) for claim in claims}
        running = _locked_rows().where(in_state(RenderState.RUNNING), renders.c.id.in_([claim.id for claim in claims]))
        return [row for row in await self._rows(running) if (row.id, row.fence) in marks]

    async def _rows(self, query: Query) -> Sequence[AnyRow]:
        return (await self._connection.execute(query)).all()


def _waiting(*, studies: bool | None) -> Query:
    query = select(func.count()).select_from(renders).where(in_state(RenderState.QUEUED))
    if studies is None:
        return query
    inside = renders.c.generation_id.in_(select(generations.c.id).where(generations.c.owner == STUDIES))
    return query.where(inside if studies else ~inside)


_WAITING = {studies: _waiting(studies=studies) for studies in (None, False, True)}

_QUEUED_OF = and_(in_state(RenderState.QUEUED), renders.c.recipe_key.in_(bindparam("recipe_keys", expanding=True)))
_QUEUED = waiting_rows().where(_QUEUED_OF)
_MINE_OR_QUEUED = waiting_rows().where(or_(renders.c.id.in_(bindparam("ids", expanding=True)), _QUEUED_OF))


def _locked_rows() -> Query:
    return (
        select(renders.c.id, renders.c.generation_id, renders.c.attempt, renders.c.fence)
        .order_by(renders.c.id)
        .with_for_update(key_share=True)
    )


def _failed(row: AnyRow, item: FailedRender, max_attempts: int) -> dict[str, Any]:
    given_up = item.final or row.attempt >= max_attempts
    return {
        "key": row.id,
        "new_state": RenderState.FAILED if given_up else RenderState.QUEUED,
        "new_code": item.failure.code,
        "new_message": item.failure.message,
    }
