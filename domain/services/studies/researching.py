"""A researcher's side: designs and their versions, invitations, repairs, and what may be deleted.

A design changes in place until somebody is invited to it; from then on it is fixed, and a change is a new version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.access import Caller, Scope
from domain.errors import Conflict, Invalid, NotFound
from domain.ids import new_id
from domain.networks import Catalogue
from domain.ports import UnitOfWork, UnitsOfWork
from domain.studies.design import Consent, Design, protocol, protocol_hash
from domain.studies.designing import AT, DesignRequest, design_of
from domain.studies.drawing import Drawing, fresh_seed
from domain.studies.participation import check_text, free_slot, lapsed, text_hash
from domain.studies.pools import MAX_NAME, Pool
from domain.studies.records import ConsentText, SessionOverview, SessionStatus, Study, StudySession, StudyVersion
from domain.studies.trials import trials_of
from domain.texts import checked_name

MAX_LABEL = 200


@dataclass(frozen=True, slots=True)
class Repair:
    """What a session's trials lacked or had too often, by their places; all of it is as planned again.

    `status` is what follows from that: COMPLETED where every trial is answered, RUNNING again where one came back.
    """

    restored: tuple[int, ...]
    removed: tuple[int, ...]
    status: SessionStatus


@dataclass(frozen=True, slots=True)
class Research:
    """`curated` are the pools that come with networks, by the network's name."""

    units: UnitsOfWork
    catalogue: Catalogue
    curated: Mapping[str, tuple[Pool, float]]

    async def create(self, caller: Caller, name: str, consent_text: str, request: DesignRequest) -> Study:
        """Raises Invalid, NotFound or Forbidden."""
        caller.require(Scope.RESEARCH)
        study = Study(new_id(), caller.owner, checked_name(name, MAX_NAME, ("input", "name")), datetime.now(UTC))
        consent = _consent_text(study.id, 1, consent_text)
        async with self.units.writing() as unit:
            design = await self._design(caller, unit, request, consent)
            await unit.studies.add(study)
            await unit.studies.add_consent(consent)
            await unit.studies.add_version(_version(study.id, 1, design, request.randomisation_seed))
            await unit.commit()
        return study

    async def draft(self, caller: Caller, request: DesignRequest) -> Design:
        """A design of no study yet. Raises Invalid, NotFound or Forbidden."""
        caller.require(Scope.RESEARCH)
        async with self.units.reading() as unit:
            return await self._design(caller, unit, request, ConsentText("", 1, "", text_hash("")))

    async def change(
        self, caller: Caller, study_id: str, name: str | None, consent_text: str | None, request: DesignRequest | None
    ) -> StudyVersion:
        """The version that holds now: a new one where the last was fixed. Raises Invalid, NotFound or Forbidden."""
        async with self.units.writing() as unit:
            await own_study(caller, unit, study_id)
            await unit.studies.lock(study_id)
            if name is not None:
                await unit.studies.rename(study_id, checked_name(name, MAX_NAME, ("input", "name")))
            latest = await current_version(unit, study_id)
            if request is not None or consent_text is not None:
                latest = await self._changed(caller, unit, latest, consent_text, request)
            await unit.commit()
        return latest

    async def invite(self, caller: Caller, study_id: str, label: str | None) -> SessionOverview:
        """A session in the lowest free slot, with all its trials; the version is fixed from now on.

        Those who dropped out have given their slots back before. Raises Invalid, NotFound, Conflict or Forbidden.
        """
        if label is not None and not (0 < len(label) <= MAX_LABEL and label.isprintable()):
            raise Invalid(f"label is 1 to {MAX_LABEL} printable characters", ("input", "label"))
        async with self.units.writing() as unit:
            await own_study(caller, unit, study_id)
            await unit.studies.lock(study_id)
            version = await current_version(unit, study_id)
            if not version.fixed:
                version = replace(version, fixed=True)
                await unit.studies.replace_version(version)
            await drop_lapsed(unit, version)
            session = _session(version, free_slot(await unit.study_sessions.held_slots(version.id)), label)
            trials = trials_of(version.design, Drawing(version.seed), session.slot)
            await unit.study_sessions.add(session, trials)
            kept = (await unit.study_sessions.get_many([session.id]))[session.id]
            await unit.commit()
        return SessionOverview(kept, 0, len(trials))

    async def renew_link(self, caller: Caller, session_id: str) -> str:
        """Of a session that goes on, whose link somebody lost; an invitation holds as long as its newest link.

        The session's id. Raises Conflict for one that has ended; NotFound or Forbidden.
        """
        async with self.units.writing() as unit:
            session = await own_session(caller, unit, session_id)
            if not session.status.open:
                raise Conflict(f"this session has ended: {session.status.name}", ("input", "id"))
            if session.status is SessionStatus.INVITED:
                await unit.study_sessions.touch(session_id)
            await unit.commit()
        return session_id

    async def delete_session(self, caller: Caller, session_id: str) -> None:
        """Raises Conflict for one that somebody has consented to or withdrew from; NotFound or Forbidden."""
        async with self.units.writing() as unit:
            session = await own_session(caller, unit, session_id)
            if session.status is SessionStatus.WITHDRAWN:
                raise Conflict("this session keeps the receipt of a withdrawal; it stays", ("input", "id"))
            if await unit.study_sessions.participants([session_id]):
                raise Conflict("this session has a participant; erase their data instead", ("input", "id"))
            await unit.study_sessions.delete(session_id)
            await unit.commit()

    async def repair(self, caller: Caller, session_id: str) -> Repair:
        """Trials that are missing come back, those that nobody planned go. What is answered is never touched."""
        async with self.units.writing() as unit:
            session = await own_session(caller, unit, session_id)
            if session.status is SessionStatus.WITHDRAWN:
                raise Conflict("the trials of this session were erased by a withdrawal", ("input", "id"))
            version = (await unit.studies.versions([session.version_id]))[session.version_id]
            planned = trials_of(version.design, Drawing(version.seed), session.slot)
            there = await unit.study_sessions.trials_of(session_id)
            places = {trial.planned.place for trial, _ in there}
            missing = [trial for trial in planned if trial.place not in places]
            strays = [trial for trial, answered in there if trial.planned.place >= len(planned) and not answered]
            await unit.study_sessions.delete_trials([trial.id for trial in strays])
            await unit.study_sessions.add_trials(session_id, missing)
            status = await _settled(unit, session)
            await unit.commit()
        removed = sorted(trial.planned.place for trial in strays)
        return Repair(tuple(trial.place for trial in missing), tuple(removed), status)

    async def _design(self, caller: Caller, unit: UnitOfWork, request: DesignRequest, consent: ConsentText) -> Design:
        served = self.catalogue.named(request.network, (*AT, "network"))
        pool, psi = await self._pool(caller, unit, request.pool_id, served.network.name)
        return design_of(request, served, pool, psi, Consent(consent.number, consent.sha256))

    async def _pool(self, caller: Caller, unit: UnitOfWork, pool_id: str | None, network: str) -> tuple[Pool, float]:
        if pool_id is None:
            if network not in self.curated:
                raise Invalid(f"no seeds were curated for {network!r}; name a pool of yours", (*AT, "poolId"))
            return self.curated[network]
        found = (await unit.studies.pools([pool_id])).get(pool_id)
        if found is None or not caller.owns(found.owner):
            raise NotFound("there is no such pool", (*AT, "poolId"))
        if found.network != network:
            raise Invalid(f"this pool was curated for {found.network!r}, not for {network!r}", (*AT, "poolId"))
        return found.pool, found.psi

    async def _changed(
        self,
        caller: Caller,
        unit: UnitOfWork,
        latest: StudyVersion,
        consent_text: str | None,
        request: DesignRequest | None,
    ) -> StudyVersion:
        """In the place of the last version where it is not fixed. A new text gets a new number: none is overwritten."""
        number = latest.number + 1 if latest.fixed else latest.number
        consent = latest.design.consent
        if consent_text is not None:
            text = _consent_text(latest.study_id, consent.number + 1, consent_text)
            await unit.studies.add_consent(text)
            consent = Consent(text.number, text.sha256)
        design = replace(latest.design, consent=consent)
        seed = latest.seed
        if request is not None:
            text = ConsentText(latest.study_id, consent.number, "", consent.sha256)
            design = await self._design(caller, unit, request, text)
            seed = request.randomisation_seed or latest.seed
        changed = _version(latest.study_id, number, design, seed, None if latest.fixed else latest.id)
        await (unit.studies.add_version if latest.fixed else unit.studies.replace_version)(changed)
        return changed


