"""Generations as rows: what was asked for, and how far it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import (
    EVERY_GENERATION,
    Failure,
    Generation,
    GenerationFilter,
    GenerationStatus,
    NewGeneration,
    RenderState,
)
from domain.ids import new_id
from domain.paging import MAX_COUNT, Page, PageRequest
from infrastructure.database.animations import animation_values, cancel_animation
from infrastructure.database.clock import microseconds
from infrastructure.database.completing import complete, waiting_rows
from infrastructure.database.keyset import Keyset, cut
from infrastructure.database.settling import ENDED, settle
from infrastructure.database.statements import AnyRow, Query, insert_all, is_postgresql
from infrastructure.database.tables import QUEUE_ORDER, animations, counters, generations, in_state, pictures, renders

NEWEST_FIRST = Keyset(generations.c.created_at, generations.c.id, descending=True)

# Statements that every face needs are made once: to make one takes longer than to run it.
_NEW = insert(generations).returning(generations)
_MANY = select(generations).where(generations.c.id.in_(bindparam("ids", expanding=True)))
_PICTURED = waiting_rows().where(
    renders.c.generation_id == bindparam("new"), renders.c.recipe_key.in_(select(pictures.c.recipe_key))
)


class SqlGenerations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, new: NewGeneration) -> Generation:
        row = (await self._connection.execute(_NEW, _values(new))).mappings().one()
        await insert_all(self._connection, renders, _render_values(new))
        if new.animation is not None:
            await insert_all(self._connection, animations, [animation_values(new.id, new.animation)])
        pictured = (await self._connection.execute(_PICTURED, {"new": new.id})).all()
        if not pictured:
            return generation_from(row)
        await settle(self._connection, await complete(self._connection, pictured))
        return (await self.get_many([new.id]))[new.id]

    async def by_key(self, owner: str, idempotency_key: str) -> tuple[str, str] | None:
        if is_postgresql(self._connection):
            # Until this unit ends nobody else gets past here with this key: of two at once the second finds the first.
            lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:owner || chr(10) || :key, 0))")
            await self._connection.execute(lock, {"owner": owner, "key": idempotency_key})
        query = select(generations.c.id, generations.c.fingerprint).where(
            generations.c.owner == owner, generations.c.idempotency_key == idempotency_key
        )
        found = (await self._connection.execute(query)).first()
        return None if found is None else (found.id, found.fingerprint)

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Generation]:
        if not ids:
            return {}
        rows = (await self._connection.execute(_MANY, {"ids": ids})).mappings()
        return {row["id"]: generation_from(row) for row in rows}

    async def history(self, page: PageRequest, where: GenerationFilter = EVERY_GENERATION) -> Page[Generation]:
        wanted = _filtered(select(generations), where)
        rows = (await self._connection.execute(NEWEST_FIRST.page(wanted, page))).mappings()
        found = [(generation_from(row), (microseconds(row["created_at"]), row["id"])) for row in rows]
        outside = (False, False)
        if page.after is not None or page.before is not None:
            before, after = (await self._connection.execute(select(*NEWEST_FIRST.outside(wanted, page)))).one()
            outside = (bool(before), bool(after))
        return cut(found, page, outside)

    async def count(self, where: GenerationFilter = EVERY_GENERATION) -> int:
        counted = _filtered(select(generations.c.id), where).limit(MAX_COUNT + 1).subquery()
        return await self._connection.scalar(select(func.count()).select_from(counted)) or 0

    async def queue_positions(self, ids: Sequence[str]) -> Mapping[str, int]:
        if not ids:
            return {}
        position = func.row_number().over(order_by=QUEUE_ORDER).label("position")
        queue = select(renders.c.generation_id, position).where(in_state(RenderState.QUEUED)).subquery("queue")
        query = (
            select(queue.c.generation_id, func.min(queue.c.position).label("first"))
            .where(queue.c.generation_id.in_(ids))
            .group_by(queue.c.generation_id)
        )
        return {row.generation_id: row.first for row in await self._rows(query)}

    async def renders_ahead(self, ids: Sequence[str]) -> Mapping[str, int]:
        if not ids:
            return {}
        position = func.row_number().over(order_by=QUEUE_ORDER).label("position")
        queue = select(renders.c.generation_id, position).where(in_state(RenderState.QUEUED)).subquery("queue")
        last = (
            select(queue.c.generation_id, func.max(queue.c.position).label("last"))
            .where(queue.c.generation_id.in_(ids))
            .group_by(queue.c.generation_id)
        )
        running = select(func.count()).select_from(renders).where(in_state(RenderState.RUNNING))
        in_hand = await self._connection.scalar(running) or 0
        lasts = {row.generation_id: row.last for row in await self._rows(last)}
        return {key: in_hand + lasts.get(key, 0) for key in ids}

    async def ended_after(
        self, ended_number: int, limit: int, where: GenerationFilter = EVERY_GENERATION
    ) -> Sequence[Generation]:
        query = (
            _filtered(select(generations), where)
            .where(generations.c.ended_number > ended_number)
            .order_by(generations.c.ended_number)
            .limit(limit)
        )
        return [generation_from(row) for row in (await self._connection.execute(query)).mappings()]

    async def last_ended_number(self) -> int:
        return await self._connection.scalar(select(counters.c.value).where(counters.c.name == ENDED)) or 0

    async def cancel(self, generation_id: str) -> bool:
        moving = (
            renders.c.generation_id == generation_id,
            renders.c.state.in_((RenderState.QUEUED, RenderState.RUNNING)),
        )
        locking = select(renders.c.id).where(*moving).order_by(renders.c.id).with_for_update(key_share=True)
        if not await self._rows(locking):
            return await cancel_animation(self._connection, generation_id)
        await self._connection.execute(
            update(renders)
            .where(*moving)
            .values(state=RenderState.CANCELED, fence=renders.c.fence + 1, lease_until=None)
        )
        await settle(self._connection, [generation_id])
        return True

    async def _rows(self, query: Query) -> Sequence[AnyRow]:
        return (await self._connection.execute(query)).all()


def _filtered(query: Query, where: GenerationFilter) -> Query:
    if where.owner is not None:
        query = query.where(generations.c.owner == where.owner)
    if where.status:
        query = query.where(generations.c.status.in_(where.status))
    if where.session_id is not None:
        query = query.where(generations.c.session_id == where.session_id)
    return query


def _values(new: NewGeneration) -> dict[str, Any]:
    return {
        "id": new.id,
        "owner": new.owner,
        "mutation": new.mutation,
        "fingerprint": new.fingerprint,
        "idempotency_key": new.idempotency_key,
        "status": GenerationStatus.QUEUED,
        "version": 1,
        "total": len(new.renders),
        "done": 0,
        "session_id": new.session_id,
    }


def _render_values(new: NewGeneration) -> Iterator[dict[str, Any]]:
    return (
        {
            "id": new_id(),
            "generation_id": new.id,
            "place": place,
            "recipe_key": render.recipe.key,
            "recipe": render.recipe.canonical,
            "source_id": render.source_id,
            "priority": int(new.priority),
            "state": RenderState.QUEUED,
            "attempt": 0,
            "fence": 0,
        }
        for place, render in enumerate(new.renders)
    )


def generation_from(row: RowMapping) -> Generation:
    return Generation(
        id=row["id"],
        status=row["status"],
        version=row["version"],
        total=row["total"],
        done=row["done"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        failure=None if row["error_code"] is None else Failure(row["error_code"], row["error_message"]),
        ended_number=row["ended_number"],
        session_id=row["session_id"],
        owner=row["owner"],
    )
