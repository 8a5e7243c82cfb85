"""What a study found, and its data as files: read from one state of the database, written while they are read."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.paging import Page, PageRequest
from domain.ports import UnitsOfWork
from domain.services.studies.researching import current_version, own_session, own_study
from domain.studies.codebook import Row
from domain.studies.ports import Point, Statistics, StudyFiles, StudyFormat
from domain.studies.records import SessionOverview, Study, StudyCounts, StudyVersion
from domain.studies.results import Grouping, Retest, Summary, main_points, retests, summaries


@dataclass(frozen=True, slots=True)
class StudyOverview:
    study: Study
    version: StudyVersion
    counts: StudyCounts


@dataclass(frozen=True, slots=True)
class Findings:
    summaries: Sequence[Summary]
    retests: Sequence[Retest]


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

    async def findings(
        self, caller: Caller, study_id: str, by: Grouping | None, session_id: str | None = None
    ) -> Findings:
        """Of all versions; of one session where it is given. Raises NotFound or Forbidden."""
        points = await self._points(caller, study_id, session_id)
        return Findings(await summaries(points, by, self.statistics), retests(points))

    async def plot(self, caller: Caller, study_id: str) -> str:
        """SVG: the strengths that were chosen, a box an emotion. Raises NotFound or Forbidden."""
        overview = await self.study(caller, study_id)
        points = main_points(await self._points(caller, study_id, None))
        groups = {
            emotion.value: [point.strength for point in points if point.emotion is emotion]
            for emotion in overview.version.design.emotions
        }
        return await self.statistics.box_plot(overview.study.name, groups)

    async def export(self, caller: Caller, study_id: str, form: StudyFormat) -> AsyncIterator[bytes]:
        """The rows of all trials as a file. Raises NotFound or Forbidden."""
        await self.study(caller, study_id)
        return self.files.export(self._rows(study_id), form)

    async def _rows(self, study_id: str) -> AsyncIterator[Row]:
        async with self.units.reading() as unit:
            async for row in unit.reports.rows(study_id):
                yield row

    async def _points(self, caller: Caller, study_id: str, session_id: str | None) -> list[Point]:
        async with self.units.reading() as unit:
            await own_study(caller, unit, study_id)
            if session_id is not None:
                await own_session(caller, unit, session_id)
            return [point async for point in unit.reports.points(study_id, session_id)]
