"""Studies as rows: designs that are fixed, slots that come back, one answer a trial, and erasures that leave counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import Conflict
from domain.ids import new_id
from domain.paging import PageRequest
from domain.ports import UnitsOfWork
from domain.studies.answering import AnswerRequest
from domain.studies.codebook import COLUMNS, rows_of
from domain.studies.design import Design, protocol_hash
from domain.studies.drawing import Drawing
from domain.studies.judging import points_of
from domain.studies.pools import Pool, StoredPool
from domain.studies.records import (
    ConsentText,
    Gender,
    InputDevice,
    Participant,
    Screen,
    SessionStatus,
    Study,
    StudyCounts,
    StudySession,
    StudyVersion,
    TrajectoryPoint,
    Withdrawal,
)
from domain.studies.trials import TrialKind, trials_of
from infrastructure.database import Database
from tests.fixtures.studies import design

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEED = "5eed"


class Kept:
    """A study with one version, and what its participants do, each in a unit of work of its own."""

    def __init__(self, units: UnitsOfWork) -> None:
        self.units = units
        self.study = Study(new_id(), "ann", "Smiles", AT)
        self.design: Design = design()
        self.version = StudyVersion(
            new_id(), self.study.id, 1, self.design, SEED, protocol_hash(self.design, SEED), fixed=True, created_at=AT
        )

    async def do(self, repository: str, verb: str, *arguments: Any) -> Any:
        async with self.units.writing() as unit:
            answered = await getattr(getattr(unit, repository), verb)(*arguments)
            await unit.commit()
        return answered

    async def begin(self) -> "Kept":
        await self.do("studies", "add", self.study)
        await self.do("studies", "add_version", self.version)
        return self

    async def invite(self, slot: int) -> str:
        session = StudySession(
            new_id(), self.study.id, self.version.id, slot, SessionStatus.INVITED, AT, 0.0, label="A-17"
        )
        await self.do("study_sessions", "add", session, trials_of(self.design, Drawing(SEED), slot))
        return session.id

    async def consent(self, session_id: str, gender: Gender | None = Gender.OTHER) -> None:
        person = Participant(new_id(), session_id, 1, AT, 31, gender)
        await self.do("study_sessions", "consent", session_id, person, "d" * 64)

    async def session(self, session_id: str) -> StudySession:
        found: StudySession = (await self.do("study_sessions", "get_many", [session_id]))[session_id]
        return found

    async def trial_ids(self, session_id: str) -> Sequence[str]:
        return [trial.id for trial, _ in await self.do("study_sessions", "trials_of", session_id)]

    async def answer(self, session_id: str, place: int, key: str | None = None, step: int = 2) -> Any:
        trial_id = (await self.trial_ids(session_id))[place]
        request = AnswerRequest(
            trial_id=trial_id,
            step=step,
            response_ms=812.5,
            moved=True,
            idempotency_key=key or new_id(),
            trajectory=(TrajectoryPoint(0.5, 1), TrajectoryPoint(90.25, step)),
            input_device=InputDevice.TOUCH,
            screen=Screen(800, 600, 1.5),
        )
        return await self.do("study_sessions", "answer", session_id, request, self.design.strengths[step])


@pytest.fixture
async def kept(database: Database) -> Kept:
    return await Kept(database.units).begin()


async def test_a_version_comes_back_as_it_was_and_a_fixed_one_is_not_replaced(kept: Kept) -> None:
    (found,) = (await kept.do("studies", "versions", [kept.version.id])).values()
    assert replace(found, created_at=AT) == kept.version
    await kept.do("studies", "replace_version", replace(kept.version, number=7))
    assert (await kept.do("studies", "latest_versions", [kept.study.id]))[kept.study.id].number == 1
    loose = replace(kept.version, id=new_id(), number=2, fixed=False)
    await kept.do("studies", "add_version", loose)
    await kept.do("studies", "replace_version", replace(loose, seed="other"))
    await kept.do("studies", "set_generation", loose, "g")
    latest = (await kept.do("studies", "latest_versions", [kept.study.id]))[kept.study.id]
    assert (latest.seed, latest.generation_id) == ("other", "g")
    assert [version.number for version in await kept.do("studies", "versions_of", kept.study.id, 5)] == [2, 1]


async def test_studies_page_by_owner_and_go_with_their_texts(kept: Kept) -> None:
    other = Study(new_id(), "ben", "Frowns", AT)
    await kept.do("studies", "add", other)
    await kept.do("studies", "rename", other.id, "Scowls")
    assert [study.name for study in (await kept.do("studies", "page", PageRequest(""), "ben")).items] == ["Scowls"]
    assert await kept.do("studies", "count", None) == 2
    text = ConsentText(other.id, 1, "I agree.", "e" * 64)
    await kept.do("studies", "add_consent", text)
    assert await kept.do("studies", "consents", [(other.id, 1), (other.id, 2)]) == {(other.id, 1): text}
    await kept.do("studies", "delete", other.id)
    assert await kept.do("studies", "get_many", [other.id]) == {}
    assert await kept.do("studies", "consents", [(other.id, 1)]) == {}


async def test_pools_come_back_in_their_order(kept: Kept) -> None:
    pool = StoredPool(new_id(), "ann", "faces", Pool("calm", (3, 1), (2**32 - 1, 5)), 0.7, AT)
    await kept.do("studies", "add_pool", pool)
    other = replace(pool, id=new_id(), pool=Pool("lively", (7,), ()))
    await kept.do("studies", "add_pool", other)
    page = await kept.do("studies", "pool_page", PageRequest("", 10), "ann")
    assert [one.id for one in page.items] == [other.id, pool.id]
    found = page.items[1]
    assert replace(found, created_at=AT) == pool
    assert list(await kept.do("studies", "pools", [pool.id])) == [pool.id]
    assert (await kept.do("studies", "pool_page", PageRequest("", 10), "ben")).items == ()
    assert [await kept.do("studies", "pool_count", owner) for owner in ("ann", "ben", None)] == [2, 0, 2]


async def test_a_slot_is_one_sessions_until_it_is_given_back(kept: Kept) -> None:
    first = await kept.invite(0)
    with pytest.raises(Conflict):
        await kept.invite(0)
    await kept.do("study_sessions", "end", first, SessionStatus.COMPLETED)
    assert await kept.do("study_sessions", "held_slots", kept.version.id) == [0]
    with pytest.raises(Conflict):
        await kept.invite(0)
    second = await kept.invite(1)
    await kept.do("study_sessions", "end", second, SessionStatus.DROPPED_OUT)
    assert await kept.do("study_sessions", "held_slots", kept.version.id) == [0]
    await kept.invite(1)


async def test_trials_are_in_their_order_and_the_next_are_those_without_an_answer(kept: Kept) -> None:
    session = await kept.invite(0)
    planned = trials_of(kept.design, Drawing(SEED), 0)
    stored = await kept.do("study_sessions", "trials_of", session)
    assert [trial.planned for trial, _ in stored] == list(planned)
    await kept.answer(session, 0)
    await kept.answer(session, 2)
    waiting = await kept.do("study_sessions", "next_trials", session, 2)
    assert [trial.planned.place for trial in waiting] == [1, 3]
    assert await kept.do("study_sessions", "progress", [session]) == {session: (2, len(planned))}
    await kept.do("study_sessions", "delete_trials", await kept.trial_ids(session))
    assert await kept.do("study_sessions", "progress", [session]) == {session: (2, 2)}


async def test_an_answer_comes_back_as_it_was_given_and_begins_the_run(kept: Kept) -> None:
    session = await kept.invite(0)
    await kept.consent(session)
    given = await kept.answer(session, 0, key="k")
    again, mark = await kept.do("study_sessions", "answer_by_key", session, "k")
    assert again == given
    assert len(mark) == 64
    assert given.trajectory == (TrajectoryPoint(0.5, 1), TrajectoryPoint(90.25, 2))
    assert given.screen == Screen(800, 600, 1.5)
    now = await kept.session(session)
    assert now.status is SessionStatus.RUNNING
    assert now.started_at is not None
    assert now.idle_s < 60


async def test_of_two_answers_to_one_trial_the_first_stays(kept: Kept) -> None:
    session = await kept.invite(0)
    results = await asyncio.gather(*(kept.answer(session, 0, step=step) for step in (1, 3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["Answer", "Conflict"]
    assert await kept.do("study_sessions", "progress", [session]) == {session: (1, kept.design.trials)}


async def test_an_erasure_takes_the_person_and_the_answers_and_leaves_the_count(kept: Kept) -> None:
    session = await kept.invite(0)
    await kept.consent(session)
    await kept.answer(session, 0)
    await kept.answer(session, 1)
    assert await kept.do("study_sessions", "erase", session) == 2
    await kept.do("study_sessions", "end", session, SessionStatus.WITHDRAWN)
    receipt = Withdrawal(new_id(), kept.study.id, 1, session, 2, AT, "f" * 64)
    await kept.do("study_sessions", "add_withdrawal", receipt)
    left = await kept.session(session)
    assert (left.label, left.device_sha256, left.consented_at, left.started_at) == (None,) * 4
    assert await kept.do("study_sessions", "participants", [session]) == {}
    assert await kept.do("study_sessions", "trials_of", session) == []
    assert await kept.do("study_sessions", "receipt", receipt.id) == receipt
    assert await kept.do("study_sessions", "withdrawals", [session]) == {session: receipt}
    assert (await kept.do("study_sessions", "counts", [kept.study.id]))[kept.study.id] == StudyCounts(withdrawn=1)


async def test_counts_say_where_everybody_is(kept: Kept) -> None:
    invited, consented, running = [await kept.invite(slot) for slot in range(3)]
    await kept.consent(consented)
    await kept.consent(running)
    await kept.answer(running, 0)
    counts = (await kept.do("study_sessions", "counts", [kept.study.id]))[kept.study.id]
    assert counts == StudyCounts(invited=1, consented=1, running=1, answers=1)
    await kept.do("study_sessions", "end", await kept.invite(3), SessionStatus.COMPLETED)
    still = await kept.do("study_sessions", "open", kept.version.id)
    assert {session.id for session in still} == {invited, consented, running}
    await kept.do("study_sessions", "delete", invited)
    assert await kept.do("study_sessions", "count", kept.study.id) == 3


async def test_rows_have_the_columns_of_the_codebook_one_a_trial(kept: Kept) -> None:
    first, second = await kept.invite(0), await kept.invite(1)
    await kept.consent(first)
    await kept.answer(first, 0)
    async with kept.units.reading() as unit:
        rows = [row async for run in unit.reports.runs(kept.study.id) for row in rows_of(run)]
    assert len(rows) == 2 * kept.design.trials
    assert all(list(row) == [column.name for column in COLUMNS] for row in rows)
    assert [row["session"] for row in rows] == [first] * kept.design.trials + [second] * kept.design.trials
    assert (rows[0]["strength"], rows[0]["gender"], rows[0]["answered"]) == (0.5, "other", True)
    assert (rows[1]["strength"], rows[-1]["participant"]) == (None, None)


async def test_points_are_the_answers_that_results_need(kept: Kept) -> None:
    session, other = await kept.invite(0), await kept.invite(1)
    await kept.consent(session, gender=None)
    for place in range(kept.design.trials):
        await kept.answer(session, place)
    await kept.answer(other, kept.design.trials - 1)
    async with kept.units.reading() as unit:
        every = [point async for point in unit.reports.points(kept.study.id)]
        one = [point async for point in unit.reports.points(kept.study.id, session)]
    assert len(every) == len(one) + 1
    assert {point.kind for point in one} == {TrialKind.MAIN, TrialKind.REPEATED, TrialKind.ATTENTION}
    assert len(one) == kept.design.trials - kept.design.practice_trials
    async with kept.units.reading() as unit:
        first, _ = [run async for run in unit.reports.runs(kept.study.id)]
    assert points_of(first) == one
    assert {point.gender for point in one} == {None}


async def test_there_is_no_mean_size_before_the_first_picture(kept: Kept) -> None:
    async with kept.units.reading() as unit:
        assert await unit.reports.mean_size_bytes("a" * 64) is None
        assert await unit.reports.pictures(["0" * 64]) == {}
