"""A participant's side: consent before anything, trials in the server's order, one answer each, leaving at any time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.access import Caller, Scope
from domain.errors import Conflict, IdempotencyConflict, NotFound
from domain.generations import Picture
from domain.ids import new_id
from domain.ports import UnitOfWork, UnitsOfWork
from domain.studies.answering import AnswerRequest, check_answer, check_turn
from domain.studies.participation import (
    check_age,
    check_consent,
    check_consented,
    check_device_key,
    check_open,
    device_hash,
    receipt_hash,
)
from domain.studies.records import (
    Answer,
    ConsentText,
    Gender,
    Participant,
    SessionStatus,
    StudySession,
    StudyVersion,
    Trial,
    Withdrawal,
)
from domain.studies.stimuli import trial_recipes

MAX_AHEAD = 10


@dataclass(frozen=True, slots=True)
class ShownTrial:
    """A trial with the pictures of all steps of its slider; None where one is not rendered yet."""

    trial: Trial
    steps: tuple[Picture | None, ...]

    @property
    def ready(self) -> bool:
        return None not in self.steps


@dataclass(frozen=True, slots=True)
class TakingPart:
    """The caller is a participant (their link names the session), or the study's researcher."""

    units: UnitsOfWork

    async def session(self, caller: Caller, session_id: str) -> StudySession:
        """Raises NotFound."""
        async with self.units.reading() as unit:
            session, _ = await _theirs(caller, unit, session_id)
        return session

    async def progress(self, caller: Caller, session_id: str) -> tuple[int, int]:
        """(answered, all) trials. Raises NotFound."""
        async with self.units.reading() as unit:
            await _theirs(caller, unit, session_id)
            return (await unit.study_sessions.progress([session_id]))[session_id]

    async def consent_text(self, caller: Caller, session_id: str) -> ConsentText:
        async with self.units.reading() as unit:
            session, version = await _theirs(caller, unit, session_id)
            key = (session.study_id, version.design.consent.number)
            return (await unit.studies.consents([key]))[key]

    async def give_consent(
        self, caller: Caller, session_id: str, consent_number: int, device_key: str | None
    ) -> StudySession:
        """Twice the same is once. Raises Conflict, Invalid or NotFound."""
        async with self.units.writing() as unit:
            session, version = await _theirs(caller, unit, session_id)
            policy = version.design.resume
            check_device_key(device_key, policy)
            check_open(session, policy, device_key)
            check_consent(consent_number, version.design.consent)
            if session.status is SessionStatus.INVITED:
                person = Participant(new_id(), session_id, consent_number, datetime.now(UTC))
                await unit.study_sessions.consent(session_id, person, device_hash(device_key))
            kept = (await unit.study_sessions.get_many([session_id]))[session_id]
            await unit.commit()
        return kept

    async def describe(
        self, caller: Caller, session_id: str, age: int | None, gender: Gender | None, device_key: str | None
    ) -> None:
        """Raises Conflict before there is consent; Invalid or NotFound."""
        check_age(age)
        async with self.units.writing() as unit:
            await _going_on(caller, unit, session_id, device_key)
            await unit.study_sessions.describe(session_id, age, gender)
            await unit.study_sessions.touch(session_id)
            await unit.commit()

    async def next_trials(
        self, caller: Caller, session_id: str, ahead: int, device_key: str | None
    ) -> Sequence[ShownTrial]:
        """The first `ahead` that are not answered, in the server's order; none of a complete session.

        Raises Conflict or NotFound.
        """
        async with self.units.reading() as unit:
            session, version = await _theirs(caller, unit, session_id)
            if session.status is SessionStatus.COMPLETED:
                return []
            _check_going_on(session, version, device_key)
            trials = await unit.study_sessions.next_trials(session_id, max(1, min(ahead, MAX_AHEAD)))
            keys = {
                trial.id: [
                    recipe.key
                    for recipe in trial_recipes(version.design, trial.planned.face.seed, trial.planned.emotion)
                ]
                for trial in trials
            }
            pictures = await unit.reports.pictures(sorted({key for some in keys.values() for key in some}))
        return [ShownTrial(trial, tuple(pictures.get(key) for key in keys[trial.id])) for trial in trials]

    async def answer(self, caller: Caller, session_id: str, request: AnswerRequest) -> Answer:
        """Kept when this returns. The last trial's completes the session.

        Raises Conflict for a trial that has an answer or whose turn it is not; IdempotencyConflict, Invalid, NotFound.
        """
        async with self.units.writing() as unit:
            if known := await _known(unit, session_id, request):
                await _theirs(caller, unit, session_id)
                return known
            version = await _going_on(caller, unit, session_id, request.device_key)
            trial = (await unit.study_sessions.trials([request.trial_id])).get(request.trial_id)
            if trial is None or trial.session_id != session_id:
                raise NotFound("there is no such trial", ("input", "trialId"))
            check_answer(request, trial, version.design)
            waiting = await unit.study_sessions.next_trials(session_id, 2)
            if not waiting or trial.planned.place < waiting[0].planned.place:
                raise Conflict("this trial has an answer already; the first one stays", ("input", "trialId"))
            check_turn(trial, waiting[0])
            kept = await unit.study_sessions.answer(session_id, request, version.design.strengths[request.step])
            if len(waiting) == 1:
                await unit.study_sessions.end(session_id, SessionStatus.COMPLETED)
            await unit.commit()
        return kept

    async def withdraw(self, caller: Caller, session_id: str) -> Withdrawal:
        """Erase the person and their answers, now, for good; twice is once. Raises NotFound."""
        async with self.units.writing() as unit:
            session, version = await _theirs(caller, unit, session_id)
            if known := (await unit.study_sessions.withdrawals([session_id])).get(session_id):
                return known
            erased = await unit.study_sessions.erase(session_id)
            await unit.study_sessions.end(session_id, SessionStatus.WITHDRAWN)
            receipt = _receipt(session, version.number, erased)
            await unit.study_sessions.add_withdrawal(receipt)
            await unit.commit()
        return receipt

    async def receipt(self, caller: Caller, receipt_id: str) -> Withdrawal:
        """For whoever withdrew, by their link, and for the study's researcher. Raises NotFound."""
        async with self.units.reading() as unit:
            found = await unit.study_sessions.receipt(receipt_id)
            sessions = await unit.study_sessions.get_many([found.session_id] if found else [])
            if found is None or not await _may_see(caller, unit, sessions[found.session_id]):
                raise NotFound("there is no such receipt", ("id",))
        return found


