"""A study's stimuli to take along, with experiment programs that show them: checked first, packed while it is sent."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

from domain.access import Caller
from domain.errors import Conflict, Invalid, NotFound, StorageFailed
from domain.exports import ArchiveEntry
from domain.generations import Picture
from domain.pictures import FileState
from domain.ports import PictureFiles, UnitsOfWork
from domain.recipe import Recipe
from domain.services.studies.researching import current_version, own_study
from domain.spooling import CsvTable, spool
from domain.studies.packs import STIMULUS_COLUMNS, Pack, protocol_text, stimulus_name, stimulus_row, trial_lines
from domain.studies.records import StudyVersion
from domain.studies.stimuli import Pair, Stimuli, trial_recipes

MAX_PACKED = 1_000


@dataclass(frozen=True, slots=True)
class StimulusPacks:
    """`programs` come with every pack."""

    units: UnitsOfWork
    files: PictureFiles
    programs: Sequence[ArchiveEntry]

    async def offer(self, caller: Caller, study_id: str, participants: int | None) -> Pack:
        """Of the version that holds now; for the planned number of participants where none is given.

        Raises Conflict while pictures are missing; Invalid, NotFound or Forbidden.
        """
        async with self.units.reading() as unit:
            await own_study(caller, unit, study_id)
            version = await current_version(unit, study_id)
        return await self._checked(version, _number(version, participants))

    async def find(self, caller: Caller, version_id: str, participants: int) -> Pack:
        """As `offer`, of this version."""
        async with self.units.reading() as unit:
            version = (await unit.studies.versions([version_id])).get(version_id)
            if version is None:
                raise NotFound("there is no such pack")
            await own_study(caller, unit, version.study_id)
        return await self._checked(version, _number(version, participants))

    async def entries(self, pack: Pack) -> AsyncGenerator[ArchiveEntry, None]:
        """The programs, the protocol, the trials, the pictures, and the list of them.

        Raises StorageFailed where a picture's file is gone or damaged: a pack has no gaps.
        """
        version, design = pack.version, pack.version.design
        for program in self.programs:
            yield program
        yield ArchiveEntry("protocol.json", protocol_text(version))
        yield ArchiveEntry("trials.csv", trial_lines(design, version.seed, pack.participants))
        with spool() as file:
            table = CsvTable(STIMULUS_COLUMNS, file)
            for pair in pack.pairs:
                recipes, pictures = await self._stimuli(version, pair)
                for step, recipe in enumerate(recipes):
                    picture = pictures[recipe.key]
                    yield ArchiveEntry(stimulus_name(pair, step), await self._content(picture))
                    table.add(stimulus_row(design, pair, step, recipe, picture))
            yield ArchiveEntry("stimuli.csv", table.parts())

    async def _checked(self, version: StudyVersion, participants: int) -> Pack:
        stimuli = await asyncio.to_thread(Stimuli.shown, version.design, version.seed, participants)
        missing = size_bytes = 0
        for pair in stimuli.pairs:
            recipes, pictures = await self._stimuli(version, pair)
            missing += len(recipes) - len(pictures)
            size_bytes += sum(picture.size_bytes for picture in pictures.values())
        if missing:
            message = f"{missing} of {len(stimuli)} images are not rendered yet; renderStudy makes them"
            raise Conflict(message, ("input", "studyId"))
        return Pack(version, participants, stimuli.pairs, len(stimuli), size_bytes)

    async def _stimuli(self, version: StudyVersion, pair: Pair) -> tuple[Sequence[Recipe], Mapping[str, Picture]]:
        """What one trial shows, one recipe a step, and the pictures of those that are rendered."""
        face, emotion = pair
        recipes = list(trial_recipes(version.design, face.seed, emotion))
        async with self.units.reading() as unit:
            return recipes, await unit.reports.pictures([recipe.key for recipe in recipes])

    async def _content(self, picture: Picture) -> bytes:
        stored = await self.files.read(picture)
        if stored.state is not FileState.INTACT:
            raise StorageFailed("STORAGE_FAILED", f"the picture {picture.sha256} of a study is {stored.state.value}")
        return stored.content


def _number(version: StudyVersion, participants: int | None) -> int:
    """Raises Invalid."""
    path = ("input", "participants")
    wanted = version.design.participants if participants is None else participants
    if wanted is None:
        raise Invalid("the design does not say how many participants there are; say for how many the pack is", path)
    if not 1 <= wanted <= MAX_PACKED:
        raise Invalid(f"a pack is for 1 to {MAX_PACKED} participants, not {wanted}", path)
    return wanted
