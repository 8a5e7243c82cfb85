"""Questions across many rows of a study."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.generations import Picture
from domain.studies.judging import JUDGED
from domain.studies.ports import Point
from domain.studies.records import Run, StudyVersion
from infrastructure.database.pictures import picture_from
from infrastructure.database.statements import CHUNK, Query, is_postgresql
from infrastructure.database.studies.designs import version_from
from infrastructure.database.studies.rows import answer_from, participant_from, session_from, trial_from
from infrastructure.database.studies.running import IDLE_US
from infrastructure.database.studies.tables import answers, participants, sessions, trials, versions
from infrastructure.database.tables import images, pictures

SAMPLE = 200
"""Pictures that the mean size is taken of."""


class SqlStudyReports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def points(self, study_id: str, session_id: str | None = None) -> AsyncIterator[Point]:
        query = _points().where(sessions.c.study_id == study_id)
        if session_id is not None:
            query = query.where(sessions.c.id == session_id)
        for row in (await self._connection.execute(query)).mappings():
            yield Point(**row)

    async def runs(self, study_id: str) -> AsyncIterator[Run]:
        """A participant at a time, so that memory does not grow with their number; of one state of the database, where
        this is what the unit of work begins with.
        """
        if is_postgresql(self._connection):  # SQLite's transactions see one state anyway
            await self._connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        known = await self._versions(study_id)
        order = select(sessions.c.id).where(sessions.c.study_id == study_id)
        ids = (await self._connection.execute(order.order_by(sessions.c.created_at, sessions.c.id))).scalars().all()
        for session_id in ids:
            query = _rows().where(sessions.c.id == session_id)
            if rows := (await self._connection.execute(query)).mappings().all():
                yield _run(known[rows[0]["version_id"]], rows)

    async def pictures(self, recipe_keys: Sequence[str]) -> Mapping[str, Picture]:
        found: dict[str, Picture] = {}
        for start in range(0, len(recipe_keys), CHUNK):
            query = select(pictures).where(pictures.c.recipe_key.in_(recipe_keys[start : start + CHUNK]))
            for row in (await self._connection.execute(query)).mappings():
                found[row["recipe_key"]] = picture_from(row)
        return found

    async def mean_size_bytes(self, network_sha256: str) -> float | None:
        newest = (
            select(pictures.c.size_bytes)
            .join(images, images.c.recipe_key == pictures.c.recipe_key)
            .where(images.c.network_sha256 == network_sha256)
            .order_by(images.c.created_at.desc(), images.c.id.desc())
            .limit(SAMPLE)
            .subquery()
        )
        mean = await self._connection.scalar(select(func.avg(newest.c.size_bytes)))
        return None if mean is None else float(mean)

    async def _versions(self, study_id: str) -> dict[str, StudyVersion]:
        rows = await self._connection.execute(select(versions).where(versions.c.study_id == study_id))
        return {row["id"]: version_from(row) for row in rows.mappings()}


def _points() -> Query:
    """Columns as Point's fields are called."""
    planned = [trials.c[name] for name in ("session_id", "place", "kind", "emotion", "repeats", "target")]
    given = [answers.c[name] for name in ("step", "strength", "response_ms", "moved")]
    about = [sessions.c.version_id, sessions.c.status, trials.c.face_sex.label("sex"), participants.c.gender]
    return (
        select(*planned, *given, *about)
        .join(sessions, sessions.c.id == trials.c.session_id)
        .join(answers, answers.c.trial_id == trials.c.id)
        .join(participants, participants.c.session_id == trials.c.session_id, isouter=True)
        .where(trials.c.kind.in_(JUDGED))
        .order_by(sessions.c.created_at, sessions.c.id, trials.c.place)
    )


def _rows() -> Query:
    return (
        select(
            sessions,
            IDLE_US,
            *_prefixed(participants),
            *_prefixed(trials),
            *_prefixed(answers),
        )
        .join(trials, trials.c.session_id == sessions.c.id)
        .join(participants, participants.c.session_id == sessions.c.id, isouter=True)
        .join(answers, answers.c.trial_id == trials.c.id, isouter=True)
        .order_by(trials.c.place)
    )


def _run(version: StudyVersion, rows: Sequence[RowMapping]) -> Run:
    first = rows[0]
    return Run(
        version,
        session_from(first),
        participant_from(first, "participants_") if first["participants_id"] else None,
        tuple(
            (trial_from(row, "trials_"), answer_from(row, "answers_") if row["answers_id"] else None) for row in rows
        ),
    )


def _prefixed(table: Table) -> list[Any]:
    return [column.label(f"{table.name}_{column.name}") for column in table.c]
