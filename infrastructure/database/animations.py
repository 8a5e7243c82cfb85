"""Animations as rows. Each verb locks its generation first, as `settling` does: the status moves with the state."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.animations import (
    Animation,
    AnimationFile,
    AnimationFormat,
    AnimationState,
    ClaimedAnimation,
    NewAnimation,
    animation_path,
)
from domain.generations import Failure
from domain.repairs import KeptAnimation
from infrastructure.database.clock import as_us, now_us
from infrastructure.database.settling import lock_generations, settle
from infrastructure.database.tables import ANIMATION_IN_HAND, animations, generations, pictures, renders

FILE_COLUMNS = ("sha256", "size_bytes", "width", "height", "frames", "duration_ms")
PENDING = tuple(state for state in AnimationState if state.pending)


class SqlAnimations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, generation_ids: Sequence[str]) -> Mapping[str, Animation]:
        if not generation_ids:
            return {}
        made = (animations.c.generation_id.in_(generation_ids), animations.c.state == AnimationState.SUCCEEDED)
        rows = (await self._connection.execute(select(animations).where(*made))).mappings()
        return {row["generation_id"]: _animation(row) for row in rows}

    async def frames_ahead(self, generation_ids: Sequence[str]) -> Mapping[str, Mapping[AnimationFormat, int]]:
        if not generation_ids:
            return {}
        mine, other = animations.alias("mine"), animations.alias("other")
        in_turn = other.c.state.in_((AnimationState.QUEUED, AnimationState.RUNNING))
        before = in_turn & (other.c.generation_id < mine.c.generation_id)
        query = (
            select(mine.c.generation_id, other.c.format, func.sum(generations.c.total).label("frames"))
            .join(other, before | (other.c.generation_id == mine.c.generation_id))
            .join(generations, generations.c.id == other.c.generation_id)
            .where(mine.c.generation_id.in_(generation_ids), mine.c.state.in_(PENDING))
            .group_by(mine.c.generation_id, other.c.format)
        )
        found: dict[str, dict[AnimationFormat, int]] = defaultdict(dict)
        for row in await self._connection.execute(query):
            found[row.generation_id][row.format] = int(row.frames)
        return found

    async def waiting(self) -> bool:
        return bool(await self._connection.scalar(select(exists().where(_in_hand(AnimationState.QUEUED)))))

    async def share(self) -> Sequence[str]:
        twin = animations.alias("twin")
        query = (
            select(animations.c.generation_id, *(twin.c[name] for name in FILE_COLUMNS))
            .join(twin, (twin.c.key == animations.c.key) & (twin.c.state == AnimationState.SUCCEEDED))
            .where(_in_hand(AnimationState.QUEUED))
            .order_by(animations.c.generation_id)
        )
        rows = {row["generation_id"]: dict(row) for row in (await self._connection.execute(query)).mappings()}
        await lock_generations(self._connection, sorted(rows))
        for key, made in rows.items():
            await self._move(key, AnimationState.QUEUED, state=AnimationState.SUCCEEDED, **made)
        return await settle(self._connection, rows)

    async def claim(self, worker: str, lease_s: float) -> ClaimedAnimation | None:
        oldest = select(animations.c.generation_id).where(_in_hand(AnimationState.QUEUED))
        key = await self._connection.scalar(oldest.order_by(animations.c.generation_id).limit(1))
        if key is None:
            return None
        await lock_generations(self._connection, [key])
        row = await self._move(
            key,
            AnimationState.QUEUED,
            state=AnimationState.RUNNING,
            attempt=animations.c.attempt + 1,
            fence=animations.c.fence + 1,
            worker=worker,
            lease_until=_lease(lease_s),
        )
        if row is None:  # somebody else was quicker
            return None
        await settle(self._connection, [key])
        return _claimed(row, await self._frames(key))

    async def finish(self, claim: ClaimedAnimation, file: AnimationFile) -> bool:
        return await self._end(claim, state=AnimationState.SUCCEEDED, lease_until=None, **_file_values(file))

    async def fail(self, claim: ClaimedAnimation, failure: Failure, max_attempts: int, *, final: bool = False) -> bool:
        over = final or claim.attempt >= max_attempts
        told = {"error_code": failure.code, "error_message": failure.message}
        state = AnimationState.FAILED if over else AnimationState.QUEUED
        return await self._end(claim, state=state, lease_until=None, **told)

    async def hand_back(self, claim: ClaimedAnimation) -> bool:
        attempt = animations.c.attempt - 1
        return await self._end(claim, state=AnimationState.QUEUED, attempt=attempt, lease_until=None)

    async def renew(self, claim: ClaimedAnimation, lease_s: float) -> bool:
        return await self._mine(claim, lease_until=_lease(lease_s))

    async def requeue(self, *, everything: bool) -> Sequence[str]:
        lapsed = as_us(animations.c.lease_until) < now_us()
        running = (_in_hand(AnimationState.RUNNING), *(() if everything else (lapsed,)))
        query = select(animations.c.generation_id).where(*running).order_by(animations.c.generation_id)
        keys = list((await self._connection.execute(query)).scalars())
        await lock_generations(self._connection, keys)
        values = {"state": AnimationState.QUEUED, "lease_until": None, "attempt": animations.c.attempt - 1}
        await self._connection.execute(
            update(animations).where(animations.c.generation_id.in_(keys), *running).values(**values)
        )
        return await settle(self._connection, keys)

    async def next_kept(self, sha256: str) -> KeptAnimation | None:
        following = select(animations).where(animations.c.sha256 > sha256)
        ordered = following.order_by(animations.c.sha256, animations.c.generation_id).limit(1)
        row = (await self._connection.execute(ordered)).mappings().first()
        if row is None:
            return None
        same = ("sha256", "format", "fps", "loop", "recipe")
        frames = await self._frames(row["generation_id"])
        return KeptAnimation(**{name: row[name] for name in same}, frames=frames)

    async def replace(self, old: KeptAnimation, file: AnimationFile) -> bool:
        replacing = update(animations).where(animations.c.sha256 == old.sha256).values(_file_values(file))
        done = await self._connection.execute(replacing.returning(animations.c.generation_id))
        return done.first() is not None

    async def _end(self, claim: ClaimedAnimation, **values: Any) -> bool:
        if not await self._mine(claim, **values):
            return False
        await settle(self._connection, [claim.generation_id])
        return True

    async def _mine(self, claim: ClaimedAnimation, **values: Any) -> bool:
        await lock_generations(self._connection, [claim.generation_id])
        same = animations.c.fence == claim.fence
        return await self._move(claim.generation_id, AnimationState.RUNNING, same, **values) is not None

    async def _move(
        self, key: str, was: AnimationState, *where: ColumnElement[bool], **values: Any
    ) -> RowMapping | None:
        """The row as it is then; None where it is not in this state any more."""
        values.pop("generation_id", None)
        moving = update(animations).where(animations.c.generation_id == key, animations.c.state == was, *where)
        row: RowMapping | None = (
            (await self._connection.execute(moving.values(**values).returning(animations))).mappings().first()
        )
        return row

    async def _frames(self, key: str) -> tuple[str, ...]:
        """Empty for a picture that was deleted meanwhile."""
        query = (
            select(func.coalesce(pictures.c.sha256, ""))
            .select_from(renders)
            .join(pictures, renders.c.recipe_key == pictures.c.recipe_key, isouter=True)
            .where(renders.c.generation_id == key)
            .order_by(renders.c.place)
        )
        return tuple((await self._connection.execute(query)).scalars())


async def delete_animations(connection: AsyncConnection, generation_ids: Sequence[str]) -> tuple[str, ...]:
    """Those that were made of these generations' images; the paths of the files that no row refers to any more.

    Nobody else writes meanwhile.
    """
    leaving = (
        delete(animations)
        .where(animations.c.generation_id.in_(generation_ids), animations.c.state == AnimationState.SUCCEEDED)
        .returning(animations.c.sha256, animations.c.format)
    )
    paths = {row.sha256: animation_path(row.sha256, row.format) for row in await connection.execute(leaving)}
    still = select(animations.c.sha256).where(animations.c.sha256.in_(paths))
    for name in (await connection.execute(still)).scalars():
        paths.pop(name, None)
    return tuple(sorted(paths.values()))


async def cancel_animation(connection: AsyncConnection, generation_id: str) -> bool:
    """Of a generation none of whose renders is left to cancel; False where there is nothing to stop."""
    await lock_generations(connection, [generation_id])
    canceling = (
        update(animations)
        .where(animations.c.generation_id == generation_id, ANIMATION_IN_HAND)
        .values(state=AnimationState.CANCELED, fence=animations.c.fence + 1, lease_until=None)
        .returning(animations.c.generation_id)
    )
    if (await connection.execute(canceling)).first() is None:
        return False
    await settle(connection, [generation_id])
    return True


def animation_values(generation_id: str, new: NewAnimation) -> dict[str, Any]:
    return {
        "generation_id": generation_id,
        "format": new.format,
        "fps": new.fps,
        "loop": new.loop,
        "recipe": new.recipe,
        "key": new.key,
        "state": AnimationState.WAITING,
        "attempt": 0,
        "fence": 0,
    }


def _in_hand(state: AnimationState) -> ColumnElement[bool]:
    """With a literal, as `tables.in_state`, and the index's own condition beside it."""
    return (animations.c.state == literal(state, animations.c.state.type, literal_execute=True)) & ANIMATION_IN_HAND


def _lease(lease_s: float) -> ColumnElement[int]:
    return now_us() + round(lease_s * 1_000_000)


def _animation(row: RowMapping) -> Animation:
    file = AnimationFile(**{name: row[name] for name in FILE_COLUMNS})
    return Animation(row["generation_id"], row["format"], row["fps"], row["loop"], row["recipe"], file)


def _file_values(file: AnimationFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in FILE_COLUMNS}


def _claimed(row: RowMapping, frames: tuple[str, ...]) -> ClaimedAnimation:
    same = ("generation_id", "fence", "attempt", "format", "fps", "loop", "recipe")
    return ClaimedAnimation(**{name: row[name] for name in same}, frames=frames)
