"""What a study found, and its data as files: read from one state of the database, written while they are read."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import Invalid
from domain.paging import Page, PageRequest
from domain.ports import UnitOfWork, UnitsOfWork
from domain.services.studies.researching import current_version, own_session, own_study
from domain.studies.codebook import Row, rows_of
from domain.studies.exclusions import Rule
from domain.studies.judging import LeftOut, Verdict, judged, left_out, points_of
from domain.studies.ports import Point, Statistics, StudyFiles, StudyFormat
from domain.studies.records import SessionOverview, Study, StudyCounts, StudyVersion
from domain.studies.results import Grouping, Retest, Summary, main_points, retests, summaries
from domain.studies.simulating import MAX_SIMULATED, simulated_runs


@dataclass(frozen=True, slots=True)
class StudyOverview:
    study: Study
    version: StudyVersion
    counts: StudyCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Of which answers: everybody's or one session's, with or without what the design's rules leave out.

    With `simulated`, of so many participants who do not exist instead, by the version that holds now.
    """

    by: Grouping | None = None
    session_id: str | None = None
    apply_exclusions: bool = True
    simulated: int = 0

    def check(self) -> None:
        """Raises Invalid."""
        if not 0 <= self.simulated <= MAX_SIMULATED:
            raise Invalid(f"simulated is 0 to {MAX_SIMULATED} participants, not {self.simulated}", ("simulated",))

    def kept(self, verdicts: Iterable[Verdict]) -> list[Point]:
        return [point for point, rules in verdicts if not (rules and self.apply_exclusions)]


@dataclass(frozen=True, slots=True)
class Findings:
    """`left_out` says what each rule leaves out, whether it was applied or not."""

    summaries: Sequence[Summary]
    retests: Sequence[Retest]
    left_out: Sequence[LeftOut]
    simulated: int


@dataclass(frozen=True, slots=True)
class Reporting:
    units: UnitsOfWork
    statistics: Statistics
    files: StudyFiles

    async def studies(self, caller: Caller, page: PageRequest) -> Page[StudyOverview]:
        """Newest first, in a bounded number of reads."""
        async with self.units.reading() as unit:
            found = await unit.studies.page(page, caller.lists)
            ids = [study.id for study in found.items]
            versions = await unit.studies.latest_versions(ids)
            counts = await unit.study_sessions.counts(ids)
        entries = [(StudyOverview(study, versions[study.id], counts[study.id]), key) for study, key in found.entries]
        return Page(tuple(entries), found.has_next, found.has_previous)

    async def study_count(self, caller: Caller) -> int:
        async with self.units.reading() as unit:
            return await unit.studies.count(caller.lists)

    async def study(self, caller: Caller, study_id: str) -> StudyOverview:
        """Raises NotFound or Forbidden."""
        async with self.units.reading() as unit:
            study = await own_study(caller, unit, study_id)
            version = await current_version(unit, study_id)
            return StudyOverview(study, version, (await unit.study_sessions.counts([study_id]))[study_id])

    async def sessions(self, caller: Caller, study_id: str, page: PageRequest) -> Page[SessionOverview]:
        """Newest first. Raises NotFound or Forbidden."""
        async with self.units.reading() as unit:
            await own_study(caller, unit, study_id)
            found = await unit.study_sessions.page(page, study_id)
            progress = await unit.study_sessions.progress([session.id for session in found.items])
        entries = [(SessionOverview(session, *progress[session.id]), key) for session, key in found.entries]
        return Page(tuple(entries), found.has_next, found.has_previous)

    async def session_count(self, caller: Caller, study_id: str) -> int:
        async with self.units.reading() as unit:
            await own_study(caller, unit, study_id)
            return await unit.study_sessions.count(study_id)

    async def findings(self, caller: Caller, study_id: str, asked: Analysis = Analysis()) -> Findings:
        """Of all versions. Raises Invalid, NotFound or Forbidden."""
        asked.check()
        async with self.units.reading() as unit:
            await own_study(caller, unit, study_id)
            verdicts, declared = await _verdicts(caller, unit, study_id, asked)
        points = asked.kept(verdicts)
        told = await summaries(points, asked.by, self.statistics)
        return Findings(told, retests(points), left_out(verdicts, declared), asked.simulated)

    async def plot(self, caller: Caller, study_id: str, asked: Analysis = Analysis()) -> str:
        """SVG: the strengths that were chosen, a box an emotion. Raises Invalid, NotFound or Forbidden."""
        asked.check()
        async with self.units.reading() as unit:
            study = await own_study(caller, unit, study_id)
            version = await current_version(unit, study_id)
            verdicts, _ = await _verdicts(caller, unit, study_id, asked)
        points = main_points(asked.kept(verdicts))
        groups = {
            emotion.value: [point.strength for point in points if point.emotion is emotion]
            for emotion in version.design.emotions
        }
        title = f"{study.name} (simulated)" if asked.simulated else study.name
        return await self.statistics.box_plot(title, groups)

    async def export(
        self, caller: Caller, study_id: str, form: StudyFormat, simulated: int = 0
    ) -> AsyncIterator[bytes]:
        """The rows of all trials as a file. Raises Invalid, NotFound or Forbidden."""
        Analysis(simulated=simulated).check()
        version = (await self.study(caller, study_id)).version
        return self.files.export(_simulated_rows(version, simulated) if simulated else self._rows(study_id), form)

    async def _rows(self, study_id: str) -> AsyncIterator[Row]:
        async with self.units.reading() as unit:
            async for run in unit.reports.runs(study_id):
                for row in rows_of(run):
                    yield row


async def _simulated_rows(version: StudyVersion, participants: int) -> AsyncIterator[Row]:
    runs = simulated_runs(version, participants)
    while (run := await asyncio.to_thread(next, runs, None)) is not None:
        for row in rows_of(run):
            yield row


async def _verdicts(
    caller: Caller, unit: UnitOfWork, study_id: str, asked: Analysis
) -> tuple[Sequence[Verdict], Sequence[Rule]]:
    """Each answer with the rules that leave it out, and all rules that are declared."""
    version = await current_version(unit, study_id)
    if asked.simulated:
        points = await asyncio.to_thread(_simulated_points, version, asked.simulated)
    else:
        if asked.session_id is not None:
            await own_session(caller, unit, asked.session_id)
        points = [point async for point in unit.reports.points(study_id, asked.session_id)]
    others = {point.version_id for point in points} - {version.id}
    versions = [version, *(await unit.studies.versions(sorted(others))).values()]
    rules = {one.id: one.design.exclusions for one in versions}
    declared = [rule for rule in Rule if any(rule in some.declared for some in rules.values())]
    return list(judged(points, rules)), declared


def _simulated_points(version: StudyVersion, participants: int) -> list[Point]:
    return [point for run in simulated_runs(version, participants) for point in points_of(run)]
