"""What studies need of the world outside; the database has the adapters, and a child process that does statistics."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from domain.generations import Picture
from domain.networks import Emotion
from domain.paging import Page, PageRequest
from domain.studies.answering import AnswerRequest
from domain.studies.pools import Sex, StoredPool
from domain.studies.records import (
    Answer,
    ConsentText,
    Gender,
    Participant,
    Run,
    SessionStatus,
    Study,
    StudyCounts,
    StudySession,
    StudyVersion,
    Trial,
    Withdrawal,
)
from domain.studies.trials import PlannedTrial, TrialKind


class Studies(Protocol):
    """Designs and what they are made of. Lists show one owner's; None: everybody's."""

    async def add(self, study: Study) -> None: ...

    async def rename(self, study_id: str, name: str) -> None: ...

    async def lock(self, study_id: str) -> None:
        """Until this unit ends nobody else changes this study, or invites anybody to it."""

    async def delete(self, study_id: str) -> None:
        """With its versions and consent texts; there are no sessions. Its images are left, to be forgotten."""

    async def unfinished(self, study_id: str) -> Sequence[str]:
        """The generations that still render it."""

    async def left_images(self, limit: int) -> Sequence[str]:
        """Images of studies that are gone."""

    async def forget_renderings(self) -> None:
        """Of studies that are gone, those without any image left."""

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Study]: ...

    async def page(self, page: PageRequest, owner: str | None) -> Page[Study]:
        """Newest first."""

    async def count(self, owner: str | None) -> int: ...

    async def add_version(self, version: StudyVersion) -> None: ...

    async def replace_version(self, version: StudyVersion) -> None:
        """In the place of the one with this id, which is not fixed."""

    async def versions(self, ids: Sequence[str]) -> Mapping[str, StudyVersion]: ...

    async def latest_versions(self, study_ids: Sequence[str]) -> Mapping[str, StudyVersion]:
        """The newest of each study."""

    async def versions_of(self, study_id: str, limit: int) -> Sequence[StudyVersion]:
        """Newest first."""

    async def set_generation(self, version: StudyVersion, generation_id: str) -> None:
        """It renders this version; those before it are the study's too."""

    async def add_consent(self, consent: ConsentText) -> None: ...

    async def consents(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], ConsentText]:
        """By study and number."""

    async def add_pool(self, pool: StoredPool) -> None: ...

    async def pools(self, ids: Sequence[str]) -> Mapping[str, StoredPool]: ...

    async def pool_page(self, page: PageRequest, owner: str | None) -> Page[StoredPool]:
        """Newest first."""

    async def pool_count(self, owner: str | None) -> int: ...