async def _settled(unit: UnitOfWork, session: StudySession) -> SessionStatus:
    """What the session is after its trials were mended."""
    waits, status = await unit.study_sessions.next_trials(session.id, 1), session.status
    if waits and status is SessionStatus.COMPLETED:
        await unit.study_sessions.reopen(session.id)
        return SessionStatus.RUNNING
    if not waits and status is not SessionStatus.COMPLETED:
        await unit.study_sessions.end(session.id, SessionStatus.COMPLETED)
        return SessionStatus.COMPLETED
    return status


async def own_study(caller: Caller, unit: UnitOfWork, study_id: str) -> Study:
    """Raises NotFound or Forbidden."""
    caller.require(Scope.RESEARCH)
    found = (await unit.studies.get_many([study_id])).get(study_id)
    if found is None or not caller.owns(found.owner):
        raise NotFound("there is no such study", ("input", "id"))
    return found


async def current_version(unit: UnitOfWork, study_id: str) -> StudyVersion:
    """The newest, which whoever is invited now is given. A study has one from its beginning."""
    return (await unit.studies.latest_versions([study_id]))[study_id]


async def own_session(caller: Caller, unit: UnitOfWork, session_id: str) -> StudySession:
    """Of a study of the caller's. Raises NotFound or Forbidden."""
    caller.require(Scope.RESEARCH)
    session = await unit.study_sessions.lock(session_id)
    studies = await unit.studies.get_many([session.study_id] if session else [])
    if session is None or not caller.owns(studies[session.study_id].owner):
        raise NotFound("there is no such study session", ("input", "id"))
    return session


