"""Participants' runs as rows: sessions, slots, the person, trials, answers, and what a withdrawal leaves."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict
from domain.ids import new_id
from domain.paging import Page, PageRequest
from domain.studies.answering import AnswerRequest
from domain.studies.records import (
    Answer,
    Gender,
    Participant,
    SessionStatus,
    StudyCounts,
    StudySession,
    Trial,
    Withdrawal,
)
from domain.studies.trials import PlannedTrial
from infrastructure.database.clock import DatabaseNow, as_us, now_us
from infrastructure.database.keyset import Keyset
from infrastructure.database.listing import read_pages
from infrastructure.database.statements import Query, insert, insert_all, is_postgresql
from infrastructure.database.studies.rows import (
    answer_from,
    participant_from,
    session_from,
    trial_from,
    trial_values,
    withdrawal_from,
)
from infrastructure.database.studies.tables import answers, participants, sessions, trials, withdrawals

NEWEST_FIRST = Keyset(sessions.c.created_at, sessions.c.id, descending=True)
ANSWERED = exists().where(answers.c.trial_id == trials.c.id)
OPEN = tuple(status for status in SessionStatus if status.open)
GIVES_SLOT_BACK = (SessionStatus.DROPPED_OUT, SessionStatus.WITHDRAWN)


IDLE_US = (now_us() - as_us(sessions.c.seen_at)).label("idle_us")
"""How long ago anything came from the participant, by the database's clock."""


def with_idleness() -> Query:
    return select(sessions, IDLE_US)


class SqlStudySessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: StudySession, planned: Sequence[PlannedTrial]) -> None:
        names = ("id", "study_id", "version_id", "slot", "status", "label")
        values = {name: getattr(session, name) for name in names}
        try:
            await self._connection.execute(sessions.insert().values(**values, held=True))
        except IntegrityError:
            raise Conflict("somebody else was invited at this moment; try again") from None
        await self.add_trials(session.id, planned)

    async def get_many(self, ids: Sequence[str]) -> dict[str, StudySession]:
        query = with_idleness().where(sessions.c.id.in_(ids))
        return {row["id"]: session_from(row) for row in await self._mappings(query)}

    async def lock(self, session_id: str) -> StudySession | None:
        if is_postgresql(self._connection):
            await self._connection.execute(select(sessions.c.id).where(sessions.c.id == session_id).with_for_update())
        return (await self.get_many([session_id])).get(session_id)

    async def page(self, page: PageRequest, study_id: str) -> Page[StudySession]:
        asked = [(page, with_idleness().where(sessions.c.study_id == study_id))]
        (found,) = await read_pages(self._connection, NEWEST_FIRST, asked, session_from)
        return found

    async def count(self, study_id: str) -> int:
        query = select(func.count()).select_from(sessions).where(sessions.c.study_id == study_id)
        return await self._connection.scalar(query) or 0

    async def held_slots(self, version_id: str) -> Sequence[int]:
        query = select(sessions.c.slot).where(sessions.c.version_id == version_id, sessions.c.held.is_(True))
        return list((await self._connection.execute(query)).scalars())

    async def open(self, version_id: str) -> Sequence[StudySession]:
        query = with_idleness().where(sessions.c.version_id == version_id, sessions.c.status.in_(OPEN))
        return [session_from(row) for row in await self._mappings(query.order_by(sessions.c.id))]

    async def end(self, session_id: str, status: SessionStatus) -> None:
        held = {"held": False} if status in GIVES_SLOT_BACK else {}
        await self._change(session_id, status=status, finished_at=DatabaseNow(), **held)

    async def reopen(self, session_id: str) -> None:
        await self._change(session_id, status=SessionStatus.RUNNING, finished_at=None, seen_at=DatabaseNow())

    async def touch(self, session_id: str) -> None:
        await self._change(session_id, seen_at=DatabaseNow())

    async def delete(self, session_id: str) -> None:
        await self._connection.execute(delete(trials).where(trials.c.session_id == session_id))
        await self._connection.execute(delete(withdrawals).where(withdrawals.c.session_id == session_id))
        await self._connection.execute(delete(sessions).where(sessions.c.id == session_id))

    async def consent(self, session_id: str, participant: Participant, device_sha256: str | None) -> None:
        await self._connection.execute(participants.insert().values(asdict(participant)))
        await self._change(
            session_id,
            status=SessionStatus.CONSENTED,
            consented_at=participant.consented_at,
            device_sha256=device_sha256,
            seen_at=DatabaseNow(),
        )

    async def participants(self, session_ids: Sequence[str]) -> dict[str, Participant]:
        query = select(participants).where(participants.c.session_id.in_(session_ids))
        return {row["session_id"]: participant_from(row) for row in await self._mappings(query)}

    async def describe(self, session_id: str, age: int | None, gender: Gender | None) -> None:
        changing = update(participants).where(participants.c.session_id == session_id)
        await self._connection.execute(changing.values(age=age, gender=gender))

    async def trials(self, ids: Sequence[str]) -> dict[str, Trial]:
        query = select(trials).where(trials.c.id.in_(ids))
        return {row["id"]: trial_from(row) for row in await self._mappings(query)}

    async def trials_of(self, session_id: str) -> Sequence[tuple[Trial, bool]]:
        query = select(trials, ANSWERED.label("answered")).where(trials.c.session_id == session_id)
        rows = await self._mappings(query.order_by(trials.c.place))
        return [(trial_from(row), bool(row["answered"])) for row in rows]

    async def next_trials(self, session_id: str, limit: int) -> Sequence[Trial]:
        query = select(trials).where(trials.c.session_id == session_id, ~ANSWERED)
        return [trial_from(row) for row in await self._mappings(query.order_by(trials.c.place).limit(limit))]

    async def progress(self, session_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        query = (
            select(trials.c.session_id, func.count(answers.c.id).label("answered"), func.count().label("all"))
            .join(answers, answers.c.trial_id == trials.c.id, isouter=True)
            .where(trials.c.session_id.in_(session_ids))
            .group_by(trials.c.session_id)
        )
        found = {row["session_id"]: (row["answered"], row["all"]) for row in await self._mappings(query)}
        return {key: found.get(key, (0, 0)) for key in session_ids}

    async def add_trials(self, session_id: str, planned: Sequence[PlannedTrial]) -> None:
        await insert_all(self._connection, trials, [trial_values(session_id, one) for one in planned])

    async def delete_trials(self, ids: Sequence[str]) -> None:
        await self._connection.execute(delete(trials).where(trials.c.id.in_(ids), ~ANSWERED))

    async def answer(self, session_id: str, request: AnswerRequest, strength: float) -> Answer:
        key = new_id()
        adding = insert(self._connection, answers).values(
            id=key, session_id=session_id, strength=strength, **_answer_values(request)
        )
        kept = await self._connection.execute(adding.on_conflict_do_nothing().returning(answers.c.id))
        if kept.first() is None:
            raise Conflict("this trial has an answer already; the first one stays", ("input", "trialId"))
        first = func.coalesce(sessions.c.started_at, DatabaseNow())
        await self._change(session_id, status=SessionStatus.RUNNING, started_at=first, seen_at=DatabaseNow())
        (row,) = await self._mappings(select(answers).where(answers.c.id == key))
        return answer_from(row)

    async def answer_by_key(self, session_id: str, key: str) -> tuple[Answer, str] | None:
        query = select(answers).where(answers.c.session_id == session_id, answers.c.idempotency_key == key)
        return next(((answer_from(row), row["fingerprint"]) for row in await self._mappings(query)), None)

    async def erase(self, session_id: str) -> int:
        erased = (await self._connection.execute(delete(answers).where(answers.c.session_id == session_id))).rowcount
        for table in (trials, participants):
            await self._connection.execute(delete(table).where(table.c.session_id == session_id))
        await self._change(session_id, label=None, device_sha256=None, consented_at=None, started_at=None)
        return erased

    async def add_withdrawal(self, withdrawal: Withdrawal) -> None:
        await self._connection.execute(withdrawals.insert().values(asdict(withdrawal)))

    async def withdrawals(self, session_ids: Sequence[str]) -> dict[str, Withdrawal]:
        query = select(withdrawals).where(withdrawals.c.session_id.in_(session_ids))
        return {row["session_id"]: withdrawal_from(row) for row in await self._mappings(query)}

    async def receipt(self, receipt_id: str) -> Withdrawal | None:
        query = select(withdrawals).where(withdrawals.c.id == receipt_id)
        return next((withdrawal_from(row) for row in await self._mappings(query)), None)

    async def counts(self, study_ids: Sequence[str]) -> dict[str, StudyCounts]:
        grouped = select(sessions.c.study_id, sessions.c.status, func.count().label("count"))
        by_status = grouped.where(sessions.c.study_id.in_(study_ids)).group_by(sessions.c.study_id, sessions.c.status)
        answered = (
            select(sessions.c.study_id, func.count().label("count"))
            .join(answers, answers.c.session_id == sessions.c.id)
            .where(sessions.c.study_id.in_(study_ids))
            .group_by(sessions.c.study_id)
        )
        found: dict[str, dict[str, int]] = {key: {} for key in study_ids}
        for row in await self._mappings(by_status):
            found[row["study_id"]][row["status"].value] = row["count"]
        for row in await self._mappings(answered):
            found[row["study_id"]]["answers"] = row["count"]
        return {key: StudyCounts(**numbers) for key, numbers in found.items()}

    async def _change(self, session_id: str, **values: Any) -> None:
        await self._connection.execute(update(sessions).where(sessions.c.id == session_id).values(values))

    async def _mappings(self, query: Query) -> Sequence[RowMapping]:
        return (await self._connection.execute(query)).mappings().all()


def _answer_values(request: AnswerRequest) -> dict[str, Any]:
    return {
        "trial_id": request.trial_id,
        "idempotency_key": request.idempotency_key,
        "fingerprint": request.fingerprint,
        "step": request.step,
        "response_ms": request.response_ms,
        "moved": request.moved,
        "trajectory": json.dumps([[point.at_ms, point.step] for point in request.trajectory]),
        "input_device": request.input_device,
        "screen": None if request.screen is None else json.dumps(asdict(request.screen)),
    }