async def _theirs(caller: Caller, unit: UnitOfWork, session_id: str) -> tuple[StudySession, StudyVersion]:
    """Raises NotFound: for others this session does not exist."""
    session = await unit.study_sessions.lock(session_id)
    if session is None or not await _may_see(caller, unit, session):
        raise NotFound("there is no such study session", ("input", "sessionId"))
    return session, (await unit.studies.versions([session.version_id]))[session.version_id]


async def _may_see(caller: Caller, unit: UnitOfWork, session: StudySession) -> bool:
    if caller.study_session_id is not None:
        return caller.study_session_id == session.id
    study = (await unit.studies.get_many([session.study_id]))[session.study_id]
    return caller.may(Scope.RESEARCH) and caller.owns(study.owner)


async def _going_on(caller: Caller, unit: UnitOfWork, session_id: str, device_key: str | None) -> StudyVersion:
    """Consented, open, within the policy. Raises Conflict or NotFound."""
    session, version = await _theirs(caller, unit, session_id)
    _check_going_on(session, version, device_key)
    return version


def _check_going_on(session: StudySession, version: StudyVersion, device_key: str | None) -> None:
    """Raises Conflict."""
    check_open(session, version.design.resume, device_key)
    check_consented(session)


async def _known(unit: UnitOfWork, session_id: str, request: AnswerRequest) -> Answer | None:
    found = await unit.study_sessions.answer_by_key(session_id, request.idempotency_key)
    if found is None:
        return None
    answer, mark = found
    if mark != request.fingerprint:
        raise IdempotencyConflict(
            "this idempotencyKey was used for another answer; use a new one", ("input", "idempotencyKey")
        )
    return answer


def _receipt(session: StudySession, version_number: int, erased: int) -> Withdrawal:
    key, at = new_id(), datetime.now(UTC)
    mark = receipt_hash(receipt_id=key, session=session, version_number=version_number, answers_erased=erased, at=at)
    return Withdrawal(key, session.study_id, version_number, session.id, erased, at, mark)