async def drop_lapsed(unit: UnitOfWork, version: StudyVersion) -> None:
    """Whoever stayed away for too long gives their slot back, so that the next participant repairs the balance."""
    for session in await unit.study_sessions.open(version.id):
        if lapsed(session, version.design.resume):
            await unit.study_sessions.end(session.id, SessionStatus.DROPPED_OUT)


def manifest(version: StudyVersion) -> dict[str, object]:
    """For preregistration: from this and the network's file every stimulus and every order can be made again."""
    return {**protocol(version.design, version.seed), "sha256": version.hash}


def _consent_text(study_id: str, number: int, text: str) -> ConsentText:
    checked = check_text(text)
    return ConsentText(study_id, number, checked, text_hash(checked))


def _version(
    study_id: str, number: int, design: Design, seed: str | None, version_id: str | None = None
) -> StudyVersion:
    drawn = seed or fresh_seed()
    return StudyVersion(
        id=version_id or new_id(),
        study_id=study_id,
        number=number,
        design=design,
        seed=drawn,
        hash=protocol_hash(design, drawn),
        fixed=False,
        created_at=datetime.now(UTC),
    )


def _session(version: StudyVersion, slot: int, label: str | None) -> StudySession:
    return StudySession(
        id=new_id(),
        study_id=version.study_id,
        version_id=version.id,
        slot=slot,
        status=SessionStatus.INVITED,
        created_at=datetime.now(UTC),
        idle_s=0.0,
        label=label,
    )