class StudySessions(Protocol):
    """Participants' runs: their order, their answers, their leaving."""

    async def add(self, session: StudySession, trials: Sequence[PlannedTrial]) -> None:
        """With its trials. Raises Conflict where somebody else took the slot at this moment."""

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, StudySession]: ...

    async def lock(self, session_id: str) -> StudySession | None:
        """Until this unit ends nobody else changes this session or its answers."""

    async def page(self, page: PageRequest, study_id: str) -> Page[StudySession]:
        """Newest first."""

    async def count(self, study_id: str) -> int: ...

    async def held_slots(self, version_id: str) -> Sequence[int]: ...

    async def open(self, version_id: str) -> Sequence[StudySession]:
        """INVITED, CONSENTED and RUNNING ones."""

    async def end(self, session_id: str, status: SessionStatus) -> None:
        """COMPLETED keeps its slot; DROPPED_OUT and WITHDRAWN give it back."""

    async def reopen(self, session_id: str) -> None:
        """RUNNING again, in the slot it has kept."""

    async def touch(self, session_id: str) -> None:
        """Something came from the participant."""

    async def delete(self, session_id: str) -> None:
        """With its trials; there is no participant."""

    async def consent(self, session_id: str, participant: Participant, device_sha256: str | None) -> None: ...

    async def participants(self, session_ids: Sequence[str]) -> Mapping[str, Participant]: ...

    async def describe(self, session_id: str, age: int | None, gender: Gender | None) -> None: ...

    async def trials(self, ids: Sequence[str]) -> Mapping[str, Trial]: ...

    async def trials_of(self, session_id: str) -> Sequence[tuple[Trial, bool]]:
        """In their order, each with whether it is answered."""

    async def next_trials(self, session_id: str, limit: int) -> Sequence[Trial]:
        """The first that are not answered."""

    async def progress(self, session_ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """(answered, all) trials."""

    async def add_trials(self, session_id: str, trials: Sequence[PlannedTrial]) -> None: ...

    async def delete_trials(self, ids: Sequence[str]) -> None:
        """Trials without an answer."""

    async def answer(self, session_id: str, request: AnswerRequest, strength: float) -> Answer:
        """Keep it. Raises Conflict where the trial has an answer."""

    async def answer_by_key(self, session_id: str, key: str) -> tuple[Answer, str] | None:
        """With its fingerprint."""

    async def erase(self, session_id: str) -> int:
        """The participant, the answers, the trials and what was known of the device; how many answers there were."""

    async def add_withdrawal(self, withdrawal: Withdrawal) -> None: ...

    async def withdrawals(self, session_ids: Sequence[str]) -> Mapping[str, Withdrawal]:
        """By session."""

    async def receipt(self, receipt_id: str) -> Withdrawal | None: ...

    async def counts(self, study_ids: Sequence[str]) -> Mapping[str, StudyCounts]: ...


@dataclass(frozen=True, slots=True)
class Point:
    """One answer to a main, a repeated or an attention trial, as results need it.

    `repeats` is the place of the trial it repeats, `target` the step that an attention trial asked for.
    """

    session_id: str
    version_id: str
    status: SessionStatus
    place: int
    kind: TrialKind
    emotion: Emotion
    sex: Sex
    gender: Gender | None
    step: int
    strength: float
    response_ms: float
    moved: bool
    repeats: int | None = None
    target: int | None = None


class StudyReports(Protocol):
    """Questions across many rows; what is long is streamed."""

    def points(self, study_id: str, session_id: str | None = None) -> AsyncIterator[Point]:
        """Of all versions, by session and place."""

    def runs(self, study_id: str) -> AsyncIterator[Run]:
        """Of all versions, the first invited first; of the withdrawn nothing is left."""

    async def pictures(self, recipe_keys: Sequence[str]) -> Mapping[str, Picture]:
        """Those that are rendered."""

    async def mean_size_bytes(self, network_sha256: str) -> float | None:
        """Of the newest pictures that the network made; None before the first."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A bootstrap confidence interval."""

    low: float
    high: float


class Statistic(Enum):
    MEAN = "mean"
    MEDIAN = "median"


@dataclass(frozen=True, slots=True)
class Sample:
    """Independent observations, and what is to be estimated of them."""

    statistic: Statistic
    values: tuple[float, ...]


class Statistics(Protocol):
    """What takes libraries that are too big for the service's own process."""

    async def intervals(self, samples: Sequence[Sample]) -> Sequence[Interval | None]:
        """95% of each; None where there are fewer than two different values."""

    async def box_plot(self, title: str, groups: Mapping[str, Sequence[float]]) -> str:
        """SVG: a box and the points of each group."""


class StudyFormat(Enum):
    """What a study's rows are exported as; the value is the file's ending."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


class StudyFiles(Protocol):
    def export(self, rows: AsyncIterator[Mapping[str, Any]], form: StudyFormat) -> AsyncIterator[bytes]:
        """The file in pieces; memory does not grow with the number of rows."""


class StudyLinks(Protocol):
    """Proofs that open one study session and nothing else; the service's authenticators know them."""

    def bearer(self, session_id: str) -> str:
        """What the participant's client sends as ``Authorization: Bearer …``."""
